"""Generalised estimating equations and their small-sample variances."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import gee

CORRECTIONS = {
    "CR0": "none",
    "CR1": "clusters",
    "CR2": "kauermann-carroll",
    "CR3": "mancl-derouen",
}


def visits(seed, n_clusters=14, size=3):
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(n_clusters), size)
    arm = (cluster % 2).astype(float)
    age = rng.normal(size=len(cluster))
    shared = rng.normal(size=n_clusters)[cluster]
    risk = 1 / (1 + np.exp(-(0.3 * age + shared)))
    event = rng.random(len(cluster)) < risk
    return event.astype(float), np.column_stack([arm, age]), cluster


# By hand


def test_the_mean_of_three_clusters():
    # Totals of residuals about the mean 3: -4, -2, 6; CR0 = (16 + 4 + 36) / 36.
    # A cluster of two has leverage 1/3: CR2 divides totals by sqrt(2/3), CR3 by 2/3.
    y, cluster = [0.0, 2, 1, 3, 5, 7], [1, 1, 2, 2, 3, 3]
    base = 56 / 36
    expected = {"none": 1, "clusters": 3 / 2, "kauermann-carroll": 3 / 2}
    expected["mancl-derouen"] = 9 / 4
    for correction, factor in expected.items():
        fit = gee(
            y,
            None,
            cluster,
            family="gaussian",
            correlation="independence",
            correction=correction,
        )
        assert fit.coefficients[0] == pytest.approx(3)
        assert fit.covariance[0, 0] == pytest.approx(base * factor)
        # each cluster's part has the same variance, correlated -1/2: df is 3 - 1
        assert fit.degrees_of_freedom[0] == pytest.approx(2)
    assert fit.n_clusters == 3


def test_exchangeable_correlation_is_the_mean_product():
    # Residuals (-1, 1), (-1, 1), (1, 1), (-1, -1): squares 1; products -1, -1, 1, 1.
    y, cluster = [-1.0, 1, -1, 1, 1, 1, -1, -1], [1, 1, 2, 2, 3, 3, 4, 4]
    fit = gee(y, None, cluster, family="gaussian")
    assert fit.parameters == {
        "scale": pytest.approx(1),
        "correlation": pytest.approx(0),
    }
    y[1] = -1.0  # mean -1/4; residuals -3/4 (5 of them) and 5/4 (3)
    fit = gee(y, None, cluster, family="gaussian")
    scale = (5 * 9 + 3 * 25) / 16 / 8
    products = (9 - 15 + 25 + 9) / 16 / 4
    assert fit.parameters["correlation"] == pytest.approx(products / scale)


# Edges


@pytest.mark.parametrize(
    ("y", "x", "cluster", "reason"),
    [
        ([0, 1, 0, 1], [1.0, 2, 3, 4], [1, 1, 1, 1], "there is only one cluster"),
        ([1, 1, 1, 1], [1.0, 2, 3, 4], [1, 1, 2, 2], "the outcome is the same for all"),
        ([0, 0, 0, 0], [1.0, 2, 3, 4], [1, 1, 2, 2], "the outcome is the same for all"),
        ([0, 0, 1, 1], [1.0, 2, 3, 4], [1, 2, 3, 4], "a coefficient keeps growing"),
        ([0, 1], [1.0, 2], [1, 2], "there are too few rows"),
    ],
)
def test_what_cannot_be_fitted(y, x, cluster, reason):
    fit = gee(y, x, cluster)
    assert fit.not_estimable.startswith(reason)
    assert fit.coefficient("column 1").not_estimable == fit.not_estimable
    assert fit.ratio("column 1").not_estimable == fit.not_estimable
    assert np.isnan(fit.to_frame()["coefficient"]).all()


def test_a_cluster_that_alone_fixes_a_coefficient():
    y, x = [1.0, 2, 4, 3, 5, 7], [0.0, 0, 0, 0, 1, 1]  # column 1 is cluster 3
    fit = gee(y, x, [1, 1, 2, 2, 3, 3], family="gaussian", correction="mancl-derouen")
    assert fit.not_estimable == "one cluster alone fixes a coefficient"


def test_no_variation_about_the_fit():
    fit = gee([1.0, 1, 2, 2], [0.0, 0, 1, 1], [1, 2, 3, 4], family="gaussian")
    assert fit.not_estimable == "the outcome does not vary about its fit"


def test_a_constant_column_is_left_out():
    y, x, cluster = visits(1)
    with_one = np.column_stack([x, np.ones(len(y))])
    fit = gee(y, with_one, cluster)
    assert fit.method.endswith("dropped as constant or collinear: column 3")
    assert "column 3 is constant" in fit.coefficient("column 3").not_estimable
    assert fit.coefficient("column 1").value == gee(y, x, cluster).coefficients[1]


def test_rows_on_their_own_have_no_correlation():
    y, x, _ = visits(2)
    alone = gee(y, x, np.arange(len(y)))
    assert math.isnan(alone.parameters["correlation"])
    plain = gee(y, x, correlation="independence")
    assert alone.coefficients == pytest.approx(plain.coefficients)


# Properties


@given(st.integers(0, 10_000), st.sampled_from(["independence", "exchangeable", "ar1"]))
@settings(max_examples=12, deadline=None)
def test_order_of_clusters_and_coding_do_not_matter(seed, correlation):
    y, x, cluster = visits(seed)
    one = gee(y, x, cluster, correlation=correlation)
    if one.not_estimable:
        return
    order = np.argsort(cluster % 5, kind="stable")
    other = gee(y[order], x[order], cluster[order] + 100, correlation=correlation)
    assert other.coefficients == pytest.approx(one.coefficients, rel=1e-6, abs=1e-8)
    turned = gee(1 - y, x, cluster, correlation=correlation)
    assert turned.coefficients == pytest.approx(-one.coefficients, rel=1e-6, abs=1e-8)
    assert turned.covariance == pytest.approx(one.covariance, rel=1e-6, abs=1e-8)


@given(st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_corrections_are_ordered(seed):
    y, x, cluster = visits(seed)
    errors = [
        gee(y, x, cluster, correlation="independence", correction=c).standard_error
        for c in ("none", "kauermann-carroll", "mancl-derouen")
    ]
    if not np.isnan(errors[0]).any():
        assert np.all(errors[0] < errors[1])
        assert np.all(errors[1] < errors[2])


def test_position_says_how_far_apart_rows_are():
    y, x, cluster = visits(3, n_clusters=30)
    places = np.tile([0.0, 1, 2], 30)
    followed = gee(y, x, cluster, correlation="ar1")
    told = gee(y, x, cluster, correlation="ar1", position=places)
    wide = gee(y, x, cluster, correlation="ar1", position=2 * places)
    assert told.parameters == followed.parameters
    squared = wide.parameters["correlation"] ** 2
    assert squared == pytest.approx(told.parameters["correlation"])


# Naive twin


def naive_linear(y, x, cluster, power):
    """Bell and McCaffrey's formulas with whole n by n matrices, identity working."""
    x = np.column_stack([np.ones(len(y)), x])
    inverse = np.linalg.inv(x.T @ x)
    hat = x @ inverse @ x.T
    residual = y - hat @ y
    maker = np.eye(len(y)) - hat
    meat, vectors = 0, []
    for c in np.unique(cluster):
        own = cluster == c
        value, vector = np.linalg.eigh(maker[np.ix_(own, own)])
        a = vector @ np.diag(value**power) @ vector.T
        score = x[own].T @ a @ residual[own]
        meat = meat + np.outer(score, score)
        vectors.append(maker[own].T @ a @ x[own] @ inverse)
    degrees = []
    for j in range(x.shape[1]):
        p = np.array([v[:, j] for v in vectors])
        g = p @ p.T
        degrees.append(np.trace(g) ** 2 / np.sum(g**2))
    return inverse @ meat @ inverse, degrees


