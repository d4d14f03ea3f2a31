"""
The R package carat's simulations, with its own participants and its own numbers.

``evalRand.sim(Replace = FALSE)`` draws one group of 200 participants, then allocates
them 10,000 times, one uniform number an allocation. The seed is known, so the numbers
of R (Mersenne Twister) are too: the same participants come out (their strata are
counted in the reference), and four of the five methods give the same figures to the
last digit, since the same numbers give the same arms. Blocks are drawn otherwise there,
and agree within their simulation error.
"""

import numpy as np
import pytest

from steps_analysis.randomisation import (
    AdjustableCovariateBiasedCoin,
    HuHu,
    Minimisation,
    StratifiedBiasedCoin,
    StratifiedBlocks,
    allocate,
    draw_sequences,
)

FACTORS = ("a", "b", "c", "d")
METHODS = ("PocSimMIN", "HuHuCAR", "StrPBR", "StrBCD", "AdjBCD")  # in the order run


class _RNumbers:
    """The uniform numbers of R after ``set.seed``."""

    def __init__(self, seed):
        for _ in range(50):
            seed = (69069 * seed + 1) % 2**32
        key = []
        for _ in range(625):
            seed = (69069 * seed + 1) % 2**32
            key.append(seed)
        self._bits = np.random.MT19937()
        state = self._bits.state
        state["state"] = {"key": np.array(key[1:], dtype=np.uint32), "pos": 624}
        self._bits.state = state

    def take(self, how_many):
        """The next numbers."""
        return self._bits.random_raw(how_many).astype(float) * 2.3283064365386963e-10


def _participants(numbers, entry):
    """Levels, factor after factor, each with equal probabilities."""
    equal = [1 / k for k in entry["level_num"] for _ in range(k)]
    assert entry["pr"] == pytest.approx(equal, abs=5e-9)
    columns = [
        np.minimum((numbers.take(entry["n"]) * k).astype(int), k - 1)
        for k in entry["level_num"]
    ]
    return np.column_stack(columns)


