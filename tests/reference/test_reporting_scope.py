"""Every block of the reporting figures has its copy, and a test that reads it.

`reporting_scope.json` lists the blocks of the project's reference figures
(reporting.json) and how many figures and words each holds.
"""

import json
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
SCOPE = json.loads((TESTS / "reference" / "reporting_scope.json").read_text())["blocks"]
REFERRALS = "reference/referrals"

# Block: its copy, and the tests that read it.
READ_BY = {
    "af_palette": (f"{REFERRALS}/af_palette.json", ["reference/test_constants.py"]),
    "bcg": (
        f"{REFERRALS}/models/bcg.json",
        ["referrals/models/test_common_effect.py"],
    ),
    "byar_wilson": (
        f"{REFERRALS}/byar_wilson.json",
        ["referrals/test_crude_rates.py", "reference/test_proportions.py"],
    ),
    "dsr_isr": (f"{REFERRALS}/dsr_isr.json", ["referrals/test_standardisation.py"]),
    "eb_ncsids": (
        f"{REFERRALS}/models/eb_ncsids.json",
        ["referrals/models/test_shrunken_rates.py"],
    ),
    "farrington": (
        f"{REFERRALS}/farrington.json",
        ["referrals/charts/test_outbreaks.py"],
    ),
    "funnel": (f"{REFERRALS}/funnel.json", ["referrals/test_funnels.py"]),
    "glmm_cbpp": (
        f"{REFERRALS}/models/glmm_cbpp.json",
        ["referrals/models/test_volume_model.py"],
    ),
    "its_seatbelts": (
        f"{REFERRALS}/models/its_seatbelts.json",
        ["referrals/models/test_volume_model.py"],
    ),
    "london_tile_grid": (
        f"{REFERRALS}/london_tile_grid.json",
        ["boroughs/test_boroughs.py"],
    ),
    "mean_t": (f"{REFERRALS}/mean_t.json", ["referrals/recruitment/test_capacity.py"]),
    "proportion_wilson": (
        f"{REFERRALS}/proportion_wilson.json",
        ["reference/test_proportions.py"],
    ),
    "rate_byar_exact": (
        f"{REFERRALS}/rate_byar_exact.json",
        ["referrals/test_crude_rates.py"],
    ),
    "recruit_poisson_gamma": (
        f"{REFERRALS}/recruit_poisson_gamma.json",
        [
            "referrals/recruitment/test_forecast.py",
            "referrals/recruitment/test_site_rates.py",
            "referrals/models/test_shrunken_rates.py",
        ],
    ),
    "sdc_benchmark": (
        "reference/disclosure/sdc_benchmark.json",
        ["disclosure/test_reference.py"],
    ),
    "shorthand": (f"{REFERRALS}/shorthand.json", ["reference/test_constants.py"]),
    "smd_lalonde": (
        "reference/randomisation/lalonde_differences.json",
        ["randomisation/test_balance.py"],
    ),
    "table1_gtsummary_trial": (
        f"{REFERRALS}/table1_gtsummary_trial.json",
        ["reference/test_baseline_table.py"],
    ),
    "xmr_nhs": (f"{REFERRALS}/xmr_nhs.json", ["referrals/charts/test_individuals.py"]),
    "xmr_python_disagreement": (
        f"{REFERRALS}/xmr_python_disagreement.json",
        ["referrals/charts/test_individuals.py"],
    ),
}
# A copy that is not word for word: laid out anew, one figure a line.
REWRITTEN = {"sdc_benchmark"}
OWN_NOTE = {"smd_lalonde"}  # whose note is the source's own, not the copier's


def leaves(value):
    """Count the figures and words of a block."""
    if isinstance(value, dict):
        value = list(value.values())
    return sum(map(leaves, value)) if isinstance(value, list) else 1


def test_no_block_is_left_out():
    assert set(READ_BY) == set(SCOPE)
    assert set(SCOPE) >= REWRITTEN | OWN_NOTE


@pytest.mark.parametrize("block", sorted(READ_BY))
def test_every_block_is_read_by_its_tests(block):
    copy, tests = READ_BY[block]
    for path in tests:
        assert Path(copy).stem in (TESTS / path).read_text()


@pytest.mark.parametrize("block", sorted(set(READ_BY) - REWRITTEN))
def test_a_copy_holds_every_figure(block):
    path, _ = READ_BY[block]
    copy = json.loads((TESTS / path).read_text())
    for ours in {"block", "note"} - ({"note"} if block in OWN_NOTE else set()):
        copy.pop(ours, None)
    assert leaves(copy) == SCOPE[block]
