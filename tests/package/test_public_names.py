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
        "BigStick",
        "CompleteRandomisation",
        "EfronBiasedCoin",
        "LinearStatistic",
        "Minimisation",
        "PermutedBlocks",
        "RandomAllocationRule",
        "RandomPermutedBlocks",
        "StratifiedBlocks",
        "draw_sequences",
        "enumerate_sequences",
        "from_spec",
        "randomisation_test",
        "sequence_probability",
        "standardised_differences",
    ],
    "steps_analysis.outcomes": [
        "CoxFit",
        "analysis_status",
        "cox",
        "cumulative_incidence",
        "cumulative_incidence_difference",
        "exact_test",
        "kaplan_meier",
        "log_rank",
        "odds_ratio",
        "primary_placement",
        "proportion_interval",
        "risk_difference",
        "risk_ratio",
        "spells",
        "standardised_risk",
        "survival_difference",
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
    "steps_analysis.pathway": ["flow"],
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