def _numbers_used(entry, codes):
    """How many numbers a method took after its participants."""
    if entry["method"] != "StrPBR":
        return entry["N"] * entry["n"]
    # A block of four for every stratum at first; then six numbers for every new one.
    strata = np.unique(codes, axis=0, return_counts=True)[1]
    return entry["N"] * (len(strata) + 6 * int((strata // 4).sum()))


@pytest.fixture(scope="module")
def runs(reference):
    """Each method's entry, participants and numbers (for blocks: none)."""
    entries = {
        entry["method"]: entry
        for entry in reference("carat_evalrand")["entries"].values()
    }
    numbers = _RNumbers(20240101)
    found = {}
    for method in METHODS:
        entry = entries[method]
        assert entry["seed"] == 20240101
        codes = _participants(numbers, entry)
        used = numbers.take(_numbers_used(entry, codes))
        by_trial = None if method == "StrPBR" else used.reshape(entry["N"], entry["n"])
        found[method] = entry, codes, by_trial
    assert found.keys() == entries.keys()
    return found


def _leads(arms, inside):
    """Treatment less control among some participants, in every trial."""
    within = arms[:, inside]
    return 2 * within.sum(axis=1, dtype=np.int64) - within.shape[1]


def _figures(lead):
    """What carat reports of one imbalance."""
    size = np.abs(lead)
    q95, med = np.quantile(size, [0.95, 0.5])
    return {"max": size.max(), "q95": q95, "med": med, "mean": size.mean()}


def _all_leads(arms, codes):
    """The leads in the whole trial, at every level and in every stratum."""
    levels = {
        f"margin({f + 1};{level + 1})": _leads(arms, codes[:, f] == level)
        for f in range(codes.shape[1])
        for level in range(codes[:, f].max() + 1)
    }
    strata = [
        _leads(arms, (codes == one).all(axis=1)) for one in np.unique(codes, axis=0)
    ]
    return _leads(arms, np.full(len(codes), True)), levels, strata


def test_r_numbers_by_hand():
    # What R prints for three of runif after seed 42.
    assert _RNumbers(42).take(3) == pytest.approx(
        [0.9148060, 0.9370754, 0.2861395], abs=5e-8
    )


@pytest.mark.parametrize("method", METHODS)
def test_the_participants_are_carats(runs, method):
    entry, codes, _ = runs[method]
    assert len(np.unique(codes, axis=0)) == entry["strt_num"]
    for f in range(4):
        for level in range(entry["level_num"][f]):
            reported = entry["margin"][f"margin({f + 1};{level + 1})"]["max"]
            assert ((codes[:, f] == level).sum() - reported) % 2 == 0


def _procedure(entry):
    """The procedure a method is, with the reference's parameters."""
    args = entry["args"]
    match entry["method"]:
        case "PocSimMIN":
            chosen = {"weights": args["weight"], "p": args["p"]}
            return Minimisation(FACTORS, imbalance="variance", **chosen)
        case "HuHuCAR":
            overall, stratum, *weights = args["omega"]
            chosen = {"overall": overall, "stratum": stratum, "weights": weights}
            return HuHu(FACTORS, p=args["p"], **chosen)
        case "StrBCD":
            return StratifiedBiasedCoin(FACTORS, p=args["p"])
        case "AdjBCD":
            return AdjustableCovariateBiasedCoin(FACTORS, a=args["a"])


@pytest.mark.parametrize("method", ["PocSimMIN", "HuHuCAR", "StrBCD", "AdjBCD"])
def test_the_same_numbers_give_the_same_figures(runs, method):
    entry, codes, numbers = runs[method]
    arms = allocate(_procedure(entry), numbers, factors=codes)
    overall, levels, strata = _all_leads(arms, codes)
    assert _figures(overall) == pytest.approx(entry["overall"], rel=1e-12)
    assert levels.keys() == entry["margin"].keys()
    for level, lead in levels.items():
        assert _figures(lead) == pytest.approx(entry["margin"][level], rel=1e-12)
    by_stratum = [_figures(lead) for lead in strata]
    for name, reported in entry["stratum_mean"].items():
        mean = np.mean([figures[name] for figures in by_stratum])
        assert mean == pytest.approx(reported, abs=5e-9)  # half the last digit


def test_blocks_agree_within_their_simulation_error(runs):
    entry, codes, _ = runs["StrPBR"]
    blocks = StratifiedBlocks(FACTORS, block_sizes=entry["args"]["bsize"])
    arms = draw_sequences(blocks, entry["n"], entry["N"], factors=codes, seed=20240101)
    overall, levels, strata = _all_leads(arms, codes)
    pairs = [(overall, entry["overall"])]
    pairs += [(levels[name], figures) for name, figures in entry["margin"].items()]
    for lead, reported in pairs:
        ours = _figures(lead)
        both = np.abs(lead).std() * np.sqrt(2 / entry["N"])  # theirs errs as much
        assert abs(ours["mean"] - reported["mean"]) < 4 * both
        for name, share in (("q95", 0.95), ("med", 0.5)):
            # Imbalances are two apart: the share at most the reported one must reach
            # the quantile's, and that below it must not, but for four errors.
            error = 4 * np.sqrt(2 * share * (1 - share) / entry["N"])
            assert (np.abs(lead) <= reported[name]).mean() > share - error
            assert (np.abs(lead) < reported[name]).mean() < share + error
        # The largest of 10,000: no rarer than one in 10,000 ever is, nor far from ours.
        assert abs(ours["max"] - reported["max"]) <= 6
    by_stratum = np.array([[*_figures(lead).values()] for lead in strata])
    means = dict(
        zip(("max", "q95", "med", "mean"), by_stratum.mean(axis=0), strict=True)
    )
    error = np.sqrt(2 / entry["N"]) * np.mean([np.abs(lead).std() for lead in strata])
    assert means["max"] == pytest.approx(entry["stratum_mean"]["max"], abs=5e-9)
    assert means["q95"] == pytest.approx(entry["stratum_mean"]["q95"], abs=5e-9)
    assert means["med"] == pytest.approx(entry["stratum_mean"]["med"], abs=5e-9)
    assert means["mean"] == pytest.approx(entry["stratum_mean"]["mean"], abs=4 * error)
