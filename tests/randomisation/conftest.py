import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

REFERENCE = Path(__file__).parents[1] / "reference" / "randomisation"


@pytest.fixture(scope="session")
def reference() -> Callable[[str], Any]:
    """Read one file of reference figures."""

    def read(name: str) -> Any:
        return json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))

    return read
