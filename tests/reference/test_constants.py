"""Palette and shorthand are those that are published."""

import json
import re
from pathlib import Path

from steps_analysis.reporting.figures.palette import LOOKS, NEUTRAL
from steps_analysis.reporting.markers import MEANINGS

REFERENCE = Path(__file__).parent / "referrals"


def read(name):
    return json.loads((REFERENCE / f"{name}.json").read_text())


def test_the_colours_are_the_categorical_ones_in_their_order():
    published = read("af_palette")["values"]
    assert [look.colour for look in LOOKS] == published["categorical_hex_list"]
    # A focus is drawn in the first colour; two series keep their order and take the
    # first two of the six, told apart by dash and mark as well.
    assert published["focus_hex_list"][0] == published["duo_hex_list"][0] == NEUTRAL
    assert published["duo_hex_list"][1] in {look.colour for look in LOOKS}
    # No map is shaded by a rate, so the sequential colours are only checked to be six.
    assert set(published) == {
        f"{kind}_hex_list" for kind in ("categorical", "duo", "sequential", "focus")
    }
    for colours in published.values():
        assert all(re.fullmatch("#[0-9A-F]{6}", colour) for colour in colours)


# What each mark means, in a word that stands in both our words and the published ones.
SAME_WORD = {
    "[b]": "break",
    "[c]": "confidential",
    "[e]": "estimated",
    "[f]": "forecast",
    "[low]": "round",
    "[ns]": "significant",
    "[p]": "provisional",
    "[r]": "revised",
    "[u]": "low reliability",
    "[w]": "none recorded in",
    "[x]": "not available",
    "[z]": "not applicable",
}


def test_the_marks_are_the_published_ones():
    published = read("shorthand")["markers"]
    assert set(MEANINGS) == set(published) == set(SAME_WORD)
    for mark, word in SAME_WORD.items():
        assert word in published[mark]
        assert word in MEANINGS[mark]
