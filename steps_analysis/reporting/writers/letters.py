"""The letters of a PDF: those of matplotlib, and which characters they have."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

from steps_analysis.reporting.writers.values import LOST, printable

MAY_BREAK = "\N{ZERO WIDTH SPACE}"
"""Where a word may be broken without a hyphen."""

_LONG_WORD = re.compile(r"\S{41,}")


def letters_folder() -> Path:
    """
    Find the font files that come with matplotlib.

    Returns
    -------
    Path
        Their folder.

    Examples
    --------
    >>> (letters_folder() / "DejaVuSans.ttf").is_file()
    True
    """
    import matplotlib as mpl

    return Path(mpl.get_data_path()) / "fonts" / "ttf"


def showable(text: str) -> str:
    r"""
    Replace the characters that the letters lack.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        The text with the sign of a lost character for each.

    Examples
    --------
    >>> showable("naïve − ≥\x00")
    'naïve − ≥�'
    """
    text = printable(text)
    lost = set(text) - _characters()
    return text.translate(dict.fromkeys(map(ord, lost), LOST))


def breakable(text: str) -> str:
    """
    Let a word that is wider than any column be broken.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        The text; a word of more than 40 characters may be broken after every 20.

    Examples
    --------
    >>> len(breakable("a" * 50)), breakable("a word")
    (52, 'a word')
    """

    def parted(found: re.Match[str]) -> str:
        word = found[0]
        return MAY_BREAK.join(word[i : i + 20] for i in range(0, len(word), 20))

    return _LONG_WORD.sub(parted, text)


@cache
def _characters() -> frozenset[str]:
    """List the characters that every face has, and those that part lines and words."""
    from matplotlib.ft2font import FT2Font

    faces = [
        FT2Font(str(path)) for path in sorted(letters_folder().glob("DejaVuSans*.ttf"))
    ]
    sans = [face for face in faces if face.family_name == "DejaVu Sans"]
    codes = set.intersection(*(set(face.get_charmap()) for face in sans))
    shown = (chr(code) for code in codes if unicodedata.category(chr(code)) != "Cc")
    return frozenset(shown) | {"\n", "\t", MAY_BREAK}
