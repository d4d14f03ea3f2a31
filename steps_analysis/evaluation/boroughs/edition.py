"""What belongs to an edition of the borough reports, and how is it written?"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from steps_analysis.evaluation.boroughs.earlier import RELEASE_FILE
from steps_analysis.evaluation.boroughs.internal_overview import internal_overview
from steps_analysis.evaluation.boroughs.internal_page import internal_page
from steps_analysis.evaluation.boroughs.internal_plans import referral_forecast
from steps_analysis.evaluation.boroughs.internal_volumes import site_volumes
from steps_analysis.evaluation.boroughs.overview import overview
from steps_analysis.evaluation.boroughs.reading import positions
from steps_analysis.evaluation.boroughs.released import BoroughRelease, borough_release
from steps_analysis.evaluation.boroughs.section import covered
from steps_analysis.evaluation.boroughs.site_page import site_page
from steps_analysis.evaluation.publication import check_place_names
from steps_analysis.reporting.document import Document
from steps_analysis.reporting.manifest import MANIFEST
from steps_analysis.reporting.write import write_reports
from steps_analysis.trial_data import TrialData

PAGES = "sites"
_ENTRY = "An internal edition was written, on explicit choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoroughEdition:
    """
    The reports of one edition.

    Attributes
    ----------
    documents
        Report by its place in the folder; the overview has the place ``""``.
    found
        The release that a public edition shows; None for an internal one.
    facts
        What the edition was made from, for its manifest.
    said
        What whoever asked for it is told, a line each.
    """

    documents: Mapping[str, Document]
    found: BoroughRelease | None = field(default=None, repr=False)
    facts: Mapping[str, Any] = field(default_factory=dict)
    said: tuple[str, ...] = ()


def public_edition(
    trial: TrialData,
    *,
    key: str | None = None,
    earlier: Sequence[Mapping[str, Any]] = (),
) -> BoroughEdition | str:
    """
    Make the public edition: an overview and a page for each site, as one release.

    Parameters
    ----------
    trial
        The trial; a commissioner's tables are enough.
    key
        Breaks ties between equally good patterns; kept out of the release. Real data
        need one.
    earlier
        What the ``release.json`` of each earlier public edition says.

    Returns
    -------
    BoroughEdition or str
        The edition, or the reason why nothing can be published.

    Raises
    ------
    DataError
        If an earlier edition is no release.
    DisclosureError
        If synthetic data name a real place that the protocol does not document, or an
        earlier edition covers years that are counted in part only.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> from steps_analysis.simulation import draw_trial
    >>> edition = public_edition(draw_trial(load_protocol(), "null", n=40, seed=1))
    >>> len(edition.documents), edition.documents[""].title
    (15, 'Referrals by borough')
    """
    check_place_names(trial)
    found = borough_release(trial, key=key, earlier=earlier)
    if isinstance(found, str):
        return found
    return BoroughEdition(
        documents=public_documents(trial, found),
        found=found,
        facts=edition_facts(trial) | {"disclosure": found.profile.name},
        said=(
            f"Referrals by {trial.protocol.sites.label} in {covered(found)}, hidden by "
            f"the rule {found.profile.name} and attacked: safe.",
            *found.why,
        ),
    )


def internal_edition(trial: TrialData) -> BoroughEdition | str:
    """
    Make the internal edition: exact figures by month, for the controller's own staff.

    Parameters
    ----------
    trial
        The trial, best read as a commissioner: no arm, treatment or outcome is read.

    Returns
    -------
    BoroughEdition or str
        The edition, marked on every page, or the reason why there is none.

    Raises
    ------
    DisclosureError
        If synthetic data name a real place that the protocol does not document.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> from steps_analysis.simulation import draw_trial
    >>> edition = internal_edition(draw_trial(load_protocol(), "null", n=40, seed=1))
    >>> edition.documents["sites/southwark"].edition
    'internal'
    """
    check_place_names(trial)
    for table in ("referrals", "sites"):
        if getattr(trial, table) is None:
            return f"{table}.csv is absent"
    if trial.need("referrals").empty:
        return "there are no referrals"
    counted = site_volumes(trial)
    forecast = referral_forecast(counted)
    folders = page_places(map(str, sorted(trial.need("sites")["site"])))
    links = {site: f"{folder}/index.html" for site, folder in folders.items()}
    first = internal_overview(trial, counted, forecast, pages=links)
    return BoroughEdition(
        documents={"": first}
        | {
            folder: internal_page(trial, counted, forecast, site)
            for site, folder in folders.items()
        },
        facts=edition_facts(trial),
        said=(
            f"{_ENTRY}: exact counts, for the staff of the data controller alone. "
            "Nothing in it may be published.",
        ),
    )


def public_documents(trial: TrialData, found: BoroughRelease) -> dict[str, Document]:
    """
    Write every page of the public edition from its release.

    Parameters
    ----------
    trial
        The trial: its protocol, its stamp and its extract date are read, no count.
    found
        The release.

    Returns
    -------
    dict
        Report by its place in the folder.
    """
    folders = page_places(map(str, found.population.index))
    links = {site: f"{folder}/index.html" for site, folder in folders.items()}
    places = positions(found)
    return {"": overview(trial, found, pages=links)} | {
        folder: site_page(trial, found, site, places=places)
        for site, folder in folders.items()
    }


def page_places(sites: Iterable[str]) -> dict[str, str]:
    """
    Name the folder of each site's page.

    Parameters
    ----------
    sites
        The sites.

    Returns
    -------
    dict
        Site to its folder, all different.

    Examples
    --------
    >>> list(page_places(["Borough A", "borough a", "—"]).values())
    ['sites/borough-a', 'sites/borough-a-2', 'sites/site']
    """
    found: dict[str, str] = {}
    for site in sites:
        plain = unicodedata.normalize("NFKD", site).encode("ascii", "ignore").decode()
        slug = "-".join(re.findall(r"[a-z0-9]+", plain.lower())) or "site"
        name, n = slug, 1
        while f"{PAGES}/{name}" in found.values():
            n += 1
            name = f"{slug}-{n}"
        found[site] = f"{PAGES}/{name}"
    return found


def edition_facts(trial: TrialData) -> dict[str, Any]:
    """
    Say what an edition was made from, without a digest of any data.

    Parameters
    ----------
    trial
        The trial.

    Returns
    -------
    dict
        Facts for the manifest.
    """
    return {
        "document": "borough reports",
        "protocol_digest": trial.protocol.digest,
        "provenance": trial.provenance,
        "extract_month": f"{trial.extract_date:%Y-%m}",
        "role": trial.role,
    }


def write_edition(
    edition: BoroughEdition,
    folder: str | Path,
    *,
    formats: Iterable[str] = ("html",),
) -> Path:
    """
    Write an edition into a folder, replacing an older one there at one instant.

    Parameters
    ----------
    edition
        The edition.
    folder
        Where to write it; made if need be.
    formats
        As for `steps_analysis.reporting.write_reports`.

    Returns
    -------
    Path
        The folder: the overview, a page for each site, and for a public edition
        ``release.json``, which holds what is public and nothing else.

    Raises
    ------
    DisclosureError
        If a public page shows sites without a safe audit.
    ArgumentError
        If the folder holds something else, or a format cannot be written.
    """
    files, facts = {}, dict(edition.facts)
    if edition.found is not None:
        files[RELEASE_FILE] = edition.found.release.to_json()
    if edition.documents[""].edition == "internal":
        facts["log"] = [*_log(folder), _ENTRY]
    return write_reports(
        edition.documents, folder, manifest_facts=facts, files=files, formats=formats
    )


def edition_there(folder: str | Path) -> str | None:
    """
    Say which edition a folder holds already.

    Parameters
    ----------
    folder
        Any folder.

    Returns
    -------
    str or None
        ``"public"`` or ``"internal"``; None where it holds no report.
    """
    there = _manifest(folder).get("edition")
    return there if isinstance(there, str) else None


def _log(folder: str | Path) -> list[Any]:
    """Read the log of the internal editions written to a folder before."""
    log = _manifest(folder).get("log")
    return log if isinstance(log, list) else []


def _manifest(folder: str | Path) -> dict[str, Any]:
    """Read the manifest of a folder, empty where there is none."""
    try:
        said = json.loads((Path(folder) / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
