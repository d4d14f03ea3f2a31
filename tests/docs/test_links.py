"""Links between pages lead somewhere."""

import posixpath
import re
from collections import Counter

import pytest

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+?) *#*$", re.MULTILINE)
FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)


def slug(heading):
    """Give a heading the anchor that GitHub gives it."""
    plain = LINK.sub("", heading).replace("`", "").strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def anchors(page):
    """List a page's anchors; a heading that comes again gets a number."""
    seen, found = Counter(), set()
    for heading in HEADING.findall(FENCED.sub("", page)):
        name = slug(heading)
        found.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return found


def links(page):
    """List where a page's links lead, but for those that leave the project."""
    targets = LINK.findall(FENCED.sub("", page))
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


def broken(path, pages, root):
    """List the links of one page that lead nowhere."""
    for target in links(pages[path]):
        file, _, anchor = target.partition("#")
        where = posixpath.normpath(posixpath.join(posixpath.dirname(path), file))
        where = where if file else path
        if file and (where.startswith("..") or not (root / where).exists()):
            yield f"{path}: {target}"
        elif anchor and anchor not in anchors(pages.get(where, "")):
            yield f"{path}: {target} (no such heading)"


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Kaplan–Meier curve", "kaplanmeier-curve"),
        ('What "safe" means', "what-safe-means"),
        ("Scores (E4)", "scores-e4"),
        ("`data/`", "data"),
    ],
)
def test_anchors_are_those_of_github(heading, expected):
    assert slug(heading) == expected


def test_headings_that_come_again_are_numbered():
    page = "# Data\n```\n# no heading\n```\n## Data\n## Data dictionary\n"
    assert anchors(page) == {"data", "data-1", "data-dictionary"}


def test_a_broken_link_is_found(root):
    page = "# One\n[a](#one) [b](#two) [c](nowhere.md) [d](https://x.org/y)\n"
    found = list(broken("docs/x.md", {"docs/x.md": page}, root))
    assert found == [
        "docs/x.md: #two (no such heading)",
        "docs/x.md: nowhere.md",
    ]


def test_every_link_leads_somewhere(pages, root):
    assert {"README.md", "docs/README.md", "docs/methods.md"} <= set(pages)
    assert not [line for path in pages for line in broken(path, pages, root)]


def test_the_index_leads_to_every_page_of_the_docs(pages):
    listed = {target.partition("#")[0] for target in links(pages["docs/README.md"])}
    there = {path.removeprefix("docs/") for path in pages if path.startswith("docs/")}
    assert there - {"README.md"} <= listed