@pytest.mark.parametrize(
    ("correction", "power"),
    [("none", 0), ("kauermann-carroll", -0.5), ("mancl-derouen", -1)],
)
def test_whole_matrices_agree(correction, power):
    rng = np.random.default_rng(8)
    cluster = rng.integers(0, 8, 40)
    x, y = rng.normal(size=(40, 2)), rng.normal(size=40)
    covariance, degrees = naive_linear(y, x, cluster, power)
    fit = gee(
        y,
        x,
        cluster,
        family="gaussian",
        correlation="independence",
        correction=correction,
    )
    assert fit.covariance == pytest.approx(covariance)
    assert fit.degrees_of_freedom == pytest.approx(np.array(degrees))


def geepack_loop(y, x, cluster, correlation, tolerance=1e-4):
    """Turn the equations over as geepack's source does, and stop where it stops."""
    x = np.column_stack([np.ones(len(y)), x])
    beta, alpha = np.zeros(x.shape[1]), 0.0
    for _ in range(50):
        mu = 1 / (1 + np.exp(-x @ beta))
        beta = beta + np.linalg.solve(
            (x * (mu * (1 - mu))[:, None]).T @ x, x.T @ (y - mu)
        )
    scale, groups = None, [np.flatnonzero(cluster == c) for c in np.unique(cluster)]
    while True:
        mu = 1 / (1 + np.exp(-x @ beta))
        root = np.sqrt(mu * (1 - mu))
        h, g = 0, 0
        for own in groups:
            d = np.abs(np.subtract.outer(range(len(own)), range(len(own))))
            work = alpha**d if correlation == "ar1" else alpha + (1 - alpha) * (d == 0)
            scaled = x[own] * root[own, None]
            pull = np.linalg.solve(work, scaled).T
            h, g = h + pull @ scaled, g + pull @ ((y - mu)[own] / root[own])
        move = np.linalg.solve(h, g)
        beta = beta + move
        mu = 1 / (1 + np.exp(-x @ beta))
        r = (y - mu) / np.sqrt(mu * (1 - mu))
        scale = np.mean(r**2) if scale is None else scale  # kept from the first turn
        h, g = 0, 0
        for own in groups:
            i, j = np.triu_indices(len(own), 1)
            d = j - i if correlation == "ar1" else np.ones(len(i))
            slope = d * alpha ** (d - 1)
            h, g = (
                h + slope @ slope,
                g + slope @ (r[own[i]] * r[own[j]] / scale - alpha**d),
            )
        alpha = alpha + g / h
        if max(np.abs(move).max(), abs(g / h)) <= tolerance:
            return beta, alpha


