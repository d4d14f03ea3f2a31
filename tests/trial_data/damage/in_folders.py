"""Damage to the folder, to its package and to its protocol."""

from __future__ import annotations

import json
import os

from steps_analysis.trial_data import NEEDED_TABLES
from tests.trial_data.damage.case import Case, Refusal, Told

PACKAGE, PROTOCOL = "datapackage.json", "protocol.toml"


def _instead(make):
    """Make a kind that puts something that is no file in a file's place."""

    def kind(case: Case):
        rule = case.table(least_rows=0)
        if rule is None:
            return None
        del case.files[rule.file]
        case.afterwards.append(lambda folder: make(folder / rule.file))
        return Told(rule.file)

    return kind


def _lost(needed: bool):
    """Make a kind that loses a file, which the package lists or an evaluation needs."""

    def kind(case: Case):
        tables = [t for t in case.tables() if (t.name in NEEDED_TABLES) == needed]
        rule = case.touch(case.one_of(tables))
        if rule is None:
            return None
        del case.files[rule.file]
        return Told(rule.file)

    return kind


def _misnamed(change):
    """Make a kind that gives a file another name."""

    def kind(case: Case):
        rule = case.table(least_rows=0)
        if rule is None:
            return None
        case.files[change(rule.name)] = case.files.pop(rule.file)
        return Told(rule.file)

    return kind


def exchanged(case: Case):
    """Exchange the contents of two files."""
    one, other = case.table(), case.table()
    if one is None or other is None:
        return None
    files = case.files
    files[one.file], files[other.file] = files[other.file], files[one.file]
    return Told(one.file, 1)


def overwritten(case: Case):
    """Put another table's content over a file."""
    one, other = case.table(), case.table()
    if one is None or other is None:
        return None
    case.files[one.file] = case.files[other.file]
    return Told(one.file, 1)


def _package(change, column=None):
    """Make a kind that changes the package's bytes."""

    def kind(case: Case):
        if PACKAGE in case.touched or PACKAGE not in case.files:
            return None
        case.touched.add(PACKAGE)
        case.files[PACKAGE] = change(case.files[PACKAGE])
        return Told(PACKAGE, None, column)

    return kind


def _fact(key, value):
    """Make a kind that changes what the package says under a key."""

    def change(data):
        facts = json.loads(data)
        if value is None:
            del facts[key]
        else:
            facts[key] = value
        return json.dumps(facts, indent=1).encode()

    return _package(change, column=key)


def package_lost(case: Case):
    """Lose the package."""
    if PACKAGE in case.touched:
        return None
    case.touched.add(PACKAGE)
    del case.files[PACKAGE]
    return Told(PACKAGE)


def extracted_too_early(case: Case):
    """Say that records are complete up to a day before the first of them."""
    fact = _fact("extract_date", "1985-01-01")(case)
    if fact is None or "participants.csv" in case.touched:
        return fact and None
    case.touched.add("participants.csv")
    return Told("participants.csv", 2, "randomisation_date")


def _protocol(change):
    """Make a kind that breaks the protocol, which is then refused as a whole."""

    def kind(case: Case):
        if PROTOCOL not in case.files or case.touched:
            return None
        changed = change(case.files[PROTOCOL])
        if changed == case.files[PROTOCOL]:
            return None
        case.touched.update({*case.files, PACKAGE})  # nothing else is told beside it
        case.files[PROTOCOL] = changed
        return Refusal()

    return kind


def protocol_link_to_nowhere(case: Case):
    """Put a link to nowhere in the protocol's place."""
    if PROTOCOL not in case.files or case.touched:
        return None
    case.touched.update({*case.files, PACKAGE})
    del case.files[PROTOCOL]
    case.afterwards.append(lambda folder: (folder / PROTOCOL).symlink_to("gone.toml"))
    return Refusal()


def _line_lost(word):
    """Lose the first line that begins with a word."""

    def change(data):
        lines = data.splitlines(keepends=True)
        lost = next(i for i, line in enumerate(lines) if line.startswith(word))
        return b"".join(lines[:lost] + lines[lost + 1 :])

    return change


def site_of_the_protocol_lost(case: Case):
    """Leave a site out of the protocol that the data have."""
    if PROTOCOL not in case.files or case.touched:
        return None
    name = case.rows("sites")[-1][0]
    text = case.files[PROTOCOL].decode()
    if f', "{name}"]' not in text:
        return None
    case.touched.update({*case.files, PACKAGE})
    case.files[PROTOCOL] = text.replace(f', "{name}"]', "]", 1).encode()
    return Told("sites.csv", len(case.rows("sites")), "site")


