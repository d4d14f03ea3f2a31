"""
Plan, randomise, simulate, run and report a randomised trial across boroughs.

Three calls go from a folder of data to a report: `load_protocol`, `read_trial` and
`evaluate`. Everything else lives in the subpackages: `randomisation`, `outcomes`,
`referrals`, `disclosure`, `pathway`, `simulation`, `reporting`.

Importing this package imports nothing else: each name is fetched when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from steps_analysis.evaluation import Evaluation, evaluate
    from steps_analysis.protocol import Protocol, load_protocol
    from steps_analysis.trial_data import TrialData, read_trial

__all__ = [
    "Evaluation",
    "Protocol",
    "TrialData",
    "evaluate",
    "load_protocol",
    "read_trial",
]

_HOMES = {
    "Evaluation": "evaluation",
    "Protocol": "protocol",
    "TrialData": "trial_data",
    "evaluate": "evaluation",
    "load_protocol": "protocol",
    "read_trial": "trial_data",
}


def __getattr__(name: str) -> Any:
    """Fetch a public name from its home when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
