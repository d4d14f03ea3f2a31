"""
The ledger: real allocations, drawn from a secret, chained, and kept.

The file is concealed like ``allocation.csv``. Its key is kept elsewhere; only a
commitment to it is public. What it protects from is said in ``docs/ledger.md``.
"""

from steps_analysis.randomisation.ledger.declaration import Declaration, declare
from steps_analysis.randomisation.ledger.ledger import Ledger
from steps_analysis.randomisation.ledger.receipts import Receipt, read_receipts
from steps_analysis.randomisation.ledger.verification import Verification
from steps_analysis.randomisation.ledger.verifying import Fault

__all__ = [
    "Declaration",
    "Fault",
    "Ledger",
    "Receipt",
    "Verification",
    "declare",
    "read_receipts",
]
