"""The public names: what the contract promises, sorted and documented."""

import importlib
import inspect
import pkgutil

import pytest

import steps_analysis

PACKAGES = sorted(
    f"steps_analysis.{module.name}"
    for module in pkgutil.iter_modules(steps_analysis.__path__)
    if module.ispkg
)
# Names of DESIGN section 6 that this version provides, called by other programs.
CONTRACT = {
    "steps_analysis": ["evaluate", "load_protocol", "read_trial"],
    "steps_analysis.randomisation": [
        "AdjustableBiasedCoin",
        "AdjustableCovariateBiasedCoin",
        "AtkinsonBiasedCoin",
        "BayesianBiasedCoin",
        "BiasedCoinWithTolerance",
        "BigStick",
        "BlockUrn",
        "CompleteRandomisation",
        "ConstrainedClusters",
        "EfronBiasedCoin",
        "EhrenfestUrn",
        "GeneralisedBiasedCoin",
        "Hadamard",
        "HuHu",
        "Ledger",
        "LinearStatistic",
        "MatchedPairs",
        "MaximalProcedure",
        "Minimisation",
        "PermutedBlocks",
        "RandomAllocationRule",
        "RandomPermutedBlocks",
        "Rerandomisation",
        "StratifiedBiasedCoin",
        "StratifiedBlocks",
        "TruncatedBinomial",
        "WeiUrn",
        "compare",
        "draw_sequences",
        "enumerate_sequences",
        "exact_properties",
        "from_spec",
        "randomisation_interval",
        "randomisation_test",
        "sequence_probability",
        "simulate_balance",
        "standardised_differences",
    ],
    "steps_analysis.outcomes": [
        "CoxFit",
        "analysis_status",
        "beta_binomial",
        "cost_difference",
        "count_rate_ratio",
        "cox",
        "cumulative_incidence",
        "cumulative_incidence_difference",
        "exact_test",
        "fine_gray",
        "firth_logistic",
        "ghosh_lin",
        "gray_test",
        "kaplan_meier",
        "log_rank",
        "max_combo",
        "mean_cumulative_difference",
        "mean_cumulative_function",
        "odds_ratio",
        "pool_imputations",
        "primary_placement",
        "proportion_interval",
        "proportional_hazards_test",
        "recurrent_rate_ratio",
        "repeated_scores",
        "restricted_mean",
        "risk_difference",
        "risk_ratio",
        "spells",
        "standardised_risk",
        "survival_difference",
        "tipping_point",
    ],
    "steps_analysis.referrals": [
        "directly_standardised_rate",
        "funnel",
        "rate",
        "standardised_ratio",
        "volumes",
    ],
    "steps_analysis.disclosure": [
        "Release",
        "audit",
        "dfe_cin",
        "dfe_cla",
        "from_spec",
        "nhs_hes",
        "protect",
        "strict",
        "threshold",
        "trial_wide",
    ],
    "steps_analysis.pathway": [
        "Screening",
        "flow",
        "forum_diary",
        "next_route",
        "screen_stepping_stones",
        "screen_trial",
        "visit_schedule",
    ],
    "steps_analysis.simulation": ["Scenario", "draw_trial"],
}


@pytest.mark.parametrize("package", CONTRACT)
def test_the_contract_is_kept(package):
    module = importlib.import_module(package)
    assert [name for name in CONTRACT[package] if not hasattr(module, name)] == []
    assert set(CONTRACT[package]) <= set(module.__all__)


@pytest.mark.parametrize("package", ["steps_analysis", *PACKAGES])
def test_names_are_sorted_unique_and_documented(package):
    module = importlib.import_module(package)
    names = list(module.__all__)
    assert len(set(names)) == len(names)
    by_kind = [n for n in names if n.isupper()], [n for n in names if not n.isupper()]
    classes = [n for n in by_kind[1] if n[0].isupper()]
    others = [n for n in by_kind[1] if not n[0].isupper()]
    assert names == sorted(by_kind[0]) + sorted(classes) + sorted(others)
    for name in names:
        found = getattr(module, name)
        if inspect.isfunction(found) or inspect.isclass(found):
            assert inspect.getdoc(found), name


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'evaluat'"):
        steps_analysis.evaluat  # noqa: B018  # the attribute access is the test


def test_equal_results_are_equal_on_every_python_also_with_nan():
    from steps_analysis.estimates import Estimate, TestResult

    for make in (
        lambda: Estimate.missing("risk", "nobody was seen", n=0),
        lambda: TestResult.missing("nobody was seen", n=0),
    ):
        assert make() == make()
        assert hash(make()) == hash(make())
    one = Estimate(measure="risk", value=0.5, lower=0.2, upper=0.8, n=10)
    assert one != Estimate(measure="risk", value=0.5, lower=0.1, upper=0.8, n=10)