# R's figures


@pytest.mark.parametrize("correlation", ["independence", "exchangeable", "ar1"])
def test_equals_geepack(correlation, figures, table, compare):
    theirs = figures[f"gee_ohio_{correlation}"]
    fit = gee(
        "resp ~ age * smoke",
        cluster="id",
        data=table("ohio"),
        correlation=correlation,
        correction="none",
        degrees_of_freedom="normal",
    )
    alpha = fit.parameters["correlation"]
    ours = {
        "coef": dict(zip(fit.names, fit.coefficients, strict=True)),
        "robust": fit.standard_error,
        "naive": fit.model_standard_error,
        "alpha": {"alpha": alpha} if theirs["alpha"] else [],
    }
    # geepack stops at changes of 1e-4, here up to 2e-5 short: see the next test
    rel = 3e-5 if correlation == "ar1" else 1e-6
    compare(ours, theirs, rel=rel)


def test_geepack_stopped_before_its_autoregression_had_settled(figures, table):
    theirs = figures["gee_ohio_ar1"]
    ohio = table("ohio")
    x = np.column_stack([ohio.age, ohio.smoke, ohio.age * ohio.smoke]).astype(float)
    y, cluster = ohio.resp.to_numpy(float), ohio.id.to_numpy()
    beta, alpha = geepack_loop(y, x, cluster, "ar1")
    assert beta == pytest.approx(list(theirs["coef"].values()), rel=1e-6)
    assert alpha == pytest.approx(theirs["alpha"]["alpha"], rel=1e-6)


@pytest.mark.parametrize("kind", ["CR0", "CR1", "CR2", "CR3"])
def test_equals_clubsandwich(kind, figures, table, compare):
    counts = table("cgd_counts")
    fit = gee(
        "rate ~ trt + age",
        cluster="center",
        data=counts.assign(rate=counts.n / counts.fu),
        family="gaussian",
        correlation="independence",
        correction=CORRECTIONS[kind],
    )
    frame = fit.to_frame()
    ours = [
        {
            "Coef": row["name"],
            "_row": row["name"],
            "beta": row.coefficient,
            "SE": row.standard_error,
            "tstat": row.coefficient / row.standard_error,
            "df_Satt": row.degrees_of_freedom,
            "p_Satt": row.p_value,
        }
        for _, row in frame.iterrows()
    ]
    compare(ours, figures["cr_lm_cgd"][kind])
    assert f'vcov = "{kind}"' in fit.r_call


