"""
What is known of one case, checked at one door.

A case is one referral: a mapping with the names of ``referrals.csv``. What is absent,
None, NaN or NA is unknown. A case is personal: no message repeats a value of it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from numbers import Real
from typing import Any

import pandas as pd

from steps_analysis.errors import DataError, did_you_mean, refusal
from steps_analysis.protocol import Protocol
from steps_analysis.trial_data import CONTRACT, Field, Problem, contract_for
from steps_analysis.trial_data.cells import Refused
from steps_analysis.trial_data.problems import found

Value = bool | int | str
Known = Mapping[str, Value]
Fields = Mapping[str, Field]

OLDEST = 120  # years: an age above this is a slip

# No harm comes before the first or after the last, and none after the referral; and the
# child who displayed the behaviour is one of the children involved.
NEVER_ABOVE = (
    ("youngest_age_at_referral", "age_at_referral"),
    ("age_at_first_harm", "age_at_last_harm"),
    ("age_at_first_harm", "age_at_referral"),
    ("age_at_last_harm", "age_at_referral"),
)


def case_fields(protocol: Protocol | None = None) -> dict[str, Field]:
    """
    Give the fields a case may have.

    Parameters
    ----------
    protocol
        The protocol whose sites and further codes count; None for the contract alone.

    Returns
    -------
    dict
        Name to field, in the order of ``referrals.csv``.

    Examples
    --------
    >>> case_fields()["safety_plan"].kind
    'yes_no'
    """
    contract = CONTRACT if protocol is None else contract_for(protocol)
    referrals = next(rule for rule in contract if rule.name == "referrals")
    return {field.name: field for field in referrals.fields}


def known_of(case: Mapping[str, Any], fields: Fields) -> dict[str, Value]:
    """
    Give what is known of a case, or refuse it.

    Parameters
    ----------
    case
        The case.
    fields
        The fields it may have, as `case_fields` gives them.

    Returns
    -------
    dict
        Name to value: ages in completed years, decimals floored. Identifiers and dates
        are left out, as no rule reads them.

    Raises
    ------
    DataError
        If a field is unknown, a value does not fit it, or two ages contradict each
        other; all are named at once, and no value is.

    Examples
    --------
    >>> known_of({"age_at_referral": 11.9, "safety_plan": None}, case_fields())
    {'age_at_referral': 11}
    """
    known, problems = read_case(case, fields)
    if problems:
        raise DataError("\n".join(map(str, problems)))
    return known


def read_case(
    case: Mapping[str, Any], fields: Fields
) -> tuple[dict[str, Value], list[Problem]]:
    """
    Read a case as far as it can be read.

    Parameters
    ----------
    case
        The case.
    fields
        The fields it may have.

    Returns
    -------
    known : dict
        What is known and sound.
    problems : list of Problem
        What is wrong, without a value.
    """
    if not isinstance(case, Mapping):
        message = refusal("case", "map fields to values", type(case).__name__)
        raise DataError(message)
    known: dict[str, Value] = {}
    problems = list(_unknown_fields(case, fields))
    for name, field in fields.items():
        value = case.get(name)
        if field.kind in ("id", "date") or _is_unknown(value):
            continue
        read = _READERS[field.kind](value, field)
        if isinstance(read, Refused):
            problems.append(found("case", name, read.rule, hint=read.hint))
        else:
            known[name] = read
    return known, problems + list(_contradictions(known))


def _unknown_fields(case: Mapping[str, Any], fields: Fields) -> Iterator[Problem]:
    """Find fields that no referral has; a name is quoted where it reads like one."""
    for place, name in enumerate(case, start=1):
        if name not in fields:
            plain = isinstance(name, str) and re.fullmatch(r"[A-Za-z]\w{0,40}", name)
            shown = str(name) if plain else f"#{place}"
            hint = did_you_mean(name, fields)
            yield found("case", shown, "be a column of referrals.csv", hint=hint)


def _is_unknown(value: Any) -> bool:
    """Say whether a value stands for not knowing."""
    return value is None or bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _whole(value: Any, field: Field) -> Value | Refused:
    """Read a whole number, or an age in completed years."""
    is_age = field.unit == "years"
    if not _is_number(value):
        hint = "without quotation marks" if isinstance(value, str) else None
        return Refused("be a number of years" if is_age else "be a number", hint)
    low, high = field.minimum or 0, OLDEST if is_age else field.maximum or OLDEST
    if not low <= value < high + 1:
        return Refused(f"lie between {low:g} and {high:g}")
    whole = math.floor(value)
    return whole if is_age or whole == value else Refused("be a whole number")


def _is_number(value: Any) -> bool:
    """Say whether a value is a real number; a truth value is none."""
    return isinstance(value, Real) and not isinstance(value, bool)


def _yes_no(value: Any, field: Field) -> Value | Refused:
    """Read a yes or no."""
    if pd.api.types.is_bool(value):
        return bool(value)
    return Refused("be true or false", "true and false, without quotation marks")


def _code(value: Any, field: Field) -> Value | Refused:
    """Read one of a closed list; a site need not be one of the trial's."""
    rule = f"be one of {', '.join(field.codes)}"
    if not isinstance(value, str):
        return Refused("be text" if field.name == "site" else rule)
    if value in field.codes:
        return str(value)
    if field.name == "site":
        plain = value.strip().casefold()
        same = [code for code in field.codes if code.casefold() == plain]
        hint = f"did you mean '{same[0]}'?" if same else None
        return Refused(rule, hint) if same else str(value)
    return Refused(rule, did_you_mean(value[:64], field.codes))


_READERS = {"whole": _whole, "yes_no": _yes_no, "code": _code}


def _contradictions(known: Known) -> Iterator[Problem]:
    """Find ages that cannot both be right."""
    for earlier, later in NEVER_ABOVE:
        if earlier in known and later in known and known[earlier] > known[later]:  # type: ignore[operator]  # both are ages
            yield found("case", earlier, f"not exceed `{later}`")
