"""What docs/differences-from-r.md says of the libraries we depend on is still so."""

import warnings
from pathlib import Path

import pandas as pd
import pytest

from steps_analysis.outcomes import (
    cox,
    cumulative_incidence,
    exact_test,
    risk_difference,
)

DATA = Path(__file__).parents[1] / "reference" / "survival" / "data"
BLADDER = ["rx", "size", "number"]


@pytest.fixture(autouse=True)
def _their_warnings_are_their_own():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.fixture
def bladder():
    return pd.read_csv(DATA / "bladder2.csv")


@pytest.fixture
def ours(bladder):
    return cox(
        bladder["stop"],
        bladder["event"],
        bladder[BLADDER],
        entry=bladder["start"],
        cluster=bladder["id"],
    )


def test_scipy_doubles_a_one_sided_boschloo():
    from scipy.stats import boschloo_exact

    theirs = boschloo_exact([[56, 48], [14, 32]]).pvalue
    assert theirs == pytest.approx(0.00884, abs=5e-6)
    ours = exact_test(56, 70, 48, 80, method="boschloo").p_value
    assert ours == pytest.approx(0.00992, abs=5e-6)


def test_statsmodels_miettinen_nurminen_is_wrong():
    from statsmodels.stats.proportion import confint_proportions_2indep

    theirs = confint_proportions_2indep(
        56, 70, 48, 80, method="score", compare="diff", correction=True
    )
    assert theirs[1] == pytest.approx(0.34404, abs=5e-6)
    ours = risk_difference(56, 70, 48, 80, method="miettinen-nurminen")
    assert ours.upper == pytest.approx(0.33817, abs=5e-6)


def test_statsmodels_risk_sets_are_closed_at_entry(bladder, ours):
    from statsmodels.duration.hazard_regression import PHReg

    columns = {name: bladder[name].to_numpy(float) for name in ("stop", "start")}
    model = PHReg(
        columns["stop"],
        bladder[BLADDER].to_numpy(float),
        status=bladder["event"].to_numpy(),
        entry=columns["start"],
        ties="efron",
    )
    assert model.fit().params[0] == pytest.approx(-0.4570, abs=5e-5)
    assert ours.coefficients[0] == pytest.approx(-0.4647, abs=5e-5)


def test_lifelines_robust_errors_are_too_small(bladder, ours):
    from lifelines import CoxPHFitter

    columns = [*BLADDER, "start", "stop", "event", "id"]
    theirs = CoxPHFitter().fit(
        bladder[columns], "stop", "event", entry_col="start", cluster_col="id"
    )
    assert theirs.standard_errors_["rx"] == pytest.approx(0.2105, abs=5e-5)
    assert ours.robust_standard_error[0] == pytest.approx(0.2656, abs=5e-5)
    rossi = pd.read_csv(DATA / "ll_rossi.csv")
    names = ["fin", "age", "prio"]
    theirs = CoxPHFitter().fit(
        rossi[["week", "arrest", *names]], "week", "arrest", robust=True
    )
    assert theirs.standard_errors_["fin"] == pytest.approx(0.18737, abs=5e-6)
    fit = cox(rossi["week"], rossi["arrest"], rossi[names], cluster=rossi.index)
    assert fit.robust_standard_error[0] == pytest.approx(0.19112, abs=5e-6)


def test_lifelines_breaks_ties_at_random():
    from lifelines import AalenJohansenFitter

    mgus = pd.read_csv(DATA / "mgus2_cr.csv")
    theirs = {
        float(
            AalenJohansenFitter(seed=seed, calculate_variance=False)
            .fit(mgus["etime"], mgus["ev"], event_of_interest=1)
            .cumulative_density_.iloc[:, 0]
            .asof(100)
        )
        for seed in (1, 2)
    }
    assert len(theirs) == 2
    ours = [float(cumulative_incidence(mgus["etime"], mgus["ev"]).at(100))] * 2
    assert len(set(ours)) == 1
    assert ours[0] not in theirs
