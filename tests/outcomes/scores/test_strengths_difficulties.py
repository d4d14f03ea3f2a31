"""The questionnaire's scoring rules, by hand and against a slow twin."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps_analysis.errors import DataError
from steps_analysis.outcomes import score_sdq
from steps_analysis.outcomes.scores.strengths_difficulties import REVERSED, SCALES

NAN = float("nan")


def _sheet(**answers: float) -> np.ndarray:
    """Make one sheet of "not true", but for the answers given as q7=2."""
    sheet = np.zeros(25)
    for name, value in answers.items():
        sheet[int(name[1:]) - 1] = value
    return sheet[None]


def test_one_sheet_by_hand() -> None:
    # Worries a lot (8), tempers (5), obedient (7, reversed): emotional 2, conduct
    # 2 + (2 - 1) = 3; the reversed 11, 14 give peer 4, 21 and 25 hyperactivity 4.
    scored = score_sdq(_sheet(q8=2, q5=2, q7=1)).iloc[0]
    assert scored.to_dict() == {
        "emotional": 2,
        "conduct": 3,
        "hyperactivity": 4,
        "peer": 4,
        "prosocial": 0,
        "total": 13,
    }


def test_every_question_is_on_one_scale() -> None:
    numbers = sorted(number for scale in SCALES.values() for number in scale)
    assert numbers == list(range(1, 26))


@pytest.mark.parametrize(
    ("known", "missing", "score"),
    [
        # 3 of 5 known with 1 + 1 + 1: 5 x 1 = 5
        ({"q3": 1, "q8": 1, "q13": 1}, ("q16", "q24"), 5),
        # 4 of 5 known with sum 2: 2.5, halves up
        ({"q3": 1, "q8": 1, "q13": 0, "q16": 0}, ("q24",), 3),
        # 2 of 5 known: none
        ({"q3": 1, "q8": 1}, ("q13", "q16", "q24"), NAN),
    ],
)
def test_prorating(known: dict, missing: tuple[str, ...], score: float) -> None:
    sheet = _sheet(**known, **dict.fromkeys(missing, NAN))
    scored = score_sdq(sheet).iloc[0]
    assert scored["emotional"] == pytest.approx(score, nan_ok=True)
    assert math.isnan(scored["total"]) == math.isnan(score)


def test_the_prosocial_scale_does_not_enter_the_total() -> None:
    sheet = _sheet(q1=NAN, q4=NAN, q9=NAN)
    scored = score_sdq(sheet).iloc[0]
    assert math.isnan(scored["prosocial"])
    assert scored["total"] == 10  # the five reversed questions


@given(
    st.lists(st.sampled_from([0.0, 1.0, 2.0, NAN]), min_size=25, max_size=25),
)
def test_the_naive_twin_agrees(answers: list[float]) -> None:
    total, found = 0.0, {}
    for name, numbers in SCALES.items():
        points = []
        for number in numbers:
            answer = answers[number - 1]
            if not math.isnan(answer):
                points.append(2 - answer if number in REVERSED else answer)
        half_up = math.floor(sum(points) / len(points) * 5 + 0.5) if points else 0
        found[name] = half_up if len(points) >= 3 else NAN
        if name != "prosocial":
            total += found[name]
    scored = score_sdq([answers]).iloc[0]
    assert scored.tolist() == pytest.approx([*found.values(), total], nan_ok=True)


def test_nobody_gives_an_empty_table() -> None:
    assert score_sdq(np.zeros((0, 25))).shape == (0, 6)


def test_what_is_no_questionnaire_is_refused() -> None:
    with pytest.raises(DataError, match=r"`items` must have 25 columns.*\(2, 24\)"):
        score_sdq(np.zeros((2, 24)))
    with pytest.raises(DataError, match="must be 0, 1, 2 or missing, got '1 others'"):
        score_sdq(_sheet(q3=3))
