"""Damage to a file as bytes and lines."""

from __future__ import annotations

import gzip

from tests.trial_data.damage.case import TOKEN, Case, Told, filled


def _whole(change):
    """Make a kind that changes a whole file's bytes."""

    def kind(case: Case):
        rule = case.table()
        if rule is None:
            return None
        case.files[rule.file] = change(case.files[rule.file])
        return Told(rule.file)

    return kind


def _in_cell(before: str = "", after: str = ""):
    """Make a kind that puts bytes before or after the text of a filled cell."""

    def kind(case: Case):
        spot = case.spot(filled("id", "code", "date", "whole", "number", "yes_no"))
        return spot and case.put(spot, before + case.text(spot) + after)

    return kind


def _line(change):
    """Make a kind that changes the lines of a file at one of its rows."""

    def kind(case: Case):
        rule = case.table(least_rows=2)
        if rule is None:
            return None
        lines = case.lines(rule)
        row = int(case.rng.integers(1, len(lines) - 1))
        case.write_lines(rule, change(lines, row))
        return Told(rule.file, row + 1)

    return kind


def cut_within_a_row(case: Case):
    """Cut the file before the last comma of a row."""
    rule = case.table()
    if rule is None:
        return None
    lines = case.lines(rule)
    row = int(case.rng.integers(1, len(lines)))
    text = "\n".join([*lines[:row], lines[row].rpartition(",")[0]])
    case.files[rule.file] = text.encode()
    return Told(rule.file, row + 1)


def latin_1_in_a_cell(case: Case):
    """Write one cell in another encoding."""
    spot = case.spot(filled("id", "code"))
    if spot is None:
        return None
    told = case.put(spot, f"{TOKEN}\xe9")
    data = case.files[spot.table.file]
    case.files[spot.table.file] = data.replace(f"{TOKEN}\xe9".encode(), b"zqx\xe9")
    return told


def _opened(lines, row):
    return [*lines[:row], f'"{lines[row]}', *lines[row + 1 :]]


def _closed_early(lines, row):
    return [*lines[:row], f'"{TOKEN}"{lines[row]}', *lines[row + 1 :]]


def _joined(lines, row):
    return [*lines[:row], lines[row] + lines[row + 1], *lines[row + 2 :]]


def _split(lines, row):
    before, _, after = lines[row].rpartition(",")
    return [*lines[:row], before, after, *lines[row + 1 :]]


def _and(*more):
    return lambda lines, row: [*lines[:row], *more, *lines[row:]]


def _with_cell(lines, row):
    return [*lines[:row], f"{lines[row]},{TOKEN}", *lines[row + 1 :]]


def _without_cell(lines, row):
    return [*lines[:row], lines[row].partition(",")[2], *lines[row + 1 :]]


def _semicolons_from(lines, row):
    return [*lines[:row], *(line.replace(",", ";") for line in lines[row:])]


BYTES = {
    "emptied": _whole(lambda data: b""),
    "nothing but line ends": _whole(lambda data: b"\r\n \n\n"),
    "header lost": _whole(lambda data: data.partition(b"\n")[2]),
    "empty line before the header": _whole(lambda data: b"\n" + data),
    "UTF-16 with its mark": _whole(lambda data: data.decode().encode("utf-16")),
    "UTF-16 without a mark": _whole(lambda data: data.decode().encode("utf-16-le")),
    "UTF-32": _whole(lambda data: data.decode().encode("utf-32")),
    "byte order mark twice": _whole(lambda data: b"\xef\xbb\xbf" * 2 + data),
    "workbook": _whole(lambda data: b"PK\x03\x04\x14\x00\x06\x00" + data[:90]),
    "compressed": _whole(gzip.compress),
    "noughts at the end": _whole(lambda data: data + b"\x00" * 512),
    "noughts throughout": _whole(lambda data: b"\x00" * len(data)),
    "semicolons": _whole(lambda data: data.replace(b",", b";")),
    "tabs": _whole(lambda data: data.replace(b",", b"\t")),
    "bars": _whole(lambda data: data.replace(b",", b"|")),
    "spaces between cells": _whole(lambda data: data.replace(b",", b" , ")),
    "carriage returns doubled": _whole(lambda data: data.replace(b"\n", b"\r\r\n")),
    "word for the separator": _whole(lambda data: b"sep=,\n" + data),
    "page of a web server": _whole(
        lambda data: b"<!DOCTYPE html>\n<html><body>403, Forbidden</body></html>\n"
    ),
    "twice over": _whole(lambda data: data + data),
    "every line in quotation marks": _whole(
        lambda data: b"".join(b'"%b"\n' % line for line in data.splitlines())
    ),
    "a cell beyond measure": _whole(lambda data: data + b"z" * 200_000),
    "cut within a row": cut_within_a_row,
    "Latin-1 in a cell": latin_1_in_a_cell,
    "nought byte in a cell": _in_cell(after="\x00"),
    "byte order mark in a cell": _in_cell(before="\ufeff"),
    "zero-width space in a cell": _in_cell(after="\u200b"),
    "non-breaking space after a cell": _in_cell(after="\xa0"),
    "space before a cell": _in_cell(before=" "),
    "line break in a cell": _in_cell(after=f"\n{TOKEN}"),
    "direction mark in a cell": _in_cell(before="\u202e"),
    "quotation mark opened": _line(_opened),
    "quotation mark closed early": _line(_closed_early),
    "two rows joined": _line(_joined),
    "a row split": _line(_split),
    "empty line": _line(_and("")),
    "spaces for a row": _line(_and("   ")),
    "marks of a merge": _line(_and("<<<<<<< HEAD")),
    "a cell too many": _line(_with_cell),
    "a cell too few": _line(_without_cell),
    "semicolons half way": _line(_semicolons_from),
}
