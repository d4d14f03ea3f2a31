"""How drawings become pictures: the same marks as SVG with real text, and as PNG."""

from steps_analysis.reporting.figures.render import Picture, build, render

__all__ = ["Picture", "build", "render"]
