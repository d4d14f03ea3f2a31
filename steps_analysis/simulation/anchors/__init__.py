"""
Which figures of the evidence must the synthetic world give back?

An anchor is a figure with its mark, and a way to count it in a drawn trial; a setting
is a scenario and a world in which some anchors can be seen. `SETTINGS` lists them all,
`steps_analysis.simulation.calibration` holds them against drawn trials.
"""

from steps_analysis.simulation.anchors.anchor import Anchor, Setting
from steps_analysis.simulation.anchors.settings import SETTINGS

__all__ = ["SETTINGS", "Anchor", "Setting"]
