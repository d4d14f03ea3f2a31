"""Times known only from visits: by hand, and against the exact days."""

import numpy as np
import pytest

from steps_analysis.errors import DataError
from steps_analysis.outcomes import event_intervals, score_intervals, spells

MADE = [(0, 0, 0), (8, 244, 250), (14, 426, 420), (20, 609, 609)]


def rows(found):
    columns = ["participant_id", "left", "right"]
    return list(found[columns].itertuples(index=False, name=None))


def test_events_by_hand(trial_of):
    """
    A: reported on day 300, visits on 250 and 420. B: on a visit's day. C: never.
    D: after the last visit made. E: no visit made. F: before the first visit after 0.
    G: withdrew its data.
    """
    trial = trial_of(
        {
            "A": {"visits": MADE, "events": [("reported_harm", 300)]},
            "B": {"visits": MADE, "events": [("reported_harm", 250)]},
            "C": {"visits": MADE},
            "D": {
                "visits": [(0, 0, 0), (8, 244, 250), (14, 426, None)],
                "events": [("reported_harm", 300)],
            },
            "E": {"events": [("reported_harm", 300)]},
            "F": {
                "visits": MADE,
                "events": [("reported_harm", 5), ("reported_harm", 300)],
            },
            "G": {"visits": MADE, "events": [("withdrew_data", 300)]},
        }
    )
    assert rows(event_intervals(trial, "R3")) == [
        ("A", 250, 420),
        ("B", 0, 250),
        ("C", 609, np.inf),
        ("D", 250, np.inf),
        ("E", 0, np.inf),
        ("F", 0, 250),
    ]


def test_scores_by_hand(trial_of):
    """
    SDQ from 17: A reaches it between 250 and 420; B had it at the start; C: its visit
    of day 250 gave no score; D never.
    """

    def scored(*scores):
        return [(*visit, score) for visit, score in zip(MADE, scores, strict=True)]

    trial = trial_of(
        {
            "A": {"visits": scored(10, 16.5, 17, 12)},
            "B": {"visits": scored(20, 3, 3, 3)},
            "C": {"visits": scored(10, None, 30, 30)},
            "D": {"visits": scored(10, 3, 3, 3)},
        }
    )
    assert rows(score_intervals(trial, "SDQ", threshold=17)) == [
        ("A", 250, 420),
        ("B", 0, 0),
        ("C", 0, 420),
        ("D", 609, np.inf),
    ]


def test_exact_days_lie_within(drawn):
    exact = spells(drawn, "R3").set_index("participant_id")
    found = event_intervals(drawn, "R3").set_index("participant_id")
    seen = exact[exact["event"]]
    assert len(seen) > 3
    within = found.loc[seen.index]
    assert (within["left"] < seen["time"]).all()
    assert (seen["time"] <= within["right"]).all()


@pytest.fixture(scope="module")
def drawn(protocol):
    from steps_analysis.simulation import draw_trial

    return draw_trial(protocol, "modest", n=200, seed=5)


def test_a_score_has_no_events(trial_of):
    with pytest.raises(DataError, match="`outcome` must be made of events, got 'SDQ'"):
        event_intervals(trial_of({"A": {}}), "SDQ")


def test_events_have_no_threshold(trial_of):
    with pytest.raises(DataError, match="`outcome` must be a score, got 'R3'"):
        score_intervals(trial_of({"A": {}}), "R3", threshold=1)
