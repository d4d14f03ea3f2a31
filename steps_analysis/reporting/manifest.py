"""What a report was made from and with, and a digest of each of its files."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.reporting.document import Document
from steps_analysis.reporting.writers.formats import FILES, PACKAGES

MANIFEST = "manifest.json"
DISTRIBUTION = "steps-analysis"


def manifest_json(
    document: Document, contents: Mapping[str, bytes], facts: Mapping[str, Any]
) -> str:
    """
    Write the manifest of a report.

    Parameters
    ----------
    document
        The report.
    contents
        Each file of the report, by its path inside the folder.
    facts
        What the report was made from, ready for JSON: protocol digest, seed,
        provenance, and whatever else the caller knows.

    Returns
    -------
    str
        JSON with sorted keys, without time, machine or path: the same report gives the
        same text.

    Raises
    ------
    ArgumentError
        If a fact has the name of an entry the manifest makes itself, or is not JSON.

    Notes
    -----
    ``packages`` holds the installed version of every package this one declares it needs
    at run time, whether or not this report called it: what happened to be loaded would
    differ between the command line and a notebook. To these come the packages that
    wrote the files in other formats.

    Examples
    --------
    >>> text = manifest_json(Document(title="STEPS-B", sections=()), {}, {"seed": 1})
    >>> json.loads(text)["seed"]
    1
    """
    own = {
        "edition": document.edition,
        "files": {path: _digest(contents[path]) for path in contents},
        "package": DISTRIBUTION,
        "packages": _packages(contents),
        "python": ".".join(platform.python_version_tuple()[:2]),
        "stamp": document.stamp,
        "title": document.title,
        "version": metadata.version(DISTRIBUTION),
    }
    taken = sorted(set(own) & set(facts))
    if taken:
        rule = "have other names than the manifest's own entries"
        raise ArgumentError(refusal("manifest_facts", rule, taken))
    try:
        return _json({**own, **facts})
    except (TypeError, ValueError):
        rule = "be texts, finite numbers, lists and mappings"
        kinds = {name: type(fact).__name__ for name, fact in facts.items()}
        raise ArgumentError(refusal("manifest_facts", rule, kinds)) from None


def _json(entries: Mapping[str, Any]) -> str:
    """Write JSON with sorted keys and a last newline."""
    text = json.dumps(
        entries, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False
    )
    return f"{text}\n"


def _digest(content: bytes) -> str:
    """Digest the bytes of a file."""
    return hashlib.sha256(content).hexdigest()


def _packages(contents: Mapping[str, bytes]) -> dict[str, str]:
    """List the packages that are always needed and those that wrote these files."""
    needed = metadata.requires(DISTRIBUTION) or []
    core = [line for line in needed if "extra ==" not in line]
    names = {re.split(r"[^A-Za-z0-9_.-]", line, maxsplit=1)[0] for line in core}
    writers = [PACKAGES[form] for form, file in FILES.items() if file in contents]
    return {name: metadata.version(name) for name in sorted({*names, *writers})}


def listed_files(folder: Path) -> frozenset[str] | None:
    """
    Read which files the manifest of a folder lists.

    Parameters
    ----------
    folder
        Any folder.

    Returns
    -------
    frozenset of str or None
        Their paths inside the folder, or None where the folder is not a report.

    Examples
    --------
    >>> listed_files(Path("no such folder")) is None
    True
    """
    try:
        entries = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(entries, dict) or entries.get("package") != DISTRIBUTION:
        return None
    return frozenset(entries.get("files", {}))
