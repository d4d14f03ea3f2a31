"""Folders damaged at random: each damage is told, and nothing harmless is refused.

What is damaged, and how, is the catalogue of `tests.trial_data.damage`; what nothing
could see is left out of it, and `case` says what that is.
"""

from __future__ import annotations

import re

import pytest

from steps_analysis.errors import ProtocolError
from steps_analysis.trial_data import ContractError, check_trial, read_trial
from tests.trial_data.damage.case import TOKEN
from tests.trial_data.damage.catalogue import HARMFUL, HARMLESS, KINDS, draw_case

N_ATTACKS, N_SAMPLED, SEED = 1_000, 60, 20140618
STEP = 5  # coprime to the number of kinds, so that the sample reaches all families


def attack(bases, i, folder):
    """Draw the i-th damaged folder and check that it is told of; give the kinds."""
    first = list(KINDS)[i * STEP % len(KINDS)]
    drawn = draw_case(bases, first, seed=SEED + i)
    assert drawn is not None, f"{first}: no folder has anything of this kind"
    drawn.write(folder)
    if drawn.is_refused:
        with pytest.raises(ProtocolError) as refused:
            check_trial(folder)
        assert "protocol" in str(refused.value)
        keeps_secrets(drawn, str(refused.value))
        return drawn.names
    problems = check_trial(folder)
    missed = [one for one in drawn.told if not any(map(one.is_met_by, problems))]
    assert not missed, (drawn.names, missed, problems)
    if drawn.told:
        with pytest.raises(ContractError) as caught:
            read_trial(folder)
        assert caught.value.problems == problems
        keeps_secrets(drawn, f"{caught.value}{problems!r}")
    else:
        assert problems == (), drawn.names
        assert read_trial(folder) == drawn.base.trial, drawn.names
    return drawn.names


def keeps_secrets(drawn, message):
    """No identifier of the folder, and nothing planted in it, stands in a message."""
    secrets = {TOKEN}
    for name in ("referrals", "participants"):
        for column in ("referral_id", "family_id", "participant_id"):
            table = getattr(drawn.base.trial, name)
            secrets |= set(table.get(column, []))
    said = [secret for secret in secrets if re.search(rf"\b{secret}\b", message)]
    assert not said, (drawn.names, message)


def test_the_catalogue_is_wide():
    assert len(HARMFUL) >= 60
    assert len(HARMLESS) >= 20
    assert not set(HARMFUL) & set(HARMLESS)
    assert len(KINDS) % STEP


@pytest.mark.parametrize("i", range(N_SAMPLED))
def test_a_sample_of_damaged_folders_is_told(bases, tmp_path, i):
    attack(bases, i, tmp_path / "data")


@pytest.mark.slow
def test_a_thousand_damaged_folders_are_told(bases, tmp_path):
    met = set()
    for i in range(N_ATTACKS):
        met |= set(attack(bases, i, tmp_path / f"{i}"))
    assert met == set(KINDS)
