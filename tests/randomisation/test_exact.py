"""Operating characteristics from `probability`, against every reference figure."""

import math

import numpy as np
import pytest

from steps_analysis.randomisation import (
    AdjustableBiasedCoin,
    BayesianBiasedCoin,
    BiasedCoinWithTolerance,
    BigStick,
    BlockUrn,
    CompleteRandomisation,
    EfronBiasedCoin,
    EhrenfestUrn,
    GeneralisedBiasedCoin,
    MaximalProcedure,
    PermutedBlocks,
    RandomAllocationRule,
    TruncatedBinomial,
    WeiUrn,
    draw_sequences,
    enumerate_sequences,
)

RELATIVE = 1e-10  # closed forms and sums

BY_NAME = {
    "CR": CompleteRandomisation(),
    "RAR": RandomAllocationRule(),
    "PBR4": PermutedBlocks(4),
    "PBR_bc4": PermutedBlocks(4),
    "PBR_bc2": PermutedBlocks(2),
    "EBC23": EfronBiasedCoin(2 / 3),
    "EBC_2_3": EfronBiasedCoin(2 / 3),
    "BSD_2": BigStick(2),
    "BSD_3": BigStick(3),
    "BSD3": BigStick(3),
    "CHEN_mti2_p23": BiasedCoinWithTolerance(2, 2 / 3),
    "CHEN_mti3_p23": BiasedCoinWithTolerance(3, 2 / 3),
    "ABCD_a2": AdjustableBiasedCoin(2),
    "ABCD_a1": AdjustableBiasedCoin(1),
    "GBCD_rho2": GeneralisedBiasedCoin(2),
    "GBCD_rho5": GeneralisedBiasedCoin(5),
    "BBCD_a01": BayesianBiasedCoin(0.1),
    "BBCD_a05": BayesianBiasedCoin(0.5),
    "UD_0_1": WeiUrn(0, 1),
    "UD_1_1": WeiUrn(1, 1),
    "UD_2_1": WeiUrn(2, 1),
    "TBD": TruncatedBinomial(),
    "TBD8": TruncatedBinomial(),
    "TBD_bc4": TruncatedBinomial(4),
    "MP_2": MaximalProcedure(2),
    "MP2": MaximalProcedure(2),
    "MP_3": MaximalProcedure(3),
}


# --- the dynamic programme, in the tests' own words ----------------------------------


def operating_characteristics(procedure, n):
    """Follow the joint law of (treated so far, largest |D| so far), as written."""
    law = {(0, 0): 1.0}
    balanced = certain = entropy = correct = 0.0
    for done in range(n):
        after = {}
        every = np.arange(done + 1)
        by_treated = procedure.probability(every, done - every, n).tolist()
        for (treated, largest), chance in law.items():
            p = by_treated[treated]
            ahead = 2 * treated - done
            correct += chance * (0.5 if ahead == 0 else p if ahead < 0 else 1 - p)
            certain += chance * (p in (0, 1))
            entropy -= chance * sum(q * math.log(q) for q in (p, 1 - p) if q > 0)
            for step, q in ((1, p), (0, 1 - p)):
                if q > 0:
                    imbalance = abs(2 * (treated + step) - done - 1)
                    state = (treated + step, max(largest, imbalance))
                    after[state] = after.get(state, 0.0) + chance * q
        law = after
        balanced += sum(c for (t, _), c in law.items() if 2 * t == done + 1)
    return _summary(law, n, balanced, certain, entropy, correct)


def _summary(law, n, balanced, certain, entropy, correct):
    final, largest = {}, {}
    for (treated, most), chance in law.items():
        final[2 * treated - n] = final.get(2 * treated - n, 0.0) + chance
        largest[most] = largest.get(most, 0.0) + chance
    variance = sum(c * d * d for d, c in final.items())
    return {
        "imbalance_dist": {str(d): c for d, c in sorted(final.items())},
        "max_abs_imbalance_dist": {str(d): c for d, c in sorted(largest.items())},
        "P_final_balance": final.get(0, 0.0),
        "var_final_imbalance": variance,
        "sd_final_imbalance": math.sqrt(variance),
        "E_abs_imbalance": sum(c * abs(d) for d, c in final.items()),
        "E_loss": variance / n,
        "E_max_abs_imbalance": sum(c * d for d, c in largest.items()),
        "E_propCG_CS": correct / n,
        "expected_excess_correct_guesses": correct - n / 2,
        "mean_exact_balance_over_steps": balanced / n,
        "prop_deterministic": certain / n,
        "mean_entropy_nats": entropy / n,
    }


