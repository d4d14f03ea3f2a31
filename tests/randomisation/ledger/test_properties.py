"""Whatever happens to a trial, its ledger stays whole, and tells each arm once."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import DataError
from steps_analysis.randomisation import Ledger, Minimisation, StratifiedBlocks
from steps_analysis.randomisation.ledger import Declaration

# What a trial's staff may be refused in the course below; anything else is a fault.
REFUSED = (
    "be the family this participant was allocated with",
    "be those this participant was allocated with",
    "be a participant of this ledger",
    "be identity: without this family's levels",
)
SEXES = ("female", "male")
CHILDREN = st.integers(0, 7)
ACTS = st.one_of(
    st.tuples(st.just("allocate"), CHILDREN, st.sampled_from(SEXES)),
    st.tuples(st.just("break"), CHILDREN, st.none()),
    st.tuples(st.just("mistake"), CHILDREN, st.sampled_from(SEXES)),
    st.tuples(
        st.just("withdraw"), CHILDREN, st.sampled_from(["identity", "everything"])
    ),
)


def act(ledger, what, child, how):
    """Do one thing; the receipt, or None where it is refused."""
    name = f"P{child}"
    try:
        if what == "allocate":
            family = f"F{child // 2}"
            return ledger.allocate(name, {"sex": how}, family_id=family, by="x")
        if what == "break":
            return ledger.break_code(name, "care", by="x")
        if what == "mistake":
            return ledger.record_mis_randomisation(
                name, "wrong-levels", right_levels={"sex": how}, by="x"
            )
        return ledger.withdraw_data(name, erase=how, by="x")
    except DataError as error:
        if not any(rule in str(error) for rule in REFUSED):
            raise
        return None


@pytest.mark.parametrize(
    "procedure",
    [
        Minimisation(["sex"]),
        StratifiedBlocks(["sex"], block_sizes=[2]),
        StratifiedBlocks(["sex"], block_sizes=[2, 4]),
    ],
    ids=lambda one: type(one).__name__,
)
@settings(max_examples=30, deadline=None)
@given(acts=st.lists(ACTS, max_size=25))
def test_any_course_of_a_trial(procedure, acts):
    one = Declaration(
        trial="T",
        arms=("MST-PSB", "MAU"),
        procedure=procedure,
        levels={"sex": SEXES},
        provenance="synthetic",
    )
    with TemporaryDirectory() as folder:
        ledger = Ledger.create(Path(folder) / "ledger", one, by="x")
        receipts = [act(ledger, *one) for one in acts]
        given_out = [receipt for receipt in receipts if receipt is not None]
        found = ledger.verify(given_out)
        assert found.is_whole, found.fault
        assert found.n_proven + found.n_draw_only == found.n_allocations
        written = {receipt.entry for receipt in given_out}
        assert written == set(range(1, found.n_entries))
        arms = {}
        for receipt in given_out:
            if receipt.arm is not None:
                number = receipt.allocation_entry
                assert arms.setdefault(number, receipt.arm) == receipt.arm
