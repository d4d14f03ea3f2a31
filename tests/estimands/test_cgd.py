"""
The real trial: our answers are R's, every figure of them.

`tests/reference/cgd/cgd.csv` is made by `cgd.R` beside it, with R's survival, from the
published rows; ours comes from the folder `data/public/cgd` through `read_trial` and
`answer`, as `steps evaluate` does it.

One difference is by design. R's interval for the share infected by nine months is that
of the Kaplan-Meier estimate, made on log(-log S); the estimand's own is that of the
cumulative incidence, made on log(-log F), as `survfit` does for competing risks. With
nobody competing the two estimates and standard errors are equal and the limits are not,
so R's limits are compared with ours for survival, turned round.
"""

import csv
import math
from pathlib import Path

import pytest

from steps_analysis.outcomes import answer
from steps_analysis.protocol import days_in
from steps_analysis.trial_data import read_trial

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "tests" / "reference" / "cgd" / "cgd.csv"
CLOSED, ITERATED = 1e-10, 1e-6  # relative, as reference/README.md sets them


@pytest.fixture(scope="module")
def figures():
    with REFERENCE.open(encoding="utf-8") as file:
        return {row["name"]: float(row["value"]) for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def ours():
    """Every figure R gives, under its name, from our answers."""
    trial = read_trial(ROOT / "data" / "public" / "cgd")
    first, repeated, six = (answer(trial, code) for code in ("G1", "G2", "G3"))
    found = _first(first) | _repeated(repeated) | _six(six)
    for arm in repeated.arms:
        found[f"{arm.arm}.infections"] = arm.events
    return found


def _first(asked):
    found = {"log_rank": asked.tests[-1].statistic}
    for arm in asked.arms:
        curve = asked.survival[arm.arm].estimate_at(days_in(9), measure="survival")
        own = {
            "n": arm.analysed,
            "events": arm.events,
            "incidence": arm.summary.value,
            "incidence_se": arm.summary.standard_error,
            "incidence_lower": 1 - curve.upper,
            "incidence_upper": 1 - curve.lower,
        }
        found |= {f"{arm.arm}.{name}": value for name, value in own.items()}
    hazard = asked.relative[-1]
    assert hazard.measure == "hazard ratio"
    return found | {
        "cox.coefficient": math.log(hazard.value),
        "cox.se": hazard.standard_error,
        "cox.ratio": hazard.value,
        "cox.lower": hazard.lower,
        "cox.upper": hazard.upper,
    }


def _repeated(asked):
    rate = asked.effect
    return {
        "ag.coefficient": math.log(rate.value),
        "ag.robust_se": rate.standard_error,
        "ag.ratio": rate.value,
        "ag.lower": rate.lower,
        "ag.upper": rate.upper,
    }


def _six(asked):
    treatment, control = asked.arms
    assert (treatment.arm, control.arm) == ("rIFN-g", "placebo")
    return {
        "six.treatment_events": treatment.events,
        "six.treatment_n": treatment.analysed,
        "six.control_events": control.events,
        "six.control_n": control.analysed,
        "six.fisher": asked.tests[0].p_value,
    }


def test_every_figure_is_r_s(ours, figures):
    # The model's own standard error is no part of an answer: the robust one is.
    assert set(figures) - set(ours) == {"ag.se"}
    assert not set(ours) - set(figures)
    wrong = [
        (name, value, figures[name])
        for name, value in ours.items()
        if value
        != pytest.approx(
            figures[name], rel=ITERATED if name[:3] in {"cox", "ag."} else CLOSED
        )
    ]
    assert not wrong


def test_the_model_s_own_standard_error_is_r_s_too(figures):
    from steps_analysis.outcomes import cox, spells

    trial = read_trial(ROOT / "data" / "public" / "cgd")
    rows = spells(trial, "I2")
    arms = trial.arms().loc[rows["participant_id"]]
    fit = cox(
        rows["time"].to_numpy(float),
        rows["event"].to_numpy(bool),
        (arms == "rIFN-g").to_numpy(float),
        entry=rows["entry"].to_numpy(float),
    )
    assert fit.standard_error[0] == pytest.approx(figures["ag.se"], rel=ITERATED)


def test_without_competing_events_incidence_is_one_less_survival():
    asked = answer(read_trial(ROOT / "data" / "public" / "cgd"), "G1")
    for arm, incidence in asked.incidence.items():
        survival = asked.survival[arm]
        assert incidence.at(survival.time) == pytest.approx(1 - survival.value)
        own = incidence.estimate_at(days_in(9), measure="incidence")
        other = survival.estimate_at(days_in(9), measure="survival")
        assert own.standard_error == pytest.approx(other.standard_error)
        # The limits are made on another scale, log(-log F), and so differ.
        spread = 1.959963984540054 * own.standard_error
        reach = spread / (own.value * abs(math.log(own.value)))
        assert own.lower == pytest.approx(own.value ** math.exp(reach))
        assert own.upper == pytest.approx(own.value ** math.exp(-reach))
        assert own.lower < 1 - other.upper
