"""Synthetic trials as data: any of them, and the two this package ships."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from steps_analysis.errors import ArgumentError, did_you_mean, refusal
from steps_analysis.protocol import Protocol, load_protocol
from steps_analysis.simulation.draw import as_date, draw_arrays
from steps_analysis.simulation.scenario import Scenario
from steps_analysis.simulation.tables import trial_tables
from steps_analysis.simulation.world import WORLD, World
from steps_analysis.trial_data import TrialData, write_trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """
    How a shipped synthetic trial is drawn.

    Attributes
    ----------
    n
        Families to recruit.
    scenario
        Name of the scenario.
    trial
        Which replicate of the protocol's analysis seed.

    Examples
    --------
    >>> PRESETS["achieved"].n
    40
    """

    n: int
    scenario: str = "null"
    trial: int = 0


LICENCE: Mapping[str, str] = MappingProxyType(
    {
        "name": "CC0-1.0",
        "title": "Creative Commons Zero 1.0",
        "path": "https://creativecommons.org/publicdomain/zero/1.0/",
    }
)

# The replicate is the first, not a chosen one: what it shows is what the world gave.
PRESETS: Mapping[str, Preset] = MappingProxyType(
    {"planned": Preset(n=80), "achieved": Preset(n=40)}
)


def draw_trial(
    protocol: Protocol,
    scenario: Scenario | str = "null",
    *,
    n: int | None = None,
    trial: int = 0,
    world: World = WORLD,
    seed: int,
) -> TrialData:
    """
    Draw a whole synthetic trial as data.

    Parameters
    ----------
    protocol
        Any protocol; where it is silent the world's defaults stand in.
    scenario
        How the treatment acts, or the name of a scenario.
    n
        How many families to recruit; None for the number the protocol plans, or else
        reached. Recruiting stops there; where families run out the trial is smaller.
    trial
        Which replicate; trial i is the same however many are drawn.
    world
        The world's constants.
    seed
        The seed.

    Returns
    -------
    TrialData
        A trial of provenance "synthetic", seen by the statistician.

    Raises
    ------
    ArgumentError
        If the scenario is unknown, or `n`, `trial` or `seed` is impossible.
    ProtocolError
        If the protocol's allocation procedure is impossible.

    Examples
    --------
    >>> trial = draw_trial(load_protocol(), n=40, seed=1)
    >>> len(trial.need("participants")), trial.provenance
    (40, 'synthetic')
    """
    arrays = draw_arrays(protocol, scenario, n=n, trial=trial, world=world, seed=seed)
    empty = TrialData(
        protocol=protocol,
        extract_date=as_date(arrays.extract),
        provenance="synthetic",
    )
    tables: Mapping[str, Any] = trial_tables(arrays, protocol, world=world)
    return replace(empty, **tables)


def committed(name: str) -> TrialData:
    """
    Draw one of the synthetic trials that this package ships.

    Parameters
    ----------
    name
        One of the names in `PRESETS`; its data lie in ``data/synthetic/<name>``.

    Returns
    -------
    TrialData
        The trial, drawn from STEPS-B and its analysis seed.

    Raises
    ------
    ArgumentError
        If there is no such trial.

    Examples
    --------
    >>> len(committed("achieved").need("participants"))
    40
    """
    if name not in PRESETS:
        rule = f"be one of {', '.join(PRESETS)}"
        hint = did_you_mean(name, PRESETS)
        raise ArgumentError(refusal("name", rule, name, hint=hint))
    preset, protocol = PRESETS[name], load_protocol()
    return draw_trial(
        protocol,
        preset.scenario,
        n=preset.n,
        trial=preset.trial,
        seed=protocol.analysis.seed,
    )


def write_synthetic(trial: TrialData, folder: str | Path) -> None:
    """
    Write a synthetic trial as a data folder, with its licence.

    Parameters
    ----------
    trial
        The trial.
    folder
        Where to; new, empty, or a trial's data folder, which is replaced.

    Raises
    ------
    ArgumentError
        If the trial's provenance is not "synthetic".
    DataError
        If the folder holds other things, or the protocol was not read from text.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from steps_analysis.trial_data import check_trial
    >>> with TemporaryDirectory() as folder:
    ...     write_synthetic(committed("achieved"), folder)
    ...     check_trial(folder)
    ()
    """
    if trial.provenance != "synthetic":
        rule = "be 'synthetic': the licence is for drawn data only"
        raise ArgumentError(refusal("provenance", rule, trial.provenance))
    write_trial(trial, folder, licences=(dict(LICENCE),))
