"""What the pages name exists, and what the sciences export is on the page."""

import importlib
import pkgutil
import re

import pytest

import steps_analysis

IN_TICKS = re.compile(r"`([^`\n]+)`")
DOTTED = re.compile(r"[a-z_]+(\.\w+)+")
TEST = re.compile(r"test_\w+")
MODULES = {module.name for module in pkgutil.iter_modules(steps_analysis.__path__)}
SCIENCES = (
    "pathway",
    "randomisation",
    "referrals",
    "outcomes",
    "disclosure",
    "simulation",
)


def named(page):
    """List what stands in backticks."""
    return set(IN_TICKS.findall(page))


def of_the_package(page):
    """List the names that begin with a module of the package."""
    return {
        name
        for name in named(page)
        if DOTTED.fullmatch(name) and name.partition(".")[0] in MODULES
    }


def exists(name):
    """Say whether a dotted name leads to something public."""
    parts = name.split(".")
    if any(part.startswith("_") for part in parts):
        return False
    for n in range(len(parts), 0, -1):
        path = ".".join(["steps_analysis", *parts[:n]])
        try:
            found = importlib.import_module(path)
        except ModuleNotFoundError:
            continue
        for part in parts[n:]:
            found = getattr(found, part, None)
        if found is not None:
            return True
    return False


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("outcomes.cox", True),
        ("outcomes.events.observation.observation", True),
        ("outcomes.coxx", False),
        ("outcomes.cox_fit._limit", False),
        ("nowhere.cox", False),
    ],
)
def test_a_name_is_told_from_a_slip(name, there):
    assert exists(name) is there


@pytest.mark.parametrize("page", ["methods", "differences"])
def test_every_name_of_the_package_exists(page, request):
    names = of_the_package(request.getfixturevalue(page))
    assert names
    assert not {name for name in names if not exists(name)}


@pytest.mark.parametrize("page", ["methods", "differences"])
def test_every_test_named_exists(page, request, texts):
    code = "\n".join(
        text
        for path, text in texts.items()
        if path.startswith("tests/") and path.endswith(".py")
    )
    names = named(request.getfixturevalue(page))
    tests = {name for name in names if TEST.fullmatch(name)}
    assert tests
    assert not {name for name in tests if f"def {name}(" not in code}


@pytest.mark.parametrize("page", ["methods", "differences"])
def test_every_folder_of_tests_named_holds_tests(page, request, texts):
    def holds_tests(place):
        files = [path for path in texts if path.startswith(place)]
        return any("\ndef test_" in texts[path] for path in files)

    names = named(request.getfixturevalue(page))
    places = {name for name in names if name.startswith("tests/")}
    assert places
    assert not {place for place in places if not holds_tests(place)}


@pytest.mark.parametrize("science", SCIENCES)
def test_every_public_name_of_a_science_is_in_the_methods(science, methods):
    exported = importlib.import_module(f"steps_analysis.{science}").__all__
    assert not {f"{science}.{name}" for name in exported} - named(methods)


def test_the_three_calls_of_the_top_level_are_in_the_methods(methods):
    exported = {name for name in steps_analysis.__all__ if name.islower()}
    assert exported == {"evaluate", "load_protocol", "read_trial"}
    assert exported <= named(methods)


def test_every_folder_with_data_has_its_licence_named(texts):
    page = texts["docs/data-licences.md"]
    for path in texts:
        kind, _, rest = path.partition("/")
        if kind == "data" and rest.endswith(".csv"):
            assert "/".join(path.split("/")[:2]) in page, path
        if path.startswith("tests/reference/") and not path.endswith((".md", ".py")):
            assert path.rsplit("/", 1)[1] in page, path
