"""
Draw a whole trial that never was.

What would the data of such a trial look like, if the world were as the evidence says?
`draw_trial` draws one, from a protocol, a `Scenario` (what the treatment does) and a
`World` (everything else, each constant with its source mark). It wraps `draw_arrays`,
the same trial as arrays keyed by (seed, trial). `committed` draws the two that the
package ships, `write_synthetic` writes any. `calibration` holds the world against the
evidence. `masked_summaries`, `arm_contrasts` and
`arm_leaks` ask whether anything a masked reader opens could show an arm.
"""

from steps_analysis.simulation.calibration import calibration
from steps_analysis.simulation.draw import TrialArrays, draw_arrays
from steps_analysis.simulation.masked_views import (
    arm_contrasts,
    arm_leaks,
    masked_summaries,
)
from steps_analysis.simulation.scenario import SCENARIOS, Scenario
from steps_analysis.simulation.synthetic_trial import (
    PRESETS,
    Preset,
    committed,
    draw_trial,
    write_synthetic,
)
from steps_analysis.simulation.world import WORLD, World, mark_of_constant

__all__ = [
    "PRESETS",
    "SCENARIOS",
    "WORLD",
    "Preset",
    "Scenario",
    "TrialArrays",
    "World",
    "arm_contrasts",
    "arm_leaks",
    "calibration",
    "committed",
    "draw_arrays",
    "draw_trial",
    "mark_of_constant",
    "masked_summaries",
    "write_synthetic",
]