def _procedure(entry):
    params = entry["params"]
    return {
        "CR": lambda: CompleteRandomisation(),
        "RAR": lambda: RandomAllocationRule(),
        "EBC": lambda: EfronBiasedCoin(params["p"]),
        "BSD": lambda: BigStick(params["mti"]),
        "PBR": lambda: PermutedBlocks(params["b"]),
        "BCDWIT": lambda: BiasedCoinWithTolerance(**params),
        "ABCD": lambda: AdjustableBiasedCoin(**params),
        "GBCD": lambda: GeneralisedBiasedCoin(**params),
        "BBCD": lambda: BayesianBiasedCoin(**params),
        "UD": lambda: WeiUrn(params["ini"], params["add"]),
        "EUD": lambda: EhrenfestUrn(**params),
        "BUD": lambda: BlockUrn(**params),
        "TBD": lambda: TruncatedBinomial(),
        "MP": lambda: MaximalProcedure(**params),
    }[entry["procedure"]]()


def test_every_figure_of_the_exact_programme(reference):
    entries = reference("exact_dp")["entries"]
    assert len(entries) == 132
    for entry in entries:
        ours = operating_characteristics(_procedure(entry), entry["n"])
        expected = {k: v for k, v in entry.items() if k not in _KEYS}
        assert expected.keys() == ours.keys()
        for name, figure in expected.items():
            found = ours[name]
            if isinstance(figure, dict):  # the reference leaves out the least probable
                assert figure.keys() <= found.keys()
                assert all(found[d] < 1e-12 for d in found.keys() - figure.keys())
                found = {d: found[d] for d in figure}
            assert found == pytest.approx(figure, rel=RELATIVE, abs=1e-12), name


_KEYS = ("procedure", "params", "n")


# --- every sequence ------------------------------------------------------------------


def _statistics(sequence):
    """D, largest |D|, and the share of correct guesses of one sequence."""
    walk = np.cumsum([1 if letter == "A" else -1 for letter in sequence])
    before = np.array([0, *walk[:-1]])
    step = np.array([1 if letter == "A" else -1 for letter in sequence])
    convergent = np.where(before == 0, 0.5, np.sign(before) != step)
    divergent = np.where(before == 0, 0.5, np.sign(before) == step)
    return walk[-1], np.abs(walk).max(), convergent.mean(), divergent.mean()


def _law(listed, value):
    law = {}
    for sequence, chance in listed.items():
        key = str(value(sequence))
        law[key] = law.get(key, 0.0) + chance
    return law


def _enumerated(name, n):
    if name in ("PBR_bc4", "TBD_bc4") and n == 6:
        # randomizeR ends with a block of 2; ours cuts the last block of 4. Its design
        # is one block of 4 followed by one of 2.
        four = enumerate_sequences(BY_NAME[name], 4)
        two = enumerate_sequences(PermutedBlocks(2), 2)
        return {a + b: p * q for a, p in four.items() for b, q in two.items()}
    return enumerate_sequences(BY_NAME[name], n)


