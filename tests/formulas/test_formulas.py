"""Formulas read from a table."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.formulas import read_formula

TABLE = pd.DataFrame(
    {
        "start": [0.0, 1.0, 0.0],
        "time": [3.0, 5.0, 6.0],
        "event": [True, False, True],
        "cause": [2, 0, 1],
        "arm": ["MAU", "MST-PSB", "MAU"],
        "age": [11.0, 14.0, 17.0],
        "site": ["Southwark", "Borough A", "Borough A"],
    }
)
BOTH = ("time", "event")


def read(formula, table=TABLE, **options):
    return read_formula(formula, table, responses=BOTH, **options)


# By hand


def test_two_sides():
    found = read("time + event ~ arm + age")
    assert found.responses["time"].tolist() == [3, 5, 6]
    assert found.responses["event"].tolist() == [True, False, True]
    design = found.design()
    assert list(design.columns) == ["arm[T.MST-PSB]", "age"]
    assert design.to_numpy().tolist() == [[0, 11], [1, 14], [0, 17]]


def test_an_optional_response_stands_first():
    found = read("start + time + event ~ 1", optional=("entry",))
    assert list(found.responses) == ["entry", "time", "event"]
    assert list(read("time + event ~ 1", optional=("entry",)).responses) == [*BOTH]


def test_a_response_may_be_an_expression():
    found = read("time + {cause == 2} ~ arm")
    assert found.responses["event"].tolist() == [True, False, False]


def test_labels_keep_their_text():
    assert read("time + event ~ arm").labels().tolist() == ["MAU", "MST-PSB", "MAU"]
    assert read("time + event ~ 1").labels() is None


def test_the_reference_level_can_be_chosen_and_terms_interact():
    formula = 'time + event ~ C(arm, contr.treatment("MST-PSB")) + age:event'
    assert read(formula).design().iloc[:, 0].tolist() == [1, 0, 1]
    crossed = read("time + event ~ arm * age").design()
    assert crossed["arm[T.MST-PSB]:age"].tolist() == [0, 14, 0]


@pytest.mark.parametrize("right", ["age + cause", "cause + event", "0 + cause + age"])
def test_numeric_columns_are_what_formulaic_would_make_of_them(right):
    from formulaic import model_matrix

    found = read(f"time + event ~ {right}").design()
    theirs = pd.DataFrame(model_matrix(right, TABLE)).drop(
        columns="Intercept", errors="ignore"
    )
    pd.testing.assert_frame_equal(found, theirs.astype(float))


def test_products_and_labels_are_still_coded():
    found = read("time + event ~ age * cause + arm").design()
    assert list(found) == ["age", "cause", "arm[T.MST-PSB]", "age:cause"]


def test_columns_beside_come_by_name_names_or_array():
    found = read(
        "time + event ~ age",
        beside={
            "stratum": ["arm", "site"],
            "cluster": "site",
            "w": [1, 2, 3],
            "x": None,
        },
    )
    assert found.beside["stratum"].shape == (3, 2)
    assert found.beside["cluster"].tolist() == TABLE.site.tolist()
    assert found.beside["w"].tolist() == [1, 2, 3]
    assert "x" not in found.beside


# Edges


def test_missing_rows_go_from_every_column_together():
    table = TABLE.assign(age=[11.0, np.nan, 17.0])
    found = read(
        "time + event ~ age", table, beside={"w": [1, 2, None]}, missing="drop"
    )
    assert found.n_dropped == 2
    assert found.responses["time"].tolist() == [3]
    assert found.beside["w"].tolist() == [1]
    assert found.design()["age"].tolist() == [11]


def test_a_column_the_formula_does_not_use_may_be_missing():
    assert read("time + event ~ age", TABLE.assign(site=None)).n_dropped == 0


def test_the_index_of_the_table_does_not_matter():
    shuffled = TABLE.set_axis([7, 7, 2])
    assert read("time + event ~ age", shuffled).design().index.tolist() == [0, 1, 2]


# Properties


@settings(max_examples=25, deadline=None)
@given(order=st.permutations([0, 1, 2]))
def test_rows_keep_together(order):
    found = read("time + event ~ arm + age", TABLE.iloc[list(order)])
    plain = read("time + event ~ arm + age")
    rows = list(order)
    assert found.responses["time"].tolist() == plain.responses["time"][rows].tolist()
    assert np.array_equal(found.design(), plain.design().iloc[rows])


# Errors


def test_refuses_a_missing_value_naming_the_column_alone():
    table = TABLE.assign(arm=["MAU", None, "MAU"])
    with pytest.raises(
        DataError, match="`data` must have no missing values in arm, got"
    ):
        read("time + event ~ arm + age", table)


def test_refuses_what_is_no_formula():
    with pytest.raises(ArgumentError, match="must be of the form 'time"):
        read("time + event ~ (arm")
    with pytest.raises(ArgumentError, match="must have responses, ~, and a model"):
        read("time + event")
    with pytest.raises(ArgumentError, match=r"must have time \+ event on the left"):
        read("time ~ arm")
    with pytest.raises(ArgumentError, match=r"must have time \+ event on the left"):
        read("start + time + event ~ arm")


def test_refuses_an_unknown_column_with_the_closest():
    with pytest.raises(ArgumentError, match=r"(?s)name columns of `data`.*mean 'age'"):
        read("time + event ~ aeg")
    with pytest.raises(ArgumentError, match="name columns of `data`"):
        read("time + event ~ age", beside={"stratum": "borough"})


def test_refuses_two_columns_where_labels_are_wanted():
    with pytest.raises(ArgumentError, match="name one column on the right, or 1"):
        read("time + event ~ arm + age").labels()


def test_refuses_arrays_of_another_length():
    with pytest.raises(DataError, match="`w` must have 3 rows like `data`, got 2"):
        read("time + event ~ age", beside={"w": [1, 2]})
    with pytest.raises(
        DataError, match="`w` must have 3 rows like `data`, got 'a sing"
    ):
        read("time + event ~ age", beside={"w": 1})


@pytest.mark.parametrize(
    "right", ["np.log(arm)", "C(arm, contr.nonsense)", "C(arm, contr.treatment('z'))"]
)
def test_refuses_a_right_side_that_cannot_be_evaluated(right):
    with pytest.raises(ArgumentError, match="have a right side that can be") as error:
        read(f"time + event ~ {right}").design()
    assert "MAU" not in str(error.value)
    assert error.value.__suppress_context__


def test_refuses_half_an_expression():
    with pytest.raises(ArgumentError, match="must be of the form"):
        read("time + event ~ {age +}").design()