# Another program


@pytest.mark.parametrize("family", ["binomial", "poisson", "gaussian"])
@pytest.mark.parametrize("correlation", ["independence", "exchangeable"])
def test_statsmodels_agrees(family, correlation):
    # its correlation divides by other numbers: coefficients to 1e-2 if exchangeable
    import statsmodels.api as sm

    y, x, cluster = visits(4, n_clusters=40)
    kind = {"binomial": "Binomial", "poisson": "Poisson", "gaussian": "Gaussian"}
    work = {"independence": "Independence", "exchangeable": "Exchangeable"}
    model = sm.GEE(
        y,
        sm.add_constant(x),
        cluster,
        family=getattr(sm.families, kind[family])(),
        cov_struct=getattr(sm.cov_struct, work[correlation])(),
    )
    other = model.fit(cov_type="robust")
    fit = gee(y, x, cluster, family=family, correlation=correlation, correction="none")
    rel = 1e-6 if correlation == "independence" else 1e-2
    assert fit.coefficients == pytest.approx(other.params, rel=rel, abs=1e-3 * rel)
    assert fit.standard_error == pytest.approx(other.bse, rel=rel)
    if correlation == "independence":
        mancl = model.fit(cov_type="bias_reduced").bse
        fit = gee(
            y,
            x,
            cluster,
            family=family,
            correlation=correlation,
            correction="mancl-derouen",
        )
        assert fit.standard_error == pytest.approx(mancl, rel=1e-6)


def test_small_trials_keep_their_level():
    # 300 trials of 10 clusters of 4, no effect of the arm: the usual sandwich with
    # normal limits rejects too often, Kauermann-Carroll with Satterthwaite does not.
    rng = np.random.default_rng(11)
    cluster = np.repeat(np.arange(10), 4)
    arm = (cluster % 2).astype(float)
    rejected = {"small": 0, "usual": 0}
    for _ in range(300):
        y = rng.normal(size=40) + rng.normal(size=10)[cluster]
        small = gee(y, arm, cluster, family="gaussian")
        usual = gee(
            y,
            arm,
            cluster,
            family="gaussian",
            correction="none",
            degrees_of_freedom="normal",
        )
        rejected["small"] += small.coefficient("column 1").p_value < 0.05
        rejected["usual"] += usual.coefficient("column 1").p_value < 0.05
    error = math.sqrt(0.05 * 0.95 / 300)
    assert rejected["small"] / 300 < 0.05 + 3 * error
    assert rejected["usual"] / 300 > 0.05 + 3 * error


# Errors


def test_refusals():
    y, x, cluster = visits(5)
    for name in ("family", "correlation", "correction", "degrees_of_freedom"):
        with pytest.raises(ArgumentError, match=f"`{name}` must be one of"):
            gee(y, x, cluster, **{name: "other"})
    with pytest.raises(DataError, match="`outcome` must be true or false"):
        gee(y + 1, x, cluster)
    with pytest.raises(DataError, match="`outcome` must be at least 0"):
        gee(y - 1, x, cluster, family="poisson")
    with pytest.raises(DataError, match="`position` must differ"):
        gee(y, x, cluster, correlation="ar1", position=np.zeros(len(y)))
    with pytest.raises(ArgumentError, match="`name` must be one of"):
        gee(y, x, cluster).coefficient("column 9")
    with pytest.raises(ArgumentError, match="`level` must lie in"):
        gee(y, x, cluster).coefficient("column 1", level=2)
    frame = pd.DataFrame(x, columns=["arm", "age"]).assign(y=y, cluster=cluster)
    frame.loc[0, "age"] = np.nan
    with pytest.raises(DataError, match="no missing values in age"):
        gee("y ~ arm + age", cluster="cluster", data=frame)
    fit = gee("y ~ arm + age", cluster="cluster", data=frame, missing="drop")
    assert fit.method.endswith("1 row with missing values left out")
