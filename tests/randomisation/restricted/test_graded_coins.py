"""Coins that turn with the difference or the ratio of the arms."""

import numpy as np
import pytest

from steps_analysis.errors import ArgumentError
from steps_analysis.randomisation import (
    AdjustableBiasedCoin,
    BayesianBiasedCoin,
    BigStick,
    CompleteRandomisation,
    GeneralisedBiasedCoin,
    WeiUrn,
    enumerate_sequences,
)

# --- by hand -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("procedure", "n_treatment", "n_control", "expected"),
    [
        (AdjustableBiasedCoin(2), 3, 3, 1 / 2),
        (AdjustableBiasedCoin(2), 4, 3, 1 / 2),  # 1 / (1^2 + 1)
        (AdjustableBiasedCoin(2), 5, 3, 1 / 5),  # 1 / (2^2 + 1)
        (AdjustableBiasedCoin(2), 3, 6, 9 / 10),  # 3^2 / (3^2 + 1)
        (AdjustableBiasedCoin(0.5), 4, 0, 1 / 3),  # 1 / (4^0.5 + 1)
        (GeneralisedBiasedCoin(2), 0, 0, 1 / 2),
        (GeneralisedBiasedCoin(2), 1, 0, 0),
        (GeneralisedBiasedCoin(2), 0, 1, 1),
        (GeneralisedBiasedCoin(2), 2, 1, 1 / 5),  # 1 / (4 + 1)
        (GeneralisedBiasedCoin(1), 3, 5, 5 / 8),
        (BayesianBiasedCoin(1), 0, 0, 1 / 2),
        (BayesianBiasedCoin(1), 3, 0, 0),
        (BayesianBiasedCoin(1), 2, 1, 7 / 17),  # 7/6 beside 1 + 2/3 = 10/6
        (BayesianBiasedCoin(0.5), 2, 1, 49 / 149),  # squares of the same
    ],
)
def test_probability_by_hand(procedure, n_treatment, n_control, expected):
    found = float(procedure.probability(n_treatment, n_control, 20))
    assert found == pytest.approx(expected, abs=1e-15)


# --- edges ---------------------------------------------------------------------------


def test_without_a_pull_the_coin_is_fair():
    fair = enumerate_sequences(CompleteRandomisation(), 6)
    assert enumerate_sequences(AdjustableBiasedCoin(0), 6) == fair
    assert enumerate_sequences(GeneralisedBiasedCoin(0), 6) == fair
    assert enumerate_sequences(BayesianBiasedCoin(1e12), 6).keys() < fair.keys()


def test_a_strong_pull_is_a_stick_of_two():
    stick = enumerate_sequences(BigStick(2), 8)
    strong = enumerate_sequences(AdjustableBiasedCoin(1e6), 8)
    assert strong == pytest.approx(stick)


@pytest.mark.parametrize(
    "procedure",
    [
        AdjustableBiasedCoin(1.7e308),
        GeneralisedBiasedCoin(1.7e308),
        BayesianBiasedCoin(1e-300),
        BayesianBiasedCoin(5e-324),
    ],
    ids=repr,
)
def test_the_strongest_pull_is_certain_not_an_overflow(procedure):
    counts = np.array([0, 9_000, 10_000, 9_002, 9_999])
    found = procedure.probability(counts, counts[::-1], 20_000)
    assert found.tolist() == [1, 1, 0.5, 0, 0]


# --- properties ----------------------------------------------------------------------


def test_the_generalised_coin_of_one_is_the_urn_that_begins_empty():
    urn = enumerate_sequences(WeiUrn(0, 1), 9)
    assert enumerate_sequences(GeneralisedBiasedCoin(1), 9) == pytest.approx(urn)


@pytest.mark.parametrize(
    "procedure",
    [AdjustableBiasedCoin(3), GeneralisedBiasedCoin(3), BayesianBiasedCoin(0.2)],
    ids=repr,
)
def test_the_further_ahead_the_less_probable(procedure):
    ahead = np.arange(1, 12)
    found = procedure.probability(20 + ahead, 20 - ahead, 100)
    assert (np.diff(found) < 0).all()
    assert (found < 0.5).all()


# --- errors --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: AdjustableBiasedCoin(-1), "`a` must be a finite number, at least 0"),
        (lambda: AdjustableBiasedCoin("2"), "`a` must be a finite number.*got '2'"),
        (lambda: AdjustableBiasedCoin(True), "`a` must be a finite number"),
        (lambda: GeneralisedBiasedCoin(float("inf")), "`rho` must be a finite number"),
        (lambda: GeneralisedBiasedCoin(float("nan")), "`rho` must be a finite number"),
        (lambda: BayesianBiasedCoin(0), "`gamma` must be a finite number, above 0"),
        (lambda: BayesianBiasedCoin(None), "`gamma` must be a finite number, above 0"),
    ],
)
def test_impossible_parameters_are_refused(build, message):
    with pytest.raises(ArgumentError, match=message):
        build()
