"""
What is the chance that just these of a risk set have the event together?

The exact treatment of ties sums the product of relative risks over every choice of d
from the risk set. The sum is a coefficient of the polynomial prod(1 + r_i z); it and
its derivatives are multiplied up pairwise, as a tree.
"""

from __future__ import annotations

import math

import numpy as np

from steps_analysis.estimates import FloatArray

Terms = tuple[FloatArray, FloatArray, FloatArray]


def exact_terms(
    predictor: FloatArray, x: FloatArray, d: int
) -> tuple[float, FloatArray, FloatArray]:
    """
    Give the logarithm of the sum over choices, with two derivatives.

    Parameters
    ----------
    predictor
        Log relative risks of the risk set, shape (n,).
    x
        Their covariates, shape (n, p).
    d
        How many have the event together.

    Returns
    -------
    float
        Log of the sum.
    numpy.ndarray
        Its first derivatives by the coefficients, shape (p,).
    numpy.ndarray
        Its second derivatives, shape (p, p).

    Notes
    -----
    Costs n d² p² operations: meant for trials, not for registers.

    Examples
    --------
    Choosing 2 of 3 with equal risks: three ways.

    >>> log_sum, _, _ = exact_terms(np.zeros(3), np.zeros((3, 1)), 2)
    >>> round(math.exp(log_sum), 10)
    3.0
    """
    top = float(predictor.max())
    r = np.exp(predictor - top)
    one = np.ones_like(r)
    none = np.zeros_like(x)
    square = x[:, :, None] * x[:, None, :]
    terms: Terms = (
        np.stack([one, r], axis=1),
        np.stack([none, r[:, None] * x], axis=1),
        np.stack([np.zeros_like(square), r[:, None, None] * square], axis=1),
    )
    while len(terms[0]) > 1:
        terms = _merge_pairs(terms, d)
    total = float(terms[0][0, d])
    mean = terms[1][0, d] / total
    return (
        math.log(total) + d * top,
        mean,
        terms[2][0, d] / total - np.outer(mean, mean),
    )


def _merge_pairs(terms: Terms, d: int) -> Terms:
    """Multiply neighbouring polynomials, up to degree d."""
    odd = len(terms[0]) % 2
    left = tuple(part[: len(part) - odd : 2] for part in terms)
    right = tuple(part[1::2] for part in terms)
    merged = _multiply(left, right, d)
    if not odd:
        return merged
    value, first, second = (
        np.concatenate([part, _padded(last[-1:], part.shape[1])])
        for part, last in zip(merged, terms, strict=True)
    )
    return value, first, second


def _padded(part: FloatArray, width: int) -> FloatArray:
    """Fill up a polynomial with zeros to a number of coefficients."""
    padding = [(0, 0), (0, width - part.shape[1])] + [(0, 0)] * (part.ndim - 2)
    return np.pad(part, padding)


def _multiply(
    left: tuple[FloatArray, ...], right: tuple[FloatArray, ...], d: int
) -> Terms:
    """Multiply polynomials with their first and second derivatives."""
    a, a1, a2 = left
    b, b1, b2 = right
    width = min(a.shape[1] + b.shape[1] - 1, d + 1)
    value = np.zeros((len(a), width))
    first = np.zeros((len(a), width, *a1.shape[2:]))
    second = np.zeros((len(a), width, *a2.shape[2:]))
    for i in range(min(a.shape[1], width)):
        for j in range(min(b.shape[1], width - i)):
            u, v = a[:, i, None], b[:, j, None]
            cross = a1[:, i, :, None] * b1[:, j, None, :]
            value[:, i + j] += a[:, i] * b[:, j]
            first[:, i + j] += u * b1[:, j] + v * a1[:, i]
            second[:, i + j] += u[..., None] * b2[:, j] + v[..., None] * a2[:, i]
            second[:, i + j] += cross + np.swapaxes(cross, 1, 2)
    return value, first, second
