"""Words that wound, hosts and paths of a machine stand nowhere."""

import re
from pathlib import Path

# Each is put together here, so that this file can be searched like any other.
WORDS = ("offen" + "der", "perpe" + "trator", "abu" + "ser")
FORBIDDEN = re.compile(rf"\b({'|'.join(WORDS)})s?\b", re.IGNORECASE)
PLACES = ("docs/", "steps_analysis/", "notebooks/", "reports/", "data/", "benchmarks/")
AVOIDED = "## Words we use, and words we avoid"  # the one section that may name them

REGISTRIES = (
    "py" + "pi.org",
    "python" + "hosted.org",
    "ana" + "conda.org",
    "npm" + "js.org",
    "cran.r-" + "project.org",
)
MACHINE = re.compile(
    "/ho" + r"me/\w+/|/Use" + r"rs/\w+/|/ro" + r"ot/\w|[A-Z]:\\\\?Use" + "rs"
)


def without_the_section(page):
    """Take the glossary's list of avoided words off."""
    before, _, after = page.partition(AVOIDED)
    return before + "\n## " + after.partition("\n## ")[2]


def lines_with(pattern, texts):
    """Name the lines in which a pattern stands."""
    return [
        f"{path}:{number}"
        for path, text in texts.items()
        if pattern.search(text)
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def test_a_word_is_found_whole():
    texts = {"a": f"fine\n{WORDS[0].capitalize()}s", "b": "youth offending team"}
    assert lines_with(FORBIDDEN, texts) == ["a:2"]


def test_no_word_we_avoid_for_a_child(texts):
    searched = {p: t for p, t in texts.items() if p.startswith(PLACES) or "/" not in p}
    glossary = searched["docs/glossary.md"]
    assert glossary.count(AVOIDED) == 1
    searched["docs/glossary.md"] = without_the_section(glossary)
    assert not lines_with(FORBIDDEN, searched)


def test_the_glossary_says_which_words_those_are(texts):
    glossary = texts["docs/glossary.md"]
    found = {word.lower() for word in FORBIDDEN.findall(glossary)}
    assert found == set(WORDS)


def test_no_host_of_a_registry(texts):
    hosts = re.compile("|".join(map(re.escape, REGISTRIES)))
    assert lines_with(hosts, {"x": f"see {REGISTRIES[0]}"}) == ["x:1"]
    assert not lines_with(hosts, texts)


def test_no_path_of_a_machine(texts, root):
    assert lines_with(MACHINE, {"x": "/ho" + "me/anna/trial"}) == ["x:1"]
    # A test may make a path up; those of this machine stand nowhere.
    ours = {path: text for path, text in texts.items() if not path.startswith("tests/")}
    assert not lines_with(MACHINE, ours)
    here = {str(place) for place in (root, Path.home()) if len(place.parts) > 2}
    for place in here:
        assert not lines_with(re.compile(re.escape(place)), texts)
