import pandas as pd
import pytest

from steps_analysis.disclosure import (
    Audit,
    Cell,
    Finding,
    Possible,
    Release,
    audit,
    dfe_cin,
    protect,
    suppress_primary,
    threshold,
)
from steps_analysis.errors import ArgumentError, DisclosureError


@pytest.fixture(scope="module")
def naive():
    counts = pd.DataFrame([[3, 9], [6, 7]], index=["A", "B"], columns=["x", "y"])
    release = Release().add_table("t", counts)
    return suppress_primary(release, threshold(6), also=[Cell("t", "B", "y")])


def test_the_frame_has_a_row_per_hidden_cell(naive):
    frame = audit(naive).to_frame()
    assert frame.to_dict("list") == {
        "table": ["t", "t"],
        "row": ["A", "B"],
        "column": ["x", "y"],
        "attacker": ["an outsider", "an outsider"],
        "state": ["hidden", "hidden"],
        "is_primary": [True, False],
        "lower": [3, 7],
        "upper": [3, 7],
        "possible": ["3", "7"],
        "keeps": [False, None],
        "proof": ["integer", "integer"],
    }


def test_rounded_figures_are_listed_but_not_judged():
    counts = pd.DataFrame([[3, 44]], index=["A"], columns=["x", "y"])
    found = audit(protect(Release().add_table("t", counts), dfe_cin, key="k"))
    frame = found.to_frame().set_index("column")
    assert frame.loc["Total", "state"] == "rounded"
    assert frame.loc["Total", "possible"] == "45 to 54"
    assert frame.loc["Total", "keeps"] is None
    assert frame.loc["x", "possible"] == "1 to 10"


def test_findings_are_sentences_without_hidden_values():
    counts = pd.DataFrame([[3, 44, 1], [99, 4, 88]], ["A", "B"], ["x", "y", "z"])
    release = Release().add_table("t", counts, totals="rows")
    found = audit(suppress_primary(release, threshold(6)))
    assert found.findings == (
        "t, A, x: an outsider can exclude 2 of the 5 hidden values",
        "t, A, z: an outsider can exclude 2 of the 5 hidden values",
        "t, B, y: the hidden figure can be worked out exactly",
    )
    safe = audit(protect(release, threshold(6), key="k"))
    assert safe.findings == (
        "5 hidden: those hidden for being small keep every value from 1 to 5 possible",
    )


@pytest.mark.parametrize("proof", ["integer", "linear"])
def test_a_proof_in_fractions_is_never_passed_over(proof):
    possible = Possible(lower=1, upper=6, proof=proof)
    finding = Finding(
        cells=(Cell("t", "A", "x"),),
        state="hidden",
        is_primary=True,
        possible=possible,
        keeps=True,
    )
    found = Audit(profile=threshold(6), found=(finding,))
    assert found.to_frame()["proof"].tolist() == [proof]
    said = any("fractions" in words for words in found.findings)
    assert said == (proof == "linear")


def test_a_cell_of_two_tables_is_found_in_both():
    counts = pd.DataFrame([[3, 44]], index=["A"], columns=["x", "y"])
    release = Release().add_table("t", counts)
    release = release.add_sums("s", "t", columns={"only": ["x"]})
    found = audit(suppress_primary(release, dfe_cin))
    assert found.possible(("t", "A", "x")) == found.possible(Cell("s", "A", "only"))


def test_what_cannot_be_audited_is_refused(naive):
    counts = pd.DataFrame([[3, 44]], index=["A"], columns=["x", "y"])
    with pytest.raises(DisclosureError, match="be protected before"):
        audit(Release().add_table("t", counts))
    with pytest.raises(ArgumentError, match="hidden or rounded"):
        audit(naive).possible(("t", "B", "x"))
