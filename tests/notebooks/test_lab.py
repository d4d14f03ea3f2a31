"""JupyterLab in a real browser: open a notebook, run it, see its figure."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOK = "01_allocation_and_balance"
TOKEN = "only-for-this-test"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
IDLE = ".jp-Notebook-ExecutionIndicator[data-status='idle']"
RUN_ALL = "[data-command='runmenu:run-all']"
SECONDS = 90

try:
    from playwright.sync_api import TimeoutError as PlaywrightTimeout
except ImportError:  # then the test is skipped
    PlaywrightTimeout = TimeoutError

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """Copy what the notebook reads: running and saving must not touch the committed."""
    place = tmp_path / "work"
    for folder in ("notebooks", "data"):
        shutil.copytree(ROOT / folder, place / folder)
    shutil.copy(ROOT / "pyproject.toml", place)
    notebook = place / "notebooks" / f"{NOTEBOOK}.ipynb"
    content = json.loads(notebook.read_text(encoding="utf-8"))
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
    notebook.write_text(json.dumps(content), encoding="utf-8")
    return place


@pytest.fixture
def address(workplace: Path, tmp_path: Path) -> Iterator[str]:
    """Start JupyterLab on a free port, with nothing of this person's settings."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        f"--ServerApp.root_dir={workplace}",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={TOKEN}",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    settings = {name: str(tmp_path / name) for name in (*names, "IPYTHONDIR")}
    settings["JUPYTERLAB_SETTINGS_DIR"] = str(tmp_path / "settings")
    settings["JUPYTERLAB_WORKSPACES_DIR"] = str(tmp_path / "workspaces")
    # Every output is drawn, also those below the window.
    tracker = tmp_path / "settings" / "@jupyterlab" / "notebook-extension"
    tracker.mkdir(parents=True)
    windowing = json.dumps({"windowingMode": "none"})
    (tracker / "tracker.jupyterlab-settings").write_text(windowing)
    log = tmp_path / "lab.log"
    with log.open("wb") as said:
        server = subprocess.Popen(
            words,
            cwd=workplace,
            env={**os.environ, **settings},
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/api?token={TOKEN}", server, log)
        yield address
    finally:
        stop(server)


def wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the server answers."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


def stop(server: subprocess.Popen[bytes]) -> None:
    """End the server, which ends its kernels; kill its group if it does not."""
    server.send_signal(signal.SIGTERM)
    try:
        server.wait(timeout=15)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(timeout=5)


def saved_outputs(notebook: Path) -> list[dict[str, object]]:
    """Wait until the notebook is saved with every cell run; return its outputs."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        if all(cell["execution_count"] for cell in code):
            return [output for cell in code for output in cell["outputs"]]
        time.sleep(0.2)
    pytest.fail("the notebook was not saved with every cell run")


def wait_for_kernel(address: str) -> None:
    """Wait until the notebook's kernel is idle and the page is connected to it."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        with urllib.request.urlopen(f"{address}/api/sessions?token={TOKEN}") as answer:
            kernels = [session["kernel"] for session in json.load(answer)]
        if any(k["connections"] and k["execution_state"] == "idle" for k in kernels):
            return
        time.sleep(0.2)
    pytest.fail("the notebook's kernel did not start")


def run_all(page: Any, figures: Any) -> None:
    """Run all cells; answer the question for a kernel that a quick click raises."""
    question = page.locator(".jp-Dialog .jp-mod-accept")
    for _ in range(4):
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.locator(RUN_ALL).click()
        with suppress(PlaywrightTimeout):
            figures.or_(question).first.wait_for(timeout=30_000, state="attached")
        if figures.count():
            return
        if question.count():
            question.click()
    pytest.fail("no figure after running all cells")


def test_a_notebook_runs_in_jupyterlab_and_shows_its_figure(
    workplace: Path, address: str
):
    playwright = pytest.importorskip("playwright.sync_api")
    script = workplace / "notebooks" / f"{NOTEBOOK}.py"
    before = script.read_bytes()
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        try:
            page = browser.new_page(viewport={"width": 1400, "height": 1000})
            page.set_default_timeout(1000 * SECONDS)
            page.goto(f"{address}/lab/tree/notebooks/{NOTEBOOK}.ipynb?token={TOKEN}")
            page.wait_for_selector(
                IDLE
            )  # or a question about the kernel waits for ever
            figures = page.locator(".jp-OutputArea-output img")
            assert figures.count() == 0

            wait_for_kernel(address)
            run_all(page, figures)
            page.wait_for_selector(IDLE)
            assert figures.first.evaluate("image => image.naturalWidth") > 500

            page.keyboard.press("Control+s")
            outputs = saved_outputs(script.with_suffix(".ipynb"))
        finally:
            browser.close()
    kinds = {output["output_type"] for output in outputs}
    assert kinds <= {"display_data", "execute_result"}, "an error, or a warning"
    assert any("image/png" in output["data"] for output in outputs)
    assert script.read_bytes() == before, "saving changed the script"
