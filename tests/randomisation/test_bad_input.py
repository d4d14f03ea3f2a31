"""
Every procedure's stated answer to every bad or smallest input.

One table: for each procedure a sound value, what happens with one and with two
participants (all at one site), and how each impossible declaration is refused.
"""

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
import pytest

from steps_analysis.errors import ArgumentError, DataError, ProtocolError
from steps_analysis.randomisation import (
    AdjustableBiasedCoin,
    AdjustableCovariateBiasedCoin,
    AtkinsonBiasedCoin,
    BayesianBiasedCoin,
    BiasedCoinWithTolerance,
    BigStick,
    BlockUrn,
    BrickTunnel,
    CompleteRandomisation,
    EfronBiasedCoin,
    EhrenfestUrn,
    GeneralisedBiasedCoin,
    Hadamard,
    HuHu,
    LinearStatistic,
    MaximalProcedure,
    Minimisation,
    PermutedBlocks,
    RandomAllocationRule,
    RandomPermutedBlocks,
    StratifiedBiasedCoin,
    StratifiedBlocks,
    TruncatedBinomial,
    WeiUrn,
    accidental_bias,
    compare,
    draw_sequences,
    enumerate_sequences,
    enumerated_properties,
    exact_properties,
    from_spec,
    next_probability,
    randomisation_interval,
    randomisation_test,
    rejection_probability,
    simulate_balance,
    to_spec,
)
from steps_analysis.randomisation.ledger import Declaration
from steps_analysis.randomisation.ledger.requests import check_levels
from steps_analysis.randomisation.procedures import PROCEDURES, name_of

