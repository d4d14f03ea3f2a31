"""Where labels go so that they do not overlap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from steps_analysis.estimates import FloatArray
from steps_analysis.reporting.figures.sheet import text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D
    from matplotlib.text import Annotation


def spread(
    positions: Sequence[float], gap: float, low: float, high: float
) -> list[float]:
    """
    Move positions on a line apart, as little as it takes.

    Parameters
    ----------
    positions
        Where labels would stand.
    gap
        Smallest distance between two of them.
    low, high
        Where they must stay, room allowing.

    Returns
    -------
    list of float
        Where they stand, in the order given.

    Examples
    --------
    >>> spread([1.0, 1.0, 5.0], 2.0, 0.0, 10.0)
    [0.0, 2.0, 5.0]
    """
    order = sorted(range(len(positions)), key=lambda i: positions[i])
    groups: list[tuple[list[int], float]] = []
    for index in order:
        groups.append(([index], positions[index]))
        while len(groups) > 1 and _touch(groups[-2], groups[-1], gap):
            (first, a), (second, b) = groups[-2:]
            middle = (a * len(first) + b * len(second)) / len(first + second)
            half = gap * (len(first + second) - 1) / 2
            middle = max(min(middle, high - half), low + half)
            groups[-2:] = [(first + second, middle)]
    placed = [0.0] * len(positions)
    for members, middle in groups:
        for rank, index in enumerate(members):
            placed[index] = middle - gap * (len(members) - 1) / 2 + gap * rank
    return placed


def _touch(
    first: tuple[list[int], float], second: tuple[list[int], float], gap: float
) -> bool:
    """Say whether two groups of labels, centred on a middle each, overlap."""
    room = gap * (len(first[0]) + len(second[0])) / 2
    return second[1] - first[1] < room


_OFFSETS = [
    (across * reach, up * reach)
    for reach in (1.0, 1.8, 2.8, 4.0, 5.5)
    for across, up in (
        (7, 0),
        (-7, 0),
        (6, 7),
        (-6, 7),
        (6, -7),
        (-6, -7),
        (0, 9),
        (0, -9),
    )
]


def name_points(
    axes: Axes,
    points: Sequence[tuple[float, float, str]],
    *,
    size: float,
    lines: Sequence[Line2D] = (),
) -> list[Annotation]:
    """
    Write a name beside each point, clear of the other names, the points and lines.

    Parameters
    ----------
    axes
        The axes, with their limits already set.
    points
        Position and name of each, in data units.
    size
        Size of the letters, in points.
    lines
        Lines on the axes that names should not cross, where there is room.

    Returns
    -------
    list of Annotation
        The names; one moved far from its point has a thin line to it.
    """
    pixels = axes.transData.transform([(x, y) for x, y, _ in points])
    dots = np.column_stack([pixels - 5, pixels + 5])
    strokes = np.vstack([np.empty((0, 4)), *(_traced(line) for line in lines)])
    taken = np.empty((0, 4))
    made = []
    for index, (x, y, name) in enumerate(points):
        solid = np.vstack([taken, np.delete(dots, index, axis=0)])
        boxes = [_box(axes, pixels[index], name, offset, size) for offset in _OFFSETS]
        costs = [
            _crowding(axes, box, solid, strokes) + 0.5 * np.hypot(*offset)
            for box, offset in zip(boxes, _OFFSETS, strict=True)
        ]
        best = int(np.argmin(np.round(costs, 3)))
        made.append(_annotate(axes, (x, y), name, _OFFSETS[best], size))
        taken = np.vstack([taken, boxes[best]])
    return made


def _box(
    axes: Axes, point: FloatArray, name: str, offset: tuple[float, float], size: float
) -> FloatArray:
    """Find the place of a name at an offset in points, in pixels."""
    across, up = offset
    per_inch = axes.figure.get_figure(root=True).dpi
    width, height = text_width(name, size) * per_inch, 1.25 * size / 72 * per_inch
    x, y = point + np.array(offset) * per_inch / 72
    left = x - width / 2 if across == 0 else x if across > 0 else x - width
    bottom = y - height / 2 if up == 0 else y if up > 0 else y - height
    return np.array([left, bottom, left + width, bottom + height])


def _traced(line: Line2D) -> FloatArray:
    """Cover a line with small boxes, in pixels."""
    axes = line.axes
    x, y = np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
    if axes is None or not len(x):
        return np.empty((0, 4))
    corners = line.get_transform().transform(np.column_stack([x, y]))
    along = np.linspace(0, len(corners) - 1, 400)
    steps = np.arange(len(corners))
    path = np.column_stack([np.interp(along, steps, corners[:, i]) for i in (0, 1)])
    return np.column_stack([path - 1, path + 1])


def _crowding(
    axes: Axes, box: FloatArray, solid: FloatArray, strokes: FloatArray
) -> float:
    """Measure how much a name overlaps what is there, or leaves the axes, in pixels."""
    frame = np.asarray(axes.get_window_extent().extents).reshape(1, 4)
    size = (box[2] - box[0]) * (box[3] - box[1])
    outside = size - _overlap(box, frame).sum()
    crossed = np.count_nonzero(_overlap(box, strokes))
    return float(5 * _overlap(box, solid).sum() + 5 * outside + 2 * crossed)


def _overlap(box: FloatArray, others: FloatArray) -> FloatArray:
    """Measure the area a box shares with each of others."""
    across = np.minimum(box[2], others[:, 2]) - np.maximum(box[0], others[:, 0])
    up = np.minimum(box[3], others[:, 3]) - np.maximum(box[1], others[:, 1])
    shared: FloatArray = np.clip(across, 0, None) * np.clip(up, 0, None)
    return shared


def _annotate(
    axes: Axes,
    point: tuple[float, float],
    name: str,
    offset: tuple[float, float],
    size: float,
) -> Annotation:
    """Write a name at an offset in points from its point."""
    across, up = offset
    far = max(abs(across), abs(up)) > 10
    return axes.annotate(
        name,
        point,
        xytext=offset,
        textcoords="offset points",
        ha="center" if across == 0 else "left" if across > 0 else "right",
        va="center" if up == 0 else "bottom" if up > 0 else "top",
        fontsize=size,
        arrowprops={"arrowstyle": "-", "lw": 0.6, "color": "#505A66"} if far else None,
    )
