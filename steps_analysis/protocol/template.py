"""The protocol of a new trial: short, valid, and full of notes on what to write."""

from __future__ import annotations

import json
from collections.abc import Sequence

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.protocol.loader import parse_protocol

_TEXT = """\
# The protocol of {name}: every public fact of the trial, read by every command.
#
# It holds as little as a protocol may. Change what is not yours, and add what is; the
# protocol of STEPS-B, which ships with the package, shows everything that can be said.
# `steps check` says what contradicts itself. Never put the allocation key in here.

[trial]
short_name = {name}
title = {name}
question = {question}
design = "to be stated"
population = "families with one index child"
{planned}
# The unit of randomisation, and what several are called.
unit = "family"
unit_label = "families"
# registration = "ISRCTN00000000"

# Exactly one treatment and one control. `share` is the ratio: 2 and 1 for two to one.
# `treatments` says which codes of treatment_received count as having had the arm.
[[arms]]
code = {treatment}
label = {treatment}
role = "treatment"
share = 1

[[arms]]
code = {control}
label = {control}
role = "control"
share = 1

[sites]
label = "site"
label_plural = "sites"
names = {sites}

# What the allocation balances. A factor other than the site is a column of
# participants.csv, with these levels and no others:
#
# [[factors]]
# name = "sex"
# label = "Sex"
# levels = ["male", "female"]
# source = "sex"

[[factors]]
name = "site"
label = "Site"

# How families are allocated; "not_stated" leaves the randomisation test out.
# procedure = "minimisation", factors = ["site", "sex"], imbalance = "range", p = 0.8
[allocation]
procedure = "not_stated"

# The months of the visits, counted from randomisation, and the scores taken there,
# each a column of visits.csv:
#
# [visits]
# months = [0, 6]
# window_weeks = 4
#
# [[visits.scores]]
# name = "sdq_total"
# label = "Strengths and Difficulties total"
# minimum = 0
# maximum = 40
# higher_is = "worse"

# The outcome here is that of STEPS-B, with its twenty months: set your own.
[[outcomes]]
code = "P1"
label = "New out-of-home placement"
kind = "binary"
events = ["placement"]
follow_up_months = 20
ends_with = ["withdrew_data", "moved", "died"]

[[estimands]]
code = "E1"
outcome = "P1"
population = "all"
summary = "risk_difference"
at_months = 20
primary = true

# Any whole number, chosen before the data are seen.
[analysis]
seed = 1

# Where each fact comes from: S founding text, P published, M recalled, A decided.
[marks]
trial = "A"
arms = "A"
sites = "A"
factors = "A"
allocation = "A"
outcomes = "A"
estimands = "A"
analysis = "A"
"""


def protocol_template(
    *, name: str, sites: Sequence[str], arms: Sequence[str], n: int | None = None
) -> str:
    """
    Write the protocol of a new trial, to be completed by hand.

    Parameters
    ----------
    name
        What the trial is called, in short.
    sites
        The names of its sites.
    arms
        The codes of its arms: the treatment under test, then the control.
    n
        How many families are to be recruited; None if not yet known.

    Returns
    -------
    str
        A valid protocol in TOML, with notes.

    Raises
    ------
    ArgumentError
        If there are not two arms, or no name, or `n` is not positive.
    ProtocolError
        If the names cannot make a protocol, such as two sites of one name.

    Notes
    -----
    The outcome is STEPS-B's primary one, because a protocol needs one; every fact is
    marked as a decision (A), to be marked otherwise where it has a source.

    Examples
    --------
    >>> text = protocol_template(name="NEW", sites=["North"], arms=["new", "usual"])
    >>> parse_protocol(text).sites.names
    ('North',)
    """
    if not name.strip():
        raise ArgumentError(refusal("name", "be given", name))
    if len(arms) != 2:
        rule = "be two codes, the treatment's first"
        raise ArgumentError(refusal("arms", rule, list(arms)))
    if n is not None and n < 1:
        raise ArgumentError(refusal("n", "be at least 1", n))
    planned = "# planned_n = 100" if n is None else f"planned_n = {n}"
    text = _TEXT.format(
        name=_quoted(name),
        question=_quoted(
            f"Does {arms[0]}, compared with {arms[1]}, change what happens to the "
            "children who take part?"
        ),
        planned=planned,
        treatment=_quoted(arms[0]),
        control=_quoted(arms[1]),
        sites=json.dumps(list(sites), ensure_ascii=False),
    )
    parse_protocol(text)
    return text


def _quoted(text: str) -> str:
    """Write text as TOML does."""
    return json.dumps(text, ensure_ascii=False)