FOLDERS = {
    "folder for a file": _instead(lambda path: path.mkdir()),
    "link to nowhere": _instead(lambda path: path.symlink_to("gone.csv")),
    "link to itself": _instead(lambda path: path.symlink_to(path.name)),
    "link to its folder": _instead(lambda path: path.symlink_to(path.parent)),
    "pipe for a file": _instead(os.mkfifo),
    "needed file lost": _lost(needed=True),
    "listed file lost": _lost(needed=False),
    "name of a file in capitals": _misnamed(lambda name: f"{name.upper()}.CSV"),
    "name of a file with a slip": _misnamed(lambda name: f"{name}x.csv"),
    "name of a file numbered": _misnamed(lambda name: f"{name} (1).csv"),
    "name of a file with another ending": _misnamed(lambda name: f"{name}.csv.txt"),
    "two files exchanged": exchanged,
    "file overwritten": overwritten,
    "package lost": package_lost,
    "package emptied": _package(lambda data: b""),
    "package cut": _package(lambda data: data[: len(data) // 2]),
    "package of noughts": _package(lambda data: b"\x00" * len(data)),
    "package with a comma too many": _package(
        lambda data: data.replace(b"{", b"{,", 1)
    ),
    "package in UTF-16": _package(lambda data: data.decode().encode("utf-16")),
    "package in Latin-1": _package(lambda data: data.replace(b"{", b'{"\xe9": 1,', 1)),
    "package a list": _package(lambda data: b"[%b]" % data),
    "package twice over": _package(lambda data: data + data),
    "package of endless brackets": _package(lambda data: b'{"a":' + b"[" * 99_999),
    "package with a number too long": _package(
        lambda data: data.replace(b"{", b'{"n": %b,' % (b"9" * 5000), 1)
    ),
    "package that says two things": _package(
        lambda data: data.replace(b"{", b'{"provenance": "unknown",', 1)
    ),
    "provenance lost": _fact("provenance", None),
    "provenance with a slip": _fact("provenance", "synthetic "),
    "provenance in capitals": _fact("provenance", "Real"),
    "provenance a list": _fact("provenance", ["real"]),
    "extract date lost": _fact("extract_date", None),
    "extract date a number": _fact("extract_date", 20160630),
    "extract date British": _fact("extract_date", "30/06/2016"),
    "extract date that never was": _fact("extract_date", "2016-06-31"),
    "extract date beyond measure": _fact("extract_date", "9999-12-31"),
    "extract date of another age": _fact("extract_date", "0216-06-30"),
    "extract date in full width": _fact(
        "extract_date", "\uff12\uff10\uff11\uff16-06-30"
    ),
    "extract date too early": extracted_too_early,
    "protocol emptied": _protocol(lambda data: b""),
    "protocol cut": _protocol(lambda data: data[: len(data) // 3]),
    "protocol of noughts": _protocol(lambda data: b"\x00" * len(data)),
    "protocol in Latin-1": _protocol(lambda data: data + b"# caf\xe9\n"),
    "protocol in UTF-16": _protocol(lambda data: data.decode().encode("utf-16")),
    "protocol with its mark in the middle": _protocol(
        lambda data: b"a = 1\n\xef\xbb\xbf" + data
    ),
    "protocol that is JSON": _protocol(lambda data: b'{"trial": {}}'),
    "protocol of endless brackets": _protocol(
        lambda data: data + b"x = " + b"[" * 99_999
    ),
    "protocol twice over": _protocol(lambda data: data + data),
    "protocol with a key of nothing": _protocol(
        lambda data: data + b"\n[colour]\nof = 1\n"
    ),
    "protocol without months": _protocol(_line_lost(b"follow_up_months")),
    "protocol without a title": _protocol(_line_lost(b"title")),
    "protocol with two arms alike": _protocol(
        lambda data: data.replace(b'"usual"', b'"new"', 1)
    ),
    "protocol with two treatments": _protocol(
        lambda data: data.replace(b'"control"', b'"treatment"')
    ),
    "protocol with an event of nothing": _protocol(
        lambda data: data.replace(b'["placement"]', b'["placment"]')
    ),
    "protocol with months in words": _protocol(
        lambda data: data.replace(b"months = [0, 6", b'months = ["0", 6')
    ),
    "protocol with an endless score": _protocol(
        lambda data: data.replace(b"maximum = 40", b"maximum = inf")
    ),
    "protocol linked to nowhere": protocol_link_to_nowhere,
    "site of the protocol lost": site_of_the_protocol_lost,
}