def test_every_sequence_and_figure_of_randomizer(reference):
    entries = reference("exact_sequences")["entries"]
    assert len(entries) == 43
    for key, entry in entries.items():
        name, n = key.rsplit("_N", 1)
        listed = _enumerated(name, int(n))
        by_sequence = {s: (p, *_statistics(s)) for s, p in listed.items()}
        table = np.array([*by_sequence.values()])
        chance, d, _, convergent, divergent = table.T
        ours = {
            "design": entry["design"],
            "N": len(next(iter(listed))),
            "n_sequences": len(listed),
            "sum_prob": chance.sum(),
            "imbalance_dist": _law(listed, lambda s: _statistics(s)[0]),
            "max_abs_imbalance_dist": _law(listed, lambda s: _statistics(s)[1]),
            "E_propCG_CS": chance @ convergent,
            "E_propCG_DS": chance @ divergent,
            "E_loss": chance @ d**2 / int(n),
            "E_absImb": chance @ np.abs(d),
            "var_imb": chance @ d**2,
            "sequences": listed,
        }
        assert ours.keys() == entry.keys()
        for figure in entry:
            expected = entry[figure]
            if isinstance(expected, dict):
                assert ours[figure].keys() == expected.keys(), (key, figure)
            if figure != "design":
                assert ours[figure] == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_every_combinatorial_figure_of_randomizer_at_n_8(reference):
    entries = reference("assess_n8")["entries"]
    assert len(entries) == 36
    for key, expected in entries.items():
        name, issue = key.split("|")
        listed = enumerate_sequences(BY_NAME[name], 8)
        chance = np.array([*listed.values()])
        d, largest, convergent, divergent = np.array([_statistics(s) for s in listed]).T
        value = {
            "CG_CS": convergent,
            "CG_DS": divergent,
            "imb": d,
            "absImb": np.abs(d),
            "loss": d**2 / 8,
            "maxImb": largest,
        }[issue]
        mean = chance @ value
        ours = {
            "expectation": mean,
            "p_na": 0,
            "sd": math.sqrt(max(chance @ (value - mean) ** 2, 0)),
            "max": value.max(),
            "min": value.min(),
        }
        assert ours == pytest.approx(expected, rel=RELATIVE, abs=1e-12), key


# --- closed forms --------------------------------------------------------------------


