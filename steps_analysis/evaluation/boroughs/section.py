"""Referrals by site within the evaluation report: what the public edition shows too."""

from __future__ import annotations

from steps_analysis.evaluation.boroughs.exhibits import counts_table, funnel_figure
from steps_analysis.evaluation.boroughs.linking import SITES
from steps_analysis.evaluation.boroughs.reading import published_funnel
from steps_analysis.evaluation.boroughs.released import BoroughRelease, borough_release
from steps_analysis.protocol import Protocol
from steps_analysis.reporting.blocks import Block, Callout, Paragraph, Table
from steps_analysis.reporting.document import Section
from steps_analysis.trial_data import TrialData

TESTED = (
    "What can be worked out from the published figures was tested: every small count "
    "could still be any number in the hidden range."
)
READING = (
    "More referrals may mean better identification. A high point is not a bad one, and "
    "a low point is not a good one; where there are few referrals, they are too few to "
    "tell."
)


def borough_section(trial: TrialData, *, key: str | None = None) -> Section | str:
    """
    Report referrals by borough: a protected table, and a funnel made from it.

    Parameters
    ----------
    trial
        The trial.
    key
        As for `borough_release`.

    Returns
    -------
    Section or str
        The section, or the reason why there is none.

    Notes
    -----
    It shows part of the release that the borough reports show, hidden in the same
    places: two reports of the same data tell no more than one.
    """
    found = borough_release(trial, key=key)
    if isinstance(found, str):
        return found
    protocol = trial.protocol
    label = protocol.sites.label
    words = (
        f"Children identified and referred for harmful sexual behaviour, by {label}, "
        f"in {covered(found)}. These are all referrals, whether or not the family "
        f"joined the trial. {protocol.sites.label_plural.capitalize()} stand in "
        "alphabetical order; they are not ranked."
    )
    blocks: list[Block] = [Paragraph(words), sites_table(trial, found)]
    places = published_funnel(found)
    if places is not None:
        blocks.append(funnel_figure(protocol, found, places))
    blocks.append(Callout("note", READING))
    return Section(
        title=f"Referrals by {label}", slug="referrals", blocks=tuple(blocks)
    )


def covered(found: BoroughRelease) -> str:
    """
    Say which stretch of time a release covers.

    Parameters
    ----------
    found
        The release.

    Returns
    -------
    str
        Such as ``"the financial years 2012/13 to 2015/16"``.
    """
    if "/" not in found.years[0]:
        return f"the months {found.span}"
    return f"the financial year{'s' if len(found.years) > 1 else ''} {found.span}"


def sites_table(trial: TrialData, found: BoroughRelease) -> Table:
    """
    Write the protected counts by site, with rates made from them.

    Parameters
    ----------
    trial
        The trial.
    found
        Its release.

    Returns
    -------
    Table
        Sites in alphabetical order.
    """
    label, protocol = trial.protocol.sites.label, trial.protocol
    return counts_table(
        found,
        SITES,
        name="referrals-by-site",
        caption=f"Referrals by {label}, {found.span}",
        heading=label.capitalize(),
        notes=(*population_note(trial, protocol), *found.why, TESTED),
    )


def population_note(trial: TrialData, protocol: Protocol) -> tuple[str, ...]:
    """
    Say whose populations rates rest on.

    Parameters
    ----------
    trial
        The trial.
    protocol
        Its protocol.

    Returns
    -------
    tuple of str
        A sentence for data that are not drawn by a computer.
    """
    if trial.provenance == "synthetic":
        return ()
    return ("Rates use the populations in sites.csv.",)
