"""Every procedure there is can be kept in a ledger, and proven from it."""

from dataclasses import fields

import pandas as pd
import pytest

from steps_analysis.randomisation import (
    Ledger,
    allocate,
    sequence_probability,
)
from steps_analysis.randomisation.factors import factor_names
from steps_analysis.randomisation.ledger.keys import TEST_KEY
from steps_analysis.randomisation.ledger.stream import uniform
from steps_analysis.randomisation.procedures import PROCEDURES

N = 12
# What a procedure is given where its definition has no default.
GIVEN = {
    "factors": ("site", "sex"),
    "block_size": 4,
    "block_sizes": (2, 4),
    "mti": 2,
    "p": 0.75,
    "a": 2.0,
    "rho": 2.0,
    "gamma": 0.1,
    "alpha": 1,
    "beta": 1,
    "w": 3,
    "lam": 2,
}


def example(name):
    """One value of a procedure, from defaults where it has them."""
    made = PROCEDURES[name]
    known = {field.name: GIVEN.get(field.name) for field in fields(made) if field.init}
    required = {
        field.name
        for field in fields(made)
        if "MISSING" in repr(field.default) and "MISSING" in repr(field.default_factory)
    }
    return made(**{name: known[name] for name in required})


@pytest.mark.parametrize("name", PROCEDURES)
def test_every_procedure_is_kept_and_proven(tmp_path, declaration, families, who, name):
    procedure = example(name)
    factors = factor_names(procedure)
    levels = {"site": ("Southwark", "Borough A"), "sex": ("female", "male")}
    one = declaration(
        procedure=procedure, levels={factor: levels[factor] for factor in factors}, n=N
    )
    ledger = Ledger.create(tmp_path / "l", one, **who)
    assert ledger.declaration == one
    asked = [
        {factor: families[i * i % 4][factor] for factor in factors} for i in range(N)
    ]
    receipts = [ledger.allocate(f"P{i}", row, **who) for i, row in enumerate(asked)]
    found = ledger.verify(receipts)
    assert found.is_whole, found.fault
    assert found.n_proven == N
    draws = [uniform(TEST_KEY.secret, ledger.ledger_id, i + 1) for i in range(N)]
    table = pd.DataFrame(asked) if factors else None
    expected = allocate(procedure, [draws], factors=table)[0]
    letters = "".join("AB"[1 - arm] for arm in expected)
    assert [receipt.arm == "MST-PSB" for receipt in receipts] == [*(expected == 1)]
    assert sequence_probability(procedure, letters, factors=table) > 0


@pytest.mark.parametrize("name", PROCEDURES)
def test_data_can_be_withdrawn_from_every_procedure(
    tmp_path, declaration, families, who, name
):
    procedure = example(name)
    factors = factor_names(procedure)
    levels = {"site": ("Southwark", "Borough A"), "sex": ("female", "male")}
    one = declaration(
        procedure=procedure, levels={factor: levels[factor] for factor in factors}, n=N
    )
    ledger = Ledger.create(tmp_path / "l", one, **who)
    for i in range(N - 2):
        row = {factor: families[i * i % 4][factor] for factor in factors}
        ledger.allocate(f"P{i}", row, **who)
        if i == 5 and name != "stratified-blocks":  # which refuses: see withdrawal
            ledger.withdraw_data("P3", erase="everything", **who)
    found = ledger.verify()
    assert found.is_whole, found.fault
    assert found.n_proven + found.n_draw_only == N - 2
    assert found.n_proven >= 3 + (N - 2 - 6)
