"""
Evaluate a trial: each document as a short list of calls.

`evaluate` turns a trial's data into its results and the report made of them;
`forum_pack` and `monitoring` write internal working documents, without arms.
"""

from steps_analysis.evaluation.evaluate import Evaluation, Results, evaluate
from steps_analysis.evaluation.forum_pack import forum_pack
from steps_analysis.evaluation.monitoring import monitoring
from steps_analysis.evaluation.progression import Progress, colour_of, progression

__all__ = [
    "Evaluation",
    "Progress",
    "Results",
    "colour_of",
    "evaluate",
    "forum_pack",
    "monitoring",
    "progression",
]
