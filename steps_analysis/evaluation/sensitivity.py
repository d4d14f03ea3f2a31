"""
What stands beside the primary effect.

The test by the randomisation really used; and, where a factor's level was recorded
wrongly at randomisation, the effect with the level the referral gives.
"""

from __future__ import annotations

from dataclasses import replace

from steps_analysis.outcomes import Answer, answer
from steps_analysis.pathway import with_levels_by_referral
from steps_analysis.randomisation import (
    LinearStatistic,
    from_spec,
    randomisation_test,
)
from steps_analysis.trial_data import TrialData, index_children


def with_randomisation_test(trial: TrialData, found: Answer) -> Answer:
    """
    Add the randomisation test to an answer, where the procedure is known.

    Parameters
    ----------
    trial
        The trial.
    found
        The answer to an estimand whose outcome has a value per participant.

    Returns
    -------
    Answer
        With one test more: the families' arms are drawn again by the protocol's
        procedure, in the order of randomisation and with everybody's factors held
        fixed. Unchanged where the procedure is not stated or the outcome is a time.
    """
    participants = index_children(trial).reset_index(drop=True)
    families = participants["participant_id"]
    values = found.status.set_index("participant_id")["value"].loc[families]
    if trial.protocol.allocation["procedure"] == "not_stated" or values.isna().all():
        return found
    # The order of allocation: by date, then by the order of the file.
    order = participants["randomisation_date"].argsort(kind="stable").to_numpy()
    arm = (
        trial.arms()
        .loc[families]
        .eq(trial.protocol.treatment.code)
        .to_numpy(int)[order]
    )
    scores = (values - values.mean()).fillna(0.0).to_numpy(float)[order]
    procedure = from_spec(trial.protocol.allocation)
    names = [factor.name for factor in trial.protocol.factors]
    test = randomisation_test(
        arm,
        procedure,
        statistic=LinearStatistic(scores),
        factors=participants[names].iloc[order].reset_index(drop=True),
        n_draws=trial.protocol.analysis.randomisation_test_draws,
        seed=trial.protocol.analysis.seed,
    )
    name = str(trial.protocol.allocation["procedure"]).replace("-", " ")
    draws = f"{trial.protocol.analysis.randomisation_test_draws:,}"
    test = replace(
        test,
        n=found.effect.n,
        method=f"randomisation test, {draws} allocations drawn again by {name}",
    )
    return replace(found, tests=(*found.tests, test))


def with_levels_corrected(trial: TrialData, found: Answer) -> Answer:
    """
    Put beside an effect the one with the factor levels that the referrals give.

    Parameters
    ----------
    trial
        The trial.
    found
        The answer to an estimand, adjusted for the levels recorded at randomisation, as
        allocation used them.

    Returns
    -------
    Answer
        With one effect more; unchanged where it is not adjusted, or no level of a
        family analysed differs.
    """
    corrected = with_levels_by_referral(trial)
    is_used = found.status["status"].eq("analysed").to_numpy()
    levels = list(found.estimand.adjust_for) if found.adjusted_for else []
    given, recorded = (
        one.need("participants").loc[is_used, levels] for one in (corrected, trial)
    )
    differs = given.notna() & given.ne(recorded)  # an empty cell is like no other
    n = int(differs.any(axis=1).sum())
    if n == 0:
        return found
    effect = answer(corrected, found.estimand.code).effect
    effect = replace(effect, method=f"{effect.method}, levels as on the referral")
    note = (
        f"For {n} of those analysed the level of a factor recorded at randomisation is "
        "not the one the referral gives. The effect uses the level recorded, as "
        "allocation did; beside it stands the effect with that of the referral."
    )
    return replace(found, beside=(*found.beside, effect), notes=(*found.notes, note))
