"""Which sources of referral are counted together where each alone is too small?"""

from __future__ import annotations

import pandas as pd

from steps_analysis.protocol import Protocol
from steps_analysis.referrals.counting import NOT_RECORDED
from steps_analysis.reporting.words import listed

GROUPS = {
    "social_care": "Social care and early help",
    "early_help": "Social care and early help",
    "police": "Police and youth justice",
    "youth_offending": "Police and youth justice",
    "health": "Health",
    "camhs": "Health",
    "school": "Education",
}
REST = "Families and others"


def source_labels(codes: pd.Index, protocol: Protocol, *, grouped: bool) -> list[str]:
    """
    Give each source the words under which it is counted.

    Parameters
    ----------
    codes
        Codes of sources.
    protocol
        The protocol: its labels for codes.
    grouped
        Whether sources of one service are counted together.

    Returns
    -------
    list of str
        A label for each code.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> source_labels(pd.Index(["camhs", "other"]), load_protocol(), grouped=True)
    ['Health', 'Families and others']
    """
    if grouped:
        return [GROUPS.get(code, REST) for code in codes]
    words = [
        code if code == NOT_RECORDED else protocol.label(code, "source")
        for code in codes
    ]
    return [word[:1].upper() + word[1:] for word in words]


def groups_in_words(codes: pd.Index, protocol: Protocol) -> str:
    """
    Say which sources each group holds.

    Parameters
    ----------
    codes
        Codes of the sources that are counted.
    protocol
        The protocol: its labels for codes.

    Returns
    -------
    str
        A sentence.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> groups_in_words(pd.Index(["school"]), load_protocol())
    'Education stands for school.'
    """
    found: dict[str, list[str]] = {}
    for code in codes:
        word = protocol.label(code, "source") if code != NOT_RECORDED else code
        found.setdefault(GROUPS.get(code, REST), []).append(word)
    parts = [f"{group} stands for {listed(found[group])}" for group in sorted(found)]
    return f"{'; '.join(parts)}."
