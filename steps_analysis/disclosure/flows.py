"""Which boxes of a flow diagram are sums of others?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from steps_analysis.errors import ArgumentError, did_you_mean, refusal

BOX = "n"
"""The column of a flow's counts."""


def levels_of(
    boxes: Mapping[str, int], sums: Mapping[str, Sequence[str]]
) -> list[list[str]]:
    """
    Put the boxes of a flow in levels: each is a sum of boxes of lower levels only.

    Parameters
    ----------
    boxes
        Box to its count.
    sums
        Box to the boxes it is the sum of.

    Returns
    -------
    list of list of str
        The parts first, then their sums, then sums of these.

    Raises
    ------
    ArgumentError
        If `sums` names no box, is empty for one, or goes round in a circle.

    Examples
    --------
    >>> boxes = {"assessed": 90, "excluded": 50, "other": 3, "refused": 47,
    ...          "randomised": 40}
    >>> levels_of(boxes, {"excluded": ["other", "refused"],
    ...                   "assessed": ["excluded", "randomised"]})
    [['other', 'refused', 'randomised'], ['excluded'], ['assessed']]
    """
    for box in (*sums, *(part for parts in sums.values() for part in parts)):
        if box not in boxes:
            hint = did_you_mean(box, boxes)
            raise ArgumentError(
                refusal("sums", "name boxes of the flow", box, hint=hint)
            )
    left = {box: set(sums.get(box, ())) for box in boxes}
    levels: list[list[str]] = []
    while left:
        ready = [box for box, parts in left.items() if not parts & left.keys()]
        if not ready:
            rule = "not go round in a circle"
            raise ArgumentError(refusal("sums", rule, sorted(left)))
        levels.append(ready)
        left = {box: parts for box, parts in left.items() if box not in ready}
    return levels
