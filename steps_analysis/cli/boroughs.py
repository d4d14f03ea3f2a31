"""``steps boroughs``: reports on referrals, an overview and a page for each borough."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steps_analysis.cli.evaluate import KEY_VARIABLE, check_out
from steps_analysis.cli.formats import add_format_argument, chosen_formats, first_file
from steps_analysis.errors import ArgumentError, refusal

if TYPE_CHECKING:
    from steps_analysis.evaluation.boroughs import BoroughEdition
    from steps_analysis.trial_data import TrialData

PUBLIC, INTERNAL = "public", "internal"
_PUBLIC_OUT = Path("reports/boroughs")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Describe the options.

    Parameters
    ----------
    parser
        The command's parser.
    """
    parser.add_argument(
        "data",
        nargs="?",
        type=Path,
        default=Path("data/synthetic/achieved"),
        help="the trial's data folder (default: the synthetic trial)",
    )
    parser.add_argument("--protocol", type=Path, help="its protocol.toml")
    parser.add_argument(
        "--edition",
        choices=(PUBLIC, INTERNAL),
        default=PUBLIC,
        help="public: protected, to be published; internal: exact, for the staff of "
        "the data controller alone (default: public)",
    )
    parser.add_argument(
        "--previous",
        type=Path,
        metavar="DIR",
        action="append",
        default=[],
        help="the folder of an earlier public edition, which readers still have; may "
        "be given more than once",
    )
    parser.add_argument(
        "--key-file",
        type=Path,
        metavar="FILE",
        help="the secret that breaks ties between patterns of hiding; real data need "
        f"one (or the environment variable {KEY_VARIABLE})",
    )
    parser.add_argument(
        "--out",
        type=Path,
        help=f"where to write (default of the public edition: {_PUBLIC_OUT}); an "
        "internal edition needs a place that is not published",
    )
    add_format_argument(parser)
    parser.add_argument("--json", action="store_true", help="print a summary as JSON")
    parser.epilog = (
        "Read as a commissioner reads: no file that shows an arm or an outcome is "
        "opened. Exit code 0: done; 2: the input is wrong; 3: too few referrals for "
        "anything to be published."
    )


def run(options: argparse.Namespace) -> int:
    """
    Write the borough reports.

    Parameters
    ----------
    options
        What the command line said.

    Returns
    -------
    int
        0, or 3 where nothing can be published.

    Raises
    ------
    StepsError
        If the data, the protocol or the options are wrong.
    """
    from steps_analysis.trial_data import read_trial

    out = _out(options)
    check_out(out, options.data)
    _check_edition(out, options.edition)
    formats = chosen_formats(options)
    trial = read_trial(options.data, protocol=options.protocol, role="commissioner")
    edition = _edition(options, trial, out)
    if isinstance(edition, str):
        return _nothing(options, edition)
    _write(options, edition, out, formats)
    return 0


def _out(options: argparse.Namespace) -> Path:
    """Choose where to write; an internal edition has no default place."""
    if options.edition == INTERNAL and options.previous:
        rule = "be left out of an internal edition, which nobody else has"
        raise ArgumentError(refusal("--previous", rule, str(options.previous[0])))
    if options.out is not None:
        return Path(options.out)
    if options.edition == INTERNAL:
        rule = "be given for an internal edition: a place that is not published"
        raise ArgumentError(refusal("--out", rule, None))
    return _PUBLIC_OUT


def _check_edition(out: Path, edition: str) -> None:
    """Refuse to put one edition in the place of another."""
    from steps_analysis.evaluation.boroughs.edition import edition_there

    there = edition_there(out)
    if there is not None and there != edition:
        rule = f"hold no other edition than the {edition} one"
        raise ArgumentError(refusal("--out", rule, f"an edition that is {there}"))


def _edition(
    options: argparse.Namespace, trial: TrialData, out: Path
) -> BoroughEdition | str:
    """Make the edition that was asked for."""
    from steps_analysis.evaluation.boroughs import internal_edition, public_edition
    from steps_analysis.evaluation.boroughs.earlier import read_earlier

    if options.edition == INTERNAL:
        return internal_edition(trial)
    earlier = [read_earlier(folder) for folder in options.previous]
    return public_edition(trial, key=_key(options, trial), earlier=earlier)


def _key(options: argparse.Namespace, trial: TrialData) -> str | None:
    """Read the key that breaks ties; real data need one."""
    key = os.environ.get(KEY_VARIABLE) or None
    if options.key_file is not None:
        try:
            key = options.key_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            key = ""
        if not key:
            rule = "be a text file that is not empty"
            raise ArgumentError(refusal("--key-file", rule, str(options.key_file)))
    if key is None and trial.provenance != "synthetic":
        rule = "be given for data that are not synthetic"
        hint = "a file with a long random text, kept apart from what is published"
        raise ArgumentError(refusal("--key-file", rule, None, hint=hint))
    return key


def _nothing(options: argparse.Namespace, reason: str) -> int:
    """Say why there is nothing to write."""
    if options.json:
        print(json.dumps({"not_estimable": reason}))
    else:
        print(f"Nothing is published: {reason}.")
    return 3


def _write(
    options: argparse.Namespace,
    edition: BoroughEdition,
    out: Path,
    formats: Sequence[str],
) -> None:
    """Write the edition and say where it is."""
    from steps_analysis.evaluation.boroughs import write_edition

    page = first_file(formats)
    folder = write_edition(edition, out, formats=formats)
    if options.json:
        print(json.dumps(summary(edition, page=page), indent=1, ensure_ascii=False))
        return
    document = edition.documents[""]
    lines = [document.stamp] if document.stamp else []
    lines += [*edition.said, f"The reports: {folder / page}"]
    print("\n".join(lines))


def summary(edition: BoroughEdition, *, page: str = "index.html") -> dict[str, Any]:
    """
    Give an edition as plain values.

    Parameters
    ----------
    edition
        The edition.
    page
        The file of each report that is named.

    Returns
    -------
    dict
        Stamp, edition, pages; for a public edition what it covers, why it is not
        finer, and whether it withstood the attack.
    """
    first = edition.documents[""]
    said: dict[str, Any] = {
        "stamp": first.stamp or None,
        "edition": first.edition,
        "pages": {
            document.title: f"{place}/{page}".lstrip("/")
            for place, document in edition.documents.items()
        },
        "said": list(edition.said),
    }
    if edition.found is not None:
        found = edition.found
        said |= {
            "covers": list(found.years),
            "columns": [one.label for one in found.stretches],
            "tables": list(found.release.names),
            "why": list(found.why),
            "safe": found.audit.safe,
        }
    return said
