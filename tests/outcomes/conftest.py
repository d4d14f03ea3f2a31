"""Reference figures of R, their data, and a comparer that lets no figure slip by."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

REFERENCE = Path(__file__).parents[1] / "reference" / "survival"


@pytest.fixture(scope="session")
def document():
    return json.loads((REFERENCE / "figures.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def figures(document):
    return {name: case["values"] for name, case in document["cases"].items()}


@pytest.fixture(scope="session")
def table():
    def read(name):
        return pd.read_csv(REFERENCE / "data" / f"{name}.csv")

    return read


def _leaves(value, path=""):
    if isinstance(value, dict):
        if set(value) >= {"matrix", "rows", "cols"}:
            yield from _leaves(value["matrix"], path)
            return
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}/{key}")
    elif isinstance(value, (list, tuple)) or (
        isinstance(value, np.ndarray) and value.ndim
    ):
        for i, inner in enumerate(value):
            yield from _leaves(inner, f"{path}/{i}")
    else:
        yield path, value


def _differs(ours, theirs, rel, absolute):
    if isinstance(theirs, str):
        return ours != theirs
    if theirs is None:
        return not (ours is None or not math.isfinite(float(ours)))
    if ours is None or math.isnan(float(ours)):
        return True
    return abs(float(ours) - theirs) > max(rel * abs(theirs), absolute)


@pytest.fixture(scope="session")
def compare():
    """Require every leaf of `theirs` in `ours`, but those skipped by key, each used."""

    def check(ours, theirs, *, rel=1e-10, absolute=1e-13, skip=()):
        got = dict(_leaves(ours))
        used, wrong = set(), []
        for path, value in _leaves(theirs):
            skipped = [word for word in skip if word in path.split("/")]
            if skipped:
                used.update(skipped)
            elif path not in got or _differs(got[path], value, rel, absolute):
                wrong.append((path, got.get(path, "absent"), value))
        assert not wrong
        assert used == set(skip), f"skipped but not there: {set(skip) - used}"

    return check
