"""Damage to one cell."""

from __future__ import annotations

from datetime import date, timedelta

from tests.trial_data.damage.case import TOKEN, Case, filled

ANY = ("id", "code", "date", "whole", "number", "yes_no")


def _cell(change, *kinds, want=lambda field: True):
    """Make a kind that changes the text of a filled cell of certain kinds."""
    is_filled = filled(*kinds)

    def kind(case: Case):
        spot = case.spot(lambda field, text: is_filled(field, text) and want(field))
        return spot and case.put(spot, change(case.text(spot), spot.field))

    return kind


def _to(text, *kinds, want=lambda field: True):
    """Make a kind that puts the same text in a filled cell of certain kinds."""
    return _cell(lambda old, field: text, *kinds, want=want)


def _date(form):
    """Make a kind that writes a date otherwise."""
    return _cell(lambda text, field: date.fromisoformat(text).strftime(form), "date")


def _slip(text, field):
    """Double a letter, unless that is a code as well."""
    slip = text[:1] + text
    return slip if slip not in field.codes else slip + TOKEN


def _other_case(text, field):
    return text.upper() if text.upper() != text else text.lower()


def _full_width(text, field):
    return text.translate({ord("0") + i: 0xFF10 + i for i in range(10)})


def _swapped(text, field):
    """Write day and month the other way round, where that is no date."""
    year, _, day = text.split("-")
    return f"{year}-{max(int(day), 13):02d}-05"


def _serial(text, field):
    return str((date.fromisoformat(text) - date(1899, 12, 30)).days)


def _after_extract(text, field):
    return str(date(2098, 1, 1) + timedelta(days=len(text)))


def _not_planned(field):
    return not field.is_planned


def _has_maximum(field):
    return field.maximum is not None and field.kind in ("whole", "number")


def emptied(case: Case):
    """Empty a cell that must be given."""
    spot = case.spot(lambda field, text: field.required and bool(text))
    return spot and case.put(spot, "")


def nobody(case: Case):
    """Name somebody, or something, that is not there."""
    spot = case.spot(lambda field, text: field.target is not None and bool(text))
    if spot is None or spot.field.kind != "id":
        return None
    return case.put(spot, f"{TOKEN}-9")


def nobody_in_capitals(case: Case):
    """Write an identifier that leads elsewhere in other capitals."""
    spot = case.spot(
        lambda field, text: field.target is not None and field.kind == "id" and text
    )
    return spot and case.put(spot, case.text(spot).swapcase())


CELLS = {
    "code with a slip": _cell(_slip, "code"),
    "code in capitals": _cell(_other_case, "code"),
    "code with a space": _cell(lambda text, field: f"{text} ", "code"),
    "code of nothing": _to(TOKEN, "code"),
    "code with a Cyrillic letter": _cell(lambda text, f: text[:-1] + "\u0430", "code"),
    "code as a number": _to("3", "code"),
    "digits of full width": _cell(_full_width, "date", "whole"),
    "date, British": _date("%d/%m/%Y"),
    "date, American": _date("%m/%d/%Y"),
    "date with two digits": _date("%d-%m-%y"),
    "date without hyphens": _date("%Y%m%d"),
    "date with a time": _date("%Y-%m-%dT00:00:00"),
    "date in words": _date("%d %B %Y"),
    "date of a week": _date("%G-W%V-%u"),
    "date with slashes": _date("%Y/%m/%d"),
    "date of a spreadsheet": _cell(_serial, "date"),
    "day and month swapped": _cell(_swapped, "date"),
    "30 February": _cell(lambda text, field: text[:4] + "-02-30", "date"),
    "the day nought": _cell(lambda text, field: text[:8] + "00", "date"),
    "date of another age": _cell(lambda text, field: "0" + text[1:], "date"),
    "date before any trial": _to("1900-01-01", "date"),
    "date after the extract": _cell(_after_extract, "date", want=_not_planned),
    "date beyond measure": _to("9999-12-31", "date"),
    "number with a thousands comma": _to("1,234", "whole", "number"),
    "number with a decimal comma": _to("12,5", "whole", "number"),
    "number in words": _to("twelve", "whole", "number"),
    "number with its unit": _cell(lambda text, f: text + " months", "whole", "number"),
    "number with a plus": _cell(lambda text, field: "+" + text, "whole", "number"),
    "number in hexadecimal": _to("0x1F", "whole", "number"),
    "infinite": _to("inf", "number", "whole"),
    "not a number": _to("NaN", "number", "whole"),
    "number beyond measure": _to("1e999", "number"),
    "number of many digits": _to("9" * 400, "whole", "number"),
    "half": _cell(lambda text, field: text + ".5", "whole"),
    "whole number with a point": _cell(lambda text, field: text + ".0", "whole"),
    "whole number with an exponent": _to("1e1", "whole"),
    "negative": _to("-7", "whole", "number"),
    "above its range": _cell(
        lambda text, field: f"{int(field.maximum) + 1}", "whole", want=_has_maximum
    ),
    "far above its range": _to("1e15", "number", want=_has_maximum),
    "yes": _to("yes", "yes_no"),
    "Y": _to("Y", "yes_no"),
    "one": _to("1", "yes_no"),
    "TRUE": _cell(lambda text, field: text.upper(), "yes_no"),
    "perhaps": _to("perhaps", "yes_no"),
    "NA": _to("NA", *ANY),
    "null": _to("null", *ANY),
    "a hyphen": _to("-", *ANY),
    "a question mark": _to("?", *ANY),
    "spreadsheet's error": _to("#REF!", "code", "date", "whole", "number", "yes_no"),
    "formula": _to("=A1+1", "code", "date", "whole", "number", "yes_no"),
    "nothing but spaces": _to("  ", *ANY),
    "free text": _to(f"{TOKEN} the family moved house " * 4, "id"),
    "rubbish": _to(f"{TOKEN}~{TOKEN}", "code", "date", "whole", "number", "yes_no"),
    "emptied": emptied,
    "nobody": nobody,
    "somebody in capitals": nobody_in_capitals,
}
