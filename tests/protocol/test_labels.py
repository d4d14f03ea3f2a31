"""Labels within a sentence: names and abbreviations keep their capitals."""

import pytest

from steps_analysis.protocol import in_sentence, load_protocol


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Sex", "sex"),
        ("Age at referral", "age at referral"),
        ("AIM at referral", "AIM at referral"),
        ("MST-PSB begun", "MST-PSB begun"),
        ("Age at the first AIM assessment", "age at the first AIM assessment"),
        ("Strengths and Difficulties total", "Strengths and Difficulties total"),
        ("borough", "borough"),
        ("Écart", "écart"),
        ("", ""),
    ],
)
def test_by_hand(label, expected):
    assert in_sentence(label) == expected


def test_twice_is_as_once():
    protocol = load_protocol()
    for labelled in (*protocol.factors, *protocol.outcomes, *protocol.visits.scores):
        once = in_sentence(labelled.label)
        assert in_sentence(once) == once
