"""What stands beside the primary effect: the test by the randomisation really used."""

from __future__ import annotations

from dataclasses import replace

from steps_analysis.outcomes import Answer
from steps_analysis.randomisation import (
    LinearStatistic,
    from_spec,
    randomisation_test,
)
from steps_analysis.trial_data import TrialData, index_children


def with_randomisation_test(trial: TrialData, answer: Answer) -> Answer:
    """
    Add the randomisation test to an answer, where the procedure is known.

    Parameters
    ----------
    trial
        The trial.
    answer
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
    values = answer.status.set_index("participant_id")["value"].loc[families]
    if trial.protocol.allocation["procedure"] == "not_stated" or values.isna().all():
        return answer
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
        n=answer.effect.n,
        method=f"randomisation test, {draws} allocations drawn again by {name}",
    )
    return replace(answer, tests=(*answer.tests, test))
