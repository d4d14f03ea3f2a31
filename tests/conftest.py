"""What the tests of several folders share."""

import shutil

import pytest
from hypothesis import settings

# A busy machine is no fault of what is tested.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium, or a skip with its reason."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("chromium is not installed")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is missing")
    with api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def grave_faults():
    """A function that gives the serious faults of accessibility of an open page."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()

    def faults(page):
        page.evaluate(
            "document.querySelectorAll('details').forEach(d => d.open = true)"
        )
        return [
            (fault["id"], fault["impact"], [n["html"][:200] for n in fault["nodes"]])
            for fault in axe.run(page).response["violations"]
            if fault["impact"] in ("serious", "critical")
        ]

    return faults
