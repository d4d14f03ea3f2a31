"""What may be done to a folder and changes nothing: it reads to equal data."""

from __future__ import annotations

import csv
import json
from decimal import Decimal

from tests.trial_data.damage.case import Case, filled
from tests.trial_data.damage.in_folders import PACKAGE, PROTOCOL


def _whole(change):
    """Make a kind that changes a table's bytes."""

    def kind(case: Case):
        rule = case.table(least_rows=0)
        if rule is None:
            return False
        case.files[rule.file] = change(case.files[rule.file])
        return True

    return kind


def mixed_line_ends(case: Case):
    """End lines in all three ways."""
    rule = case.table()
    if rule is None:
        return False
    ends = case.rng.choice(["\n", "\r\n", "\r"], size=len(case.lines(rule)))
    lines = zip(case.lines(rule), ends, strict=True)
    case.files[rule.file] = "".join(f"{line}{end}" for line, end in lines).encode()
    return True


def quoted(case: Case):
    """Put every cell in quotation marks."""
    rule = case.table(least_rows=0)
    if rule is None:
        return False
    case.write(rule, case.rows(rule), quoting=csv.QUOTE_ALL)
    return True


def shuffled(case: Case):
    """Put the columns in another order."""
    rule = case.table(least_rows=0)
    if rule is None:
        return False
    rows = case.rows(rule)
    order = case.rng.permutation(len(rows[0]))
    case.write(rule, [[row[j] for j in order] for row in rows])
    return True


def _number(change, *kinds):
    """Make a kind that writes a number otherwise."""

    def kind(case: Case):
        spot = case.spot(filled(*kinds))
        if spot is not None:
            case.put(spot, change(case.text(spot)))
        return spot is not None

    return kind


def _beside(name, data=b"anything"):
    """Make a kind that puts another file in the folder."""

    def kind(case: Case):
        case.files[name] = data
        return True

    return kind


def copied(case: Case):
    """Put a copy of a table beside it."""
    rule = case.one_of(case.tables())
    if rule is None:
        return False
    case.files[f"{rule.name} (1).csv"] = case.files[rule.file]
    return True


def moved_and_linked(case: Case):
    """Keep a table elsewhere, and a link to it."""
    rule = case.table(least_rows=0)
    if rule is None:
        return False
    case.files[f"{rule.name}.kept"] = case.files.pop(rule.file)

    def link(folder):
        (folder / rule.file).symlink_to(f"{rule.name}.kept")

    case.afterwards.append(link)
    return True


def read_only(case: Case):
    """Forbid writing to a table."""
    rule = case.table(least_rows=0)
    if rule is None:
        return False
    case.afterwards.append(lambda folder: (folder / rule.file).chmod(0o444))
    return True


def _package(change):
    """Make a kind that writes the package otherwise."""

    def kind(case: Case):
        if PACKAGE in case.touched:
            return False
        case.touched.add(PACKAGE)
        case.files[PACKAGE] = change(case.files[PACKAGE])
        return True

    return kind


def _retold(change):
    """Make a kind that changes the package as an object."""
    return _package(lambda data: json.dumps(change(json.loads(data))).encode())


def _bare(facts):
    return {key: facts[key] for key in ("extract_date", "provenance")}


def _other_types(facts):
    """Say of every column that it is of another type: no reader goes by that."""
    text = json.dumps(facts).replace('"string"', '"geopoint"')
    return json.loads(text.replace('"date"', '"string"'))


def _protocol(change):
    """Make a kind that writes the protocol otherwise."""

    def kind(case: Case):
        if PROTOCOL in case.touched or PROTOCOL not in case.files:
            return False
        case.touched.add(PROTOCOL)
        case.files[PROTOCOL] = change(case.files[PROTOCOL])
        return True

    return kind


HARMLESS = {
    "byte order mark": _whole(lambda data: b"\xef\xbb\xbf" + data),
    "CRLF": _whole(lambda data: data.replace(b"\n", b"\r\n")),
    "CR": _whole(lambda data: data.replace(b"\n", b"\r")),
    "byte order mark and CRLF": _whole(
        lambda data: b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n")
    ),
    "mixed line ends": mixed_line_ends,
    "no line end at the end": _whole(lambda data: data.rstrip(b"\n")),
    "empty lines at the end": _whole(lambda data: data + b"\n\r\n\n"),
    "quoted": quoted,
    "shuffled": shuffled,
    "number with an exponent": _number(lambda text: f"{Decimal(text):E}", "number"),
    "number with noughts behind": _number(
        lambda text: text + ("0" if "." in text else ".0"), "number"
    ),
    "number with noughts before": _number(lambda text: "00" + text, "whole"),
    "a letter beside": _beside("letter.txt"),
    "a list beside": _beside("raw.csv"),
    "a hidden file beside": _beside(".DS_Store", b"\x00\x00\x00\x01Bud1"),
    "a lock beside": _beside("~$events.csv", b"\x05"),
    "a table copied": copied,
    "a table linked": moved_and_linked,
    "a table read-only": read_only,
    "package with a mark and CRLF": _package(
        lambda data: b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n")
    ),
    "package in one line": _retold(lambda facts: facts),
    "package backwards": _retold(lambda facts: dict(reversed(facts.items()))),
    "package bare": _retold(_bare),
    "package with other types": _retold(_other_types),
    "protocol with a mark and CRLF": _protocol(
        lambda data: b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n")
    ),
}