def test_closed_forms(reference):
    by_name = {e["what"]: e for e in reference("closed_forms")["entries"]}
    for n in (4, 8, 12):
        found = operating_characteristics(RandomAllocationRule(), n)["E_propCG_CS"] * n
        assert found == pytest.approx(
            n / 2 + 2 ** (n - 1) / math.comb(n, n // 2) - 1 / 2
        )
        found = operating_characteristics(TruncatedBinomial(), n)["E_propCG_CS"] * n
        assert found == pytest.approx(n / 2 + n / 2 * math.comb(n, n // 2) / 2**n)
    block = operating_characteristics(PermutedBlocks(4), 4)["E_propCG_CS"] * 4
    assert block == pytest.approx(by_name["PBR(m even) per block"]["m4"], rel=RELATIVE)
    efron = operating_characteristics(EfronBiasedCoin(2 / 3), 120)
    stationary = by_name["Efron BCD stationary, even n, r=p/q"]["p_2_3"]
    assert efron["P_final_balance"] == pytest.approx(stationary["P0"], abs=1e-5)
    assert efron["var_final_imbalance"] == pytest.approx(stationary["ED2"], abs=1e-3)
    before = operating_characteristics(EfronBiasedCoin(2 / 3), 80)
    excess = "expected_excess_correct_guesses"
    per_patient = (efron[excess] - before[excess]) / 40
    limit = by_name["Efron asymptotic excess correct guesses per patient"]["p_2_3"]
    assert per_patient == pytest.approx(limit, abs=1e-4)


# --- published tables ----------------------------------------------------------------

ZHAO_COLUMNS = (
    "mean_exact_balance_over_steps",
    "sd_final_imbalance",
    "E_max_abs_imbalance",
    "mean_entropy_nats",
    "prop_deterministic",
    "E_propCG_CS",
)
ZHAO = {
    "BSD(4)": BigStick(4),
    "PBD(30)": PermutedBlocks(30),
    "PBD(10)": PermutedBlocks(10),
    "PBD(6)": PermutedBlocks(6),
    "PBD(2)": PermutedBlocks(2),
    "BCD(.65)": EfronBiasedCoin(0.65),
    "Wei UD(1,0,5)": WeiUrn(1, 5),
}


def _half_last_digit(figure):
    """Half the last digit as the collection prints it (5 or more decimals)."""
    decimals = len(repr(figure).split(".")[1])
    return 0.51 * 10 ** -max(decimals, 5)


def test_exact_figures_beside_zhao_table_iv(reference):
    table = reference("zhao_2012")["table_IV"]
    checked = 0
    for name, figures in table["exact_by_dp"].items():
        ours = operating_characteristics(ZHAO[name], 100)
        for column, figure in zip(ZHAO_COLUMNS, figures, strict=True):
            assert ours[column] == pytest.approx(figure, abs=_half_last_digit(figure))
            checked += 1
    assert checked == 30


def test_exact_figures_beside_zhao_table_iii(reference):
    table = reference("zhao_2012")["table_III"]
    for n, figures in table["exact_BCD07"].items():
        ours = operating_characteristics(EfronBiasedCoin(0.7), int(n))
        for column, figure in zip(ZHAO_COLUMNS, figures, strict=True):
            assert ours[column] == pytest.approx(figure, abs=_half_last_digit(figure))


N_RUNS = 5000


def _simulated(procedure, n):
    """Arms of many runs, and the probability of treatment at every step."""
    arms = draw_sequences(procedure, n, N_RUNS, seed=20120101).astype(int)
    before = np.cumsum(2 * arms - 1, axis=1) - (2 * arms - 1)
    done = np.arange(n)
    return arms, procedure.probability((done + before) // 2, (done - before) // 2, n)


def _figures(arms, p):
    """Each run's balance, final D, largest |D|, entropy, certainty and guesses."""
    d = np.cumsum(2 * arms - 1, axis=1)
    before = d - (2 * arms - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -np.nan_to_num(p * np.log(p)) - np.nan_to_num((1 - p) * np.log(1 - p))
    coin = np.random.default_rng(1).random(arms.shape) < 0.5  # ties are guessed by coin
    guessed = np.where(before == 0, coin, (before < 0) == (arms == 1))
    return [
        (d == 0).mean(axis=1),
        d[:, -1],
        np.abs(d).max(axis=1),
        entropy.mean(axis=1),
        np.isin(p, (0, 1)).mean(axis=1),
        guessed.mean(axis=1),
    ]


def _assert_same_simulation(runs, printed):
    """Two simulations of 5,000 runs differ by at most four standard errors."""
    for column, run, figure in zip(ZHAO_COLUMNS, _figures(*runs), printed, strict=True):
        is_sd = column == "sd_final_imbalance"
        ours = run.std() if is_sd else run.mean()
        spread = run.std() / math.sqrt(2 if is_sd else 1)
        error = math.sqrt(2) * spread / math.sqrt(N_RUNS)
        assert ours == pytest.approx(figure, abs=4 * error + 0.00051), column


@pytest.mark.parametrize("name", ZHAO)
def test_drawn_sequences_give_zhao_table_iv(reference, name):
    printed = reference("zhao_2012")["table_IV"]["rows"][name]
    _assert_same_simulation(_simulated(ZHAO[name], 100), printed)


def _extended_urn(exchanged, n):
    """Draw from two balls, one an arm; a drawn one is exchanged, or just goes back."""
    rng = np.random.default_rng(20120101)
    balls = np.ones(N_RUNS)  # treatment's
    arms, p = np.empty((n, N_RUNS), dtype=int), np.empty((n, N_RUNS))
    for i in range(n):
        p[i] = balls / 2
        arms[i] = rng.random(N_RUNS) < p[i]
        balls += np.where(rng.random(N_RUNS) < exchanged, 1 - 2 * arms[i], 0)
    return arms.T, p.T


def test_zhaos_extended_urn_is_no_procedure_of_the_arms(reference):
    # Nobody sees whether a ball was exchanged, so earlier arms do not tell what is in
    # the urn: its row is that of another definition of "probability" than ours.
    rows = reference("zhao_2012")["table_IV"]["rows"]
    (name,) = rows.keys() - ZHAO.keys()
    assert name == "SymExtEhrenfest(w=1,p=.9)"
    _assert_same_simulation(_extended_urn(0.9, 100), rows[name])
    # Where every ball drawn is exchanged the arms do tell, and it is Ehrenfest's urn.
    arms, p = _extended_urn(1, 100)
    n_treatment = np.cumsum(arms, axis=1) - arms
    ours = EhrenfestUrn(1).probability(n_treatment, np.arange(100) - n_treatment, 100)
    assert (ours == p).all()


@pytest.mark.parametrize("name", ["PBD20", "BCD07"])
def test_drawn_sequences_give_zhao_table_iii(reference, name):
    procedure = {"PBD20": PermutedBlocks(20), "BCD07": EfronBiasedCoin(0.7)}[name]
    for n, *printed in reference("zhao_2012")["table_III"][name]:
        _assert_same_simulation(_simulated(procedure, n), printed)
