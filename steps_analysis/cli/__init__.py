"""
The ``steps`` command: one command per act.

Exit codes: 0 fine; 1 the answer is "no"; 2 the input is wrong; 3 not estimable.
"""

from steps_analysis.cli.main import main

__all__ = ["main"]
