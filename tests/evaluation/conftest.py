import pytest

from steps_analysis.protocol import load_protocol
from steps_analysis.simulation import draw_trial
from steps_analysis.trial_data import read_trial, write_trial


@pytest.fixture(scope="session")
def drawn():
    """One synthetic trial of 40 families."""
    return draw_trial(load_protocol(), "null", n=40, seed=20140618)


@pytest.fixture(scope="session")
def folder(drawn, tmp_path_factory):
    """The same, as a data folder."""
    place = tmp_path_factory.mktemp("trial") / "data"
    write_trial(drawn, place)
    return place


@pytest.fixture(scope="session")
def trial(folder):
    """The same, read back."""
    return read_trial(folder)