SITE = ("site",)
EVEN = "be a multiple of 2"
OF_TWO = "be two whole numbers of at least 1"
OF_MANY = "be two or more whole numbers of at least 1"
AT_LEAST_ONE = "be a whole number, at least 1, got 0"
NOT_NEGATIVE = "be a finite number, at least 0, got -1"
AWAY = r"lie in \[0.5, 1\]"


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What a procedure answers."""

    sound: object
    """A possible declaration."""
    both: float | str
    """P(two participants of one site are both treated), or why two are refused."""
    one: float | str = 0.5
    """P(a single participant is treated), or why one is refused."""
    ratio_zero: str | None = None
    """How a ratio with a 0 is refused; None where the procedure has no ratio."""
    refused: tuple[tuple[dict[str, object], str], ...] = ()
    """Changes of the declaration, each with the reason that is given."""


# With one participant ahead, P(two treated) is half the next probability of treatment.
TABLE = (
    Answers(
        sound=AdjustableBiasedCoin(2),
        both=1 / 4,  # 1/2 x 1 / (1^2 + 1)
        refused=(({"a": -1}, NOT_NEGATIVE),),
    ),
    Answers(
        sound=BayesianBiasedCoin(0.1),
        both=0.0,  # 1 / (i x 0) is beyond all bounds: the absent arm is certain
        refused=(({"gamma": 0}, "be a finite number, above 0, got 0"),),
    ),
    Answers(
        sound=BiasedCoinWithTolerance(2, 2 / 3),
        both=1 / 6,  # 1/2 x 1/3
        refused=(({"mti": 0}, AT_LEAST_ONE), ({"p": 0.4}, AWAY)),
    ),
    Answers(
        sound=BigStick(1),
        both=0.0,  # a second one would be two ahead
        refused=(({"mti": 0}, AT_LEAST_ONE),),
    ),
    Answers(
        sound=BlockUrn(2),
        both=1 / 6,  # 1/2 x 1/3: one of the three balls left
        ratio_zero=OF_MANY,
        refused=(({"lam": 0}, AT_LEAST_ONE),),
    ),
    Answers(
        sound=BrickTunnel(),
        both=0.0,  # the counts stay beside the ratio's ray
        ratio_zero=OF_TWO,
        refused=(({"ratio": (1, 1, 1)}, OF_TWO),),
    ),
    Answers(sound=CompleteRandomisation(), both=1 / 4, ratio_zero=OF_MANY),
    Answers(
        sound=EfronBiasedCoin(2 / 3),
        both=1 / 6,  # 1/2 x 1/3
        refused=(({"p": 0.4}, AWAY), ({"p": 1.1}, AWAY)),
    ),
    Answers(
        sound=EhrenfestUrn(2),
        both=1 / 8,  # 1/2 x 1/2 (1 - 1/2)
        refused=(({"w": 0}, AT_LEAST_ONE),),
    ),
    Answers(
        sound=GeneralisedBiasedCoin(2),
        both=0.0,  # 0^2 / (0^2 + 1^2)
        refused=(({"rho": -1}, NOT_NEGATIVE),),
    ),
    Answers(
        sound=Hadamard(),
        both=5 / 22,  # 1/2 x 5/11: two places of a block share an arm in 5 of 11 rows
    ),
    Answers(
        sound=MaximalProcedure(1),
        both=0.0,
        refused=(({"mti": 0}, AT_LEAST_ONE),),
    ),
    Answers(
        sound=PermutedBlocks(4),
        both=1 / 6,  # 1/2 x 1/3: two of four places, then one of three
        ratio_zero=OF_MANY,
        refused=(
            ({"block_size": 0}, AT_LEAST_ONE),
            ({"block_size": 3}, EVEN),
            ({"ratio": (2, 1)}, "be a multiple of 3, so that every block holds"),
        ),
    ),
    Answers(
        sound=RandomAllocationRule(),
        one=EVEN,
        both=0.0,
        ratio_zero=OF_MANY,
    ),
    Answers(
        sound=RandomPermutedBlocks((2, 4)),
        both=1 / 12,  # 1/2 x 1/2 x 1/3: a block of four only
        ratio_zero=OF_MANY,
        refused=(
            ({"block_sizes": ()}, "name at least one size"),
            ({"block_sizes": (2, 3)}, EVEN),
            ({"ratio": (2, 1)}, "be a multiple of 3, so that every block holds"),
        ),
    ),
    Answers(
        sound=TruncatedBinomial(),
        one=EVEN,
        both=0.0,
        refused=(({"block_size": 3}, EVEN), ({"block_size": 0}, AT_LEAST_ONE)),
    ),
    Answers(
        sound=WeiUrn(1, 1),
        both=1 / 6,  # 1/2 x 1/3: one ball of each arm, and one of control
        ratio_zero=OF_MANY,
        refused=(
            ({"alpha": -1}, "be a whole number, at least 0, got -1"),
            ({"alpha": 0, "beta": 0}, "be above 0 where `alpha` is 0"),
        ),
    ),
    Answers(
        sound=AdjustableCovariateBiasedCoin(SITE, a=3),
        both=1 / 4,  # 1/2 x 1 / (1^3 + 1)
        refused=(({"a": -1}, "be a number of at least 0, got -1"),),
    ),
    Answers(
        sound=AtkinsonBiasedCoin(SITE),
        both=0.0,  # the first one has shown a lead of 1: (1 - 1)^2
    ),
    Answers(
        sound=HuHu(SITE, p=0.8),
        both=1 / 10,  # 1/2 x 1/5
        refused=(({"p": 0.4}, AWAY), ({"stratum": -1}, "be a number of at least 0")),
    ),
    Answers(
        sound=Minimisation(SITE, p=0.8),
        both=1 / 10,  # 1/2 x 1/5
        ratio_zero=OF_MANY,
        refused=(
            ({"p": 0.4}, r"lie in \[0.5, 1\]"),
            ({"p": 0.3, "ratio": (2, 1)}, r"lie in \[0.3333, 1\]"),
            ({"burn_in": -1}, "be a whole number, at least 0, got -1"),
            ({"weights": {"site": 0}}, "give every factor a number above 0"),
            ({"weights": {"sex": 1}}, r"name exactly the factors \(site\)"),
        ),
    ),
    Answers(
        sound=StratifiedBiasedCoin(SITE, p=0.8),
        both=1 / 10,  # 1/2 x 1/5
        refused=(({"p": 0.4}, AWAY),),
    ),
    Answers(
        sound=StratifiedBlocks(SITE, block_sizes=(4,)),
        both=1 / 6,  # 1/2 x 1/3
        ratio_zero=OF_MANY,
        refused=(
            ({"block_sizes": (3,)}, EVEN),
            ({"ratio": (2, 1)}, "be a multiple of 3, so that every block holds"),
        ),
    ),
)
EVERY = [pytest.param(one, id=name_of(type(one.sound))) for one in TABLE]
OF_FACTORS = [
    pytest.param(one.sound, id=name_of(type(one.sound)))
    for one in TABLE
    if hasattr(one.sound, "factors")
]


def _questions(procedure, n):
    """Ask everything that takes a number of participants, all at one site."""
    people = pd.DataFrame({"site": ["Southwark"] * max(n, 0)})
    own = people if hasattr(procedure, "factors") else None
    return (
        lambda: enumerate_sequences(procedure, n, factors=own),
        lambda: draw_sequences(procedure, n, 3, factors=own, seed=1),
        lambda: exact_properties(procedure, n, factors=own),
        lambda: enumerated_properties(procedure, n, factors=own),
        lambda: simulate_balance(procedure, n, 3, factors=own, seed=1),
        lambda: accidental_bias(procedure, n, factors=own),
        lambda: rejection_probability(procedure, n, factors=own),
    )


def _changed(procedure, change):
    """The declaration with a change, as a class is called."""
    known = {one.name: getattr(procedure, one.name) for one in fields(procedure)}
    return type(procedure)(**{**known, **change})


def test_every_procedure_has_its_answers():
    assert [type(one.sound) for one in TABLE] == [
        *sorted(
            PROCEDURES.values(),
            key=lambda one: (hasattr(one, "factors"), one.__name__),
        )
    ]
    for one in TABLE:
        assert (one.ratio_zero is None) == (not hasattr(one.sound, "ratio"))


# --- impossible declarations ---------------------------------------------------------


@pytest.mark.parametrize("answers", EVERY)
def test_a_ratio_with_a_zero_is_refused(answers):
    spec = {**to_spec(answers.sound), "ratio": [1, 0]}
    if answers.ratio_zero is None:
        with pytest.raises(ProtocolError, match="this procedure is 1:1"):
            from_spec(spec)
        return
    with pytest.raises(ArgumentError, match=f"`ratio` must {answers.ratio_zero}"):
        _changed(answers.sound, {"ratio": (1, 0)})
    with pytest.raises(ProtocolError, match=f"`allocation.ratio` must {OF_TWO[:6]}"):
        from_spec(spec)


@pytest.mark.parametrize("answers", EVERY)
def test_impossible_declarations_are_refused_with_the_reason(answers):
    for change, reason in answers.refused:
        with pytest.raises(ArgumentError, match=f"must {reason}"):
            _changed(answers.sound, change)


@pytest.mark.parametrize("procedure", OF_FACTORS)
@pytest.mark.parametrize(
    ("factors", "reason"),
    [
        ((), "at least one factor's name"),
        ("site", "at least one factor's name"),
        (("site", "Site"), "name each factor once"),
    ],
)
def test_no_factor_and_a_factor_twice_are_refused(procedure, factors, reason):
    with pytest.raises(ArgumentError, match=reason):
        _changed(procedure, {"factors": factors, **_one_weight_each(procedure)})


def _one_weight_each(procedure):
    return {"weights": None} if hasattr(procedure, "weights") else {}


# --- no, one and two participants ----------------------------------------------------


@pytest.mark.parametrize("answers", EVERY)
@pytest.mark.parametrize("n", [0, -1])
def test_no_participants_are_refused_whatever_is_asked(answers, n):
    for ask in _questions(answers.sound, n):
        with pytest.raises(ArgumentError, match=f"at least 1, got {n}"):
            ask()


@pytest.mark.parametrize("answers", EVERY)
@pytest.mark.parametrize("n", [1, 2])
def test_one_and_two_participants_of_one_site(answers, n):
    expected = (answers.one, answers.both)[n - 1]
    if isinstance(expected, str):
        for ask in _questions(answers.sound, n):
            with pytest.raises(ArgumentError, match=f"`n` must {expected}"):
                ask()
        return
    listed, drawn, exact, enumerated, simulated, accidental, rejected = (
        ask() for ask in _questions(answers.sound, n)
    )
    assert listed.get("A" * n, 0) == pytest.approx(expected, abs=1e-15)
    assert listed.get("B" * n, 0) == pytest.approx(expected, abs=1e-15)
    assert sum(listed.values()) == pytest.approx(1)
    assert drawn.shape == (3, n)
    # Only the second one is guessed better than by a coin: P(AB or BA) of the time.
    guessed = 1 / 2 if n == 1 else 1 / 4 + (1 - 2 * expected) / 2
    assert exact.correct_guesses == pytest.approx(guessed)
    assert enumerated.correct_guesses == pytest.approx(guessed)
    assert simulated.n == n
    # Eigenvalues of [[1, r], [r, 1]], r = 2 P(same arm) - 1 of arms coded -1 and 1.
    correlation = 0 if n == 1 else 4 * expected - 1
    assert accidental.value == pytest.approx(1 + abs(correlation))
    assert rejected.value == 0  # two make no t test
    assert rejected.untestable == pytest.approx(1)


@pytest.mark.parametrize("answers", EVERY)
def test_the_comparison_starts_at_two_participants(answers):
    people = pd.DataFrame({"site": ["Southwark"] * 2})
    for n in (0, 1):
        with pytest.raises(ArgumentError, match=f"`n` must .* at least 2, got {n}"):
            compare([answers.sound], n, factors=people[:n], n_draws=4, seed=1)
    found = compare([answers.sound], 2, factors=people, n_draws=4, seed=1)
    assert found["score"].between(0, 1).all()


@pytest.mark.parametrize("answers", EVERY)
def test_too_few_participants_prove_nothing(answers):
    # Whichever of two was treated, the statistic is as far out; both in one arm give 0.
    for arm, share in (([1], answers.one), ([1, 0], answers.both)):
        if isinstance(share, str):
            continue
        people = pd.DataFrame({"site": ["Southwark"] * len(arm)})
        own = people if hasattr(answers.sound, "factors") else None
        outcome = np.arange(float(len(arm)))
        scores = LinearStatistic(outcome)
        found = randomisation_test(arm, answers.sound, statistic=scores, factors=own)
        assert found.p_value == pytest.approx(1 if len(arm) == 1 else 1 - 2 * share)
        wide = randomisation_interval(outcome, arm, answers.sound, factors=own)
        assert wide.not_estimable is not None
        assert np.isnan([wide.lower, wide.upper]).all()
    with pytest.raises(DataError, match="`scores` must be one finite number per"):
        randomisation_test([], answers.sound, statistic=LinearStatistic([]))


# --- unknown levels ------------------------------------------------------------------


@pytest.mark.parametrize("procedure", OF_FACTORS)
def test_a_level_nobody_had_before_starts_even(procedure):
    people = pd.DataFrame({"site": ["Southwark", "Southwark", "Borough A"]})
    found = next_probability(procedure, [1, 0], factors=people)
    assert found == pytest.approx(1 / 2)


@pytest.mark.parametrize("procedure", OF_FACTORS)
@pytest.mark.parametrize(
    ("factors", "reason"),
    [
        (None, "be a table with the procedure's factors"),
        (pd.DataFrame({"sites": ["x", "x"]}), "have a column 'site'"),
        (pd.DataFrame({"site": ["x", None]}), "be known for every participant"),
        (pd.DataFrame({"site": ["x"]}), "have one row for each of 2 participants"),
        (np.zeros((2, 2), dtype=int), "for each of 2 participants and 1 columns"),
        (np.array([[0.0], [1.5]]), "be a table with the procedure's factors"),
    ],
    ids=["none", "other name", "missing", "too few", "too many", "no codes"],
)
def test_absent_levels_are_refused_without_a_value(procedure, factors, reason):
    with pytest.raises(DataError, match=reason):
        draw_sequences(procedure, 2, 1, factors=factors, seed=1)


@pytest.mark.parametrize("procedure", OF_FACTORS)
def test_a_level_the_trial_has_not_declared_is_refused(procedure):
    declared = Declaration(
        trial="Example",
        arms=("MST-PSB", "MAU"),
        procedure=procedure,
        levels={"site": ("Southwark", "Borough A")},
    )
    assert check_levels(declared, {"site": "Borough A"}) == {"site": "Borough A"}
    with pytest.raises(ArgumentError, match="must be one of") as caught:
        check_levels(declared, {"site": "Elsewhere"})
    assert "Elsewhere" not in str(caught.value)
    with pytest.raises(ArgumentError, match=r"exactly the trial's factors \(site\)"):
        check_levels(declared, {"site": "Borough A", "sex": "female"})
