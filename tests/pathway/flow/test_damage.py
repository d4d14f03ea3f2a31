"""Whatever is broken about one participant is named, and by how much."""

from dataclasses import replace

import pandas as pd
import pytest

from steps_analysis.errors import DataError
from steps_analysis.pathway import flow

ROWS = {  # position: arm, and what follows if the family is missing from screening
    0: ("MST-PSB", "(9) must equal excluded + randomised (10)"),  # F6, screened before
    1: ("MST-PSB", "(8) must equal excluded + randomised (9)"),
    2: ("MAU", "(8) must equal excluded + randomised (9)"),
    3: ("MAU", "(8) must equal excluded + randomised (9)"),
}


def dropped(table, row):
    return table.drop(index=table.index[row])


def doubled(table, row):
    return pd.concat([table, table.iloc[[row]]], ignore_index=True)


def changed(column, value):
    def change(table, row):
        table = table.copy()
        table.loc[table.index[row], column] = value
        return table

    return change


def joined_by_a_stranger(table, row):
    return changed("participant_id", "P9")(doubled(table, row), len(table))


def unscreened(table, row):
    return table[table["referral_id"] != f"R{row + 7:02d}"]


def refused(table, _):
    return table.assign(consent=False)


def moved(table, row):
    arms = ["MST-PSB", "MST-PSB", "MAU", "MAU"]
    arms[row] = "MAU" if row < 2 else "MST-PSB"
    return table.assign(arm=arms)


def silenced(table, row):
    return changed("reason", "")(changed("status", "missing")(table, row), row)


ENDS = "allocated to {arm} (2) must equal analysed + excluded + missing"
DAMAGES = {
    "an allocation dropped": (
        ("allocation", dropped),
        "randomised (4) must equal the sum of the arms (3): off by 1",
    ),
    "allocated twice": (
        ("allocation", doubled),
        "children randomised (4) must equal the sum of the arms (5): off by -1",
    ),
    "allocated to no arm": (
        ("allocation", changed("arm", "C")),
        "randomised (4) must equal the sum of the arms (3): off by 1",
    ),
    "a stranger allocated": (
        ("allocation", changed("participant_id", "P9")),
        "allocated must be among the randomised: 1 are not",
    ),
    "a participant dropped": (
        ("participants", dropped),
        "randomised (3) must equal the sum of the arms (4): off by -1",
    ),
    "a participant twice": (
        ("participants", doubled),
        "children randomised (5) must equal the sum of the arms (4): off by 1",
    ),
    "a screening dropped": (("screening", unscreened), "assessed {short}: off by -1"),
    "treated twice": (
        ("treatment", doubled),
        "allocated to {arm} (2) must equal received + not received (3): off by -1",
    ),
    "moved to the other arm": (
        ("analysed", moved),
        "analysed must be in the arm allocated: 1 are in another",
    ),
    "left out without a reason": (
        ("analysed", silenced),
        "each of those not analysed must have a reason: 1 have none",
    ),
    "a reason of its own": (
        ("screening", changed("reason", "shy")),
        "screening.reason must be of its closed list: 1 are not",
    ),
    "a reason of its own to decline": (
        ("screening", changed("decline_reason", "shy")),
        "screening.decline_reason must be of its closed list: 1 are not",
    ),
    "a treatment of its own": (
        ("treatment", changed("treatment_received", "rest")),
        "treatment.treatment_received must be of its closed list: 1 are not",
    ),
    "consent refused": (
        ("screening", refused),
        "consented must be at least randomised: 4 too few",
    ),
    "not in the analysis": (("analysed", dropped), ENDS + " (1): off by 1"),
    "analysed twice": (("analysed", doubled), ENDS + " (3): off by -1"),
    "a status of its own": (
        ("analysed", changed("status", "lost")),
        ENDS + " (1): off by 1",
    ),
    "a stranger analysed": (
        ("analysed", joined_by_a_stranger),
        "analysed must be among the randomised: 1 are not",
    ),
}


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("kind", DAMAGES)
def test_damage_is_named_and_measured(tiny, status, kind, row):
    (table, break_it), said = DAMAGES[kind]
    if table == "treatment" and row == 3:
        row = 2  # of P4 no treatment is recorded
    if table == "analysed":
        status = break_it(status, row)
    else:
        tiny = replace(tiny, **{table: break_it(getattr(tiny, table), row)})
    with pytest.raises(DataError, match="the flow does not add up") as error:
        flow(tiny, analysed=status)
    arm, short = ROWS[row]
    assert said.format(arm=arm, short=short) in str(error.value).splitlines()
    named = [
        name for name in ("P1", "P2", "P3", "P4", "P9") if name in str(error.value)
    ]
    assert not named, "a message never names a participant"


def test_all_that_fails_is_said_at_once(tiny, status):
    trial = replace(
        tiny,
        allocation=dropped(tiny.allocation, 3),
        screening=unscreened(tiny.screening, 1),
    )
    with pytest.raises(DataError, match="the flow does not add up") as error:
        flow(trial, analysed=doubled(status, 0))
    assert str(error.value).splitlines()[1:] == [
        "assessed (8) must equal excluded + randomised (9): off by -1",
        "randomised (4) must equal the sum of the arms (3): off by 1",
        "allocated to MST-PSB (2) must equal analysed + excluded + missing (3): "
        "off by -1",
        "children randomised (4) must equal the sum of the arms (3): off by 1",
    ]
