"""
Evaluate a trial: each document as a short list of calls.

`evaluate` turns a trial's data into its results and the report made of them.
"""

from steps_analysis.evaluation.evaluate import Evaluation, Results, evaluate
from steps_analysis.evaluation.progression import Progress, colour_of, progression

__all__ = [
    "Evaluation",
    "Progress",
    "Results",
    "colour_of",
    "evaluate",
    "progression",
]
