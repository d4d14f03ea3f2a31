"""Does a test reject? The t test exactly, the log-rank test and others by drawing."""

import numpy as np
import pytest
from scipy import special, stats

from steps_analysis.errors import ArgumentError
from steps_analysis.outcomes import log_rank
from steps_analysis.randomisation import CompleteRandomisation, draw_sequences
from steps_analysis.randomisation.biases.event_times import (
    LogRankTest,
    log_rank_p_values,
)
from steps_analysis.randomisation.biases.normal_outcomes import (
    NormalOutcomeTest,
    TTest,
)


def _t_test(arm, outcome):
    """Student's t with pooled variance, two-sided, as in any textbook."""
    one, other = outcome[arm == 1], outcome[arm == 0]
    squares = ((one - one.mean()) ** 2).sum() + ((other - other.mean()) ** 2).sum()
    df = len(outcome) - 2
    error = np.sqrt(squares / df * (1 / len(one) + 1 / len(other)))
    return 2 * special.stdtr(df, -abs(one.mean() - other.mean()) / error)


# --- by hand -------------------------------------------------------------------------


def test_the_t_test_of_two_pairs_by_hand():
    # Means 0 and 2 in both arms: between 0, within 2 + 2; two degrees of freedom.
    arms = np.array([[1, 1, 0, 0]], dtype=np.int8)
    found = TTest().chances(arms, np.array([[0.0, 2, 0, 2]]), n_arms=2, alpha=0.05)
    # Given k more pairs of degrees of freedom, t on two has P(reject) as a beta:
    # 1 - x is beta(1 + k, 1/2); k is Poisson with mean 2.
    critical = stats.beta.ppf(0.05, 1, 0.5)
    terms = np.arange(60)
    by_hand = stats.poisson.pmf(terms, 2) @ stats.beta.cdf(critical, 1 + terms, 0.5)
    assert found == pytest.approx(by_hand, rel=1e-10)


def test_no_t_test_where_an_arm_is_empty_or_two_are_all_there_are():
    for sequences in ([[1, 1, 1]], [[0, 0, 0]], [[1, 0]], [[1]]):
        arms = np.array(sequences, dtype=np.int8)
        found = TTest().chances(arms, np.zeros(arms.shape), n_arms=2, alpha=0.05)
        assert np.isnan(found).all(), sequences


def test_the_log_rank_test_by_hand():
    # Time 1: O - E = 1 - 1/2, V = 1/4. Time 2: treatment is not at risk.
    time, event = np.array([[1.0, 2.0]]), np.array([[True, True]])
    arms = np.array([[1, 0]], dtype=np.int8)
    found = log_rank_p_values(time, event, arms, n_arms=2)
    assert found == pytest.approx(stats.chi2.sf(1, 1))


@pytest.mark.parametrize(
    ("event", "arms"), [([0, 0, 0], [1, 0, 1]), ([1, 1, 1], [1, 1, 1])]
)
def test_no_log_rank_test_without_events_or_in_one_arm(event, arms):
    found = log_rank_p_values(
        np.array([[1.0, 2, 3]]),
        np.array([event], dtype=bool),
        np.array([arms], dtype=np.int8),
        n_arms=2,
    )
    assert np.isnan(found).all()


# --- the package's own log-rank test -------------------------------------------------


@pytest.mark.parametrize("n_arms", [2, 3])
def test_agrees_with_the_log_rank_test_of_outcomes(n_arms):
    rng = np.random.default_rng(8)
    time = np.minimum(rng.exponential(size=(40, 15)), 0.8)
    event = time < 0.8
    arms = rng.integers(0, n_arms, size=(40, 15)).astype(np.int8)
    found = log_rank_p_values(time, event, arms, n_arms=n_arms)
    for i, ours in enumerate(found):
        if len(set(arms[i])) == n_arms:
            theirs = log_rank(time[i], event[i], [f"arm {arm}" for arm in arms[i]])
            assert ours == pytest.approx(theirs.p_value, rel=1e-9)
        else:
            assert np.isnan(ours)


def test_a_censoring_at_the_time_of_an_event_comes_after_it():
    time, event, arm = [2.0, 1.0, 1.0, 3.0], [True, False, True, False], [0, 1, 0, 1]
    # Time 1: 2 of 4 at risk in each arm; time 2: one of each is left.
    # O - E = (0 - 1/2) + (0 - 1/2), V = 1/4 + 1/4.
    found = log_rank_p_values(
        np.array([time]), np.array([event]), np.array([arm], dtype=np.int8), n_arms=2
    )
    assert found == pytest.approx(stats.chi2.sf(1 / 0.5, 1))


# --- naive twin ----------------------------------------------------------------------


def test_the_exact_t_test_agrees_with_t_tests_of_drawn_outcomes():
    arms = draw_sequences(CompleteRandomisation(), 12, 3, seed=3)
    for arm in arms:
        shift = np.linspace(0, 1.5, 12) + 0.8 * arm
        many = np.repeat(arm[None], 2000, axis=0)
        exact = TTest().chances(arm[None], shift[None], n_arms=2, alpha=0.05)[0]
        drawn = NormalOutcomeTest(_t_test).chances(
            many,
            np.repeat(shift[None], 2000, axis=0),
            n_arms=2,
            alpha=0.05,
            first=0,
            seed=4,
        )
        error = np.sqrt(exact * (1 - exact) / 2000)
        assert drawn.mean() == pytest.approx(exact, abs=4 * error)


def test_event_times_are_exponential_with_the_hazard_asked_for():
    arms = np.array([[1, 0] * 500] * 20, dtype=np.int8)
    test = LogRankTest(event_share=0.3)
    # Under no shift the log-rank test keeps its level, and a log hazard ratio of 0.5
    # with some 330 events has (Schoenfeld) power Phi(0.5 sqrt(330) / 2 - 1.96) = .995.
    none = test.chances(
        arms, np.zeros(arms.shape), n_arms=2, alpha=0.05, first=0, seed=1
    )
    some = test.chances(arms, 0.5 * arms, n_arms=2, alpha=0.05, first=0, seed=1)
    assert none.mean() <= 0.2
    assert some.mean() >= 0.9


def test_where_the_handed_in_test_gives_no_p_value_there_is_no_test():
    arms = np.ones((2, 3), dtype=np.int8)
    test = NormalOutcomeTest(lambda arm, outcome: np.nan)
    found = test.chances(arms, np.zeros((2, 3)), n_arms=2, alpha=0.05, first=0, seed=1)
    assert np.isnan(found).all()


# --- errors --------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0, 1, 30, "half", float("nan")])
def test_impossible_shares_are_refused(share):
    with pytest.raises(ArgumentError, match=r"`event_share` must lie in \(0, 1\)"):
        LogRankTest(share)


def test_a_test_that_is_no_function_is_refused():
    with pytest.raises(ArgumentError, match="`p_value` must be a function of arms"):
        NormalOutcomeTest("t")
