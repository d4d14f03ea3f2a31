"""Which families of methods are measured, and what does one measuring cost?"""

from __future__ import annotations

from time import process_time
from typing import Any

from tools.which_method.adjusted import adjusted
from tools.which_method.competing import competing
from tools.which_method.events import repeated_events
from tools.which_method.scores import scores
from tools.which_method.survival import survival
from tools.which_method.two_by_two import one_proportion, two_by_two


def measure(name: str) -> dict[str, Any]:
    """Measure the families of one name, and how many seconds of a processor it took."""
    start = process_time()
    if name == "two_by_two":
        found = [one_proportion(), two_by_two()]
    else:
        family = {
            "adjusted": adjusted,
            "survival": survival,
            "competing": competing,
            "events": repeated_events,
            "scores": scores,
        }[name]
        found = [family().measure()]
    return {
        "question": "Which of these methods keep type I error and coverage?",
        "families": found,
        "processor seconds": round(process_time() - start),
    }
