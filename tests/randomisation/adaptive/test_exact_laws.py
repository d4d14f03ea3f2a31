"""All 256 sequences of eight participants, against an independent enumeration."""

import numpy as np
import pytest

from steps_analysis.randomisation import (
    AtkinsonBiasedCoin,
    HuHu,
    Minimisation,
    StratifiedBiasedCoin,
    enumerate_sequences,
    sequence_probability,
)
from steps_analysis.randomisation.adaptive.atkinson import ModelWalk

FACTORS = ("factor1", "factor2")
KINDS = ("PocSimMIN", "HuHuCAR", "StrBCD", "DoptBCD")


def _procedure(kind, params):
    """The procedure that carat names so; omega is (overall, stratum, factors...)."""
    if kind == "PocSimMIN":
        weights = tuple(params["weight"])
        return Minimisation(
            FACTORS, weights=weights, imbalance="variance", p=params["p"]
        )
    if kind == "HuHuCAR":
        overall, stratum, *weights = params["omega"]
        return HuHu(
            FACTORS,
            overall=overall,
            weights=tuple(weights),
            stratum=stratum,
            p=params["p"],
        )
    if kind == "StrBCD":
        return StratifiedBiasedCoin(FACTORS, p=params["p"])
    return AtkinsonBiasedCoin(FACTORS)


def _imbalances(listed, cov):
    """The law of the final D, E|D| and E|D| at every level."""
    signs = {s: np.array([1 if x == "A" else -1 for x in s]) for s in listed}
    final = {}
    for sequence, chance in listed.items():
        key = str(signs[sequence].sum())
        final[key] = final.get(key, 0.0) + chance
    mean = sum(p * abs(signs[s].sum()) for s, p in listed.items())
    margins = {
        f"factor{f + 1}=level{level}": sum(
            p * abs(signs[s][cov[:, f] == level].sum()) for s, p in listed.items()
        )
        for f in (0, 1)
        for level in np.unique(cov[:, f])
    }
    return final, mean, margins


def test_every_design_is_here(reference):
    designs = reference("car_exact_small")["designs"]
    assert tuple(design["kind"] for design in designs) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_every_sequence_and_every_figure(reference, kind):
    case = reference("car_exact_small")
    (design,) = (one for one in case["designs"] if one["kind"] == kind)
    cov = np.array(case["cov"])
    procedure = _procedure(kind, design.get("params"))
    listed = enumerate_sequences(procedure, len(cov), factors=cov)
    # Below 1e-30 the reference holds the rounding of its own generalised inverse.
    expected = {s: p for s, p in design["sequences"].items() if p > 1e-30}
    assert len(design["sequences"]) == design["n_seq"]
    assert listed.keys() == expected.keys()
    assert listed == pytest.approx(expected, rel=1e-12)
    assert sum(listed.values()) == pytest.approx(design["sum"], rel=1e-12)
    final, mean, margins = _imbalances(listed, cov)
    impossible = dict.fromkeys(design["final_D"], 0.0)
    assert impossible | final == pytest.approx(design["final_D"], abs=1e-15, rel=1e-12)
    assert mean == pytest.approx(design["E_abs_D"], rel=1e-12)
    assert margins == pytest.approx(design["E_abs_margin"], abs=1e-15, rel=1e-12)
    some = [*listed][len(listed) // 2]
    assert sequence_probability(procedure, some, factors=cov) == listed[some]


def test_levels_as_quantities_are_another_procedure(reference):
    # What carat does: 1, 2, 3 as numbers. Measured with carat: P(D = 0) = 0.4706, over
    # 40,000 trials (four standard errors are 0.01); the dummy-coded design has 0.5.
    case = reference("car_exact_small")
    entries = reference("known_wrong_outputs")["entries"]
    assert any("level codes as numeric scores" in entry["bug"] for entry in entries)
    cov = np.array(case["cov"], dtype=float)
    numbers = np.arange(256)
    arms = (numbers[:, None] >> np.arange(8) & 1).astype(np.int8)
    walk = ModelWalk(np.column_stack([np.ones(8), cov]), n_sequences=256)
    chance = np.ones(256)
    for arm in arms.T:
        probabilities = walk.probabilities()
        chance *= np.where(arm == 1, *probabilities)
        walk.take(arm)
    assert chance.sum() == pytest.approx(1)
    level = chance[arms.sum(axis=1) == 4].sum()
    assert level == pytest.approx(0.4706, abs=0.01)
    (design,) = (one for one in case["designs"] if one["kind"] == "DoptBCD")
    assert design["final_D"]["0"] == pytest.approx(0.5)
