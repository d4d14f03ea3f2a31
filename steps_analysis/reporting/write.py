"""A report on disk: all its files, or none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.reporting.blocks import Table
from steps_analysis.reporting.document import Document, check_release, exhibits
from steps_analysis.reporting.manifest import MANIFEST, listed_files, manifest_json
from steps_analysis.reporting.page import draw_figures, html_page
from steps_analysis.reporting.tables import data_csv, notes_csv, table_csv
from steps_analysis.trial_data import replaced_folder

PAGE = "index.html"


def write_report(
    document: Document, folder: str | Path, *, manifest_facts: Mapping[str, Any]
) -> Path:
    """
    Write a report into a folder, replacing an older report there at one instant.

    Parameters
    ----------
    document
        The report.
    folder
        Where to write it; made if need be.
    manifest_facts
        What the report was made from, ready for JSON: ``protocol_digest``, ``seed``,
        ``provenance`` and the like.

    Returns
    -------
    Path
        The folder. It holds ``index.html``, ``tables/``, ``figures/`` and
        ``manifest.json``.

    Raises
    ------
    DisclosureError
        If a public report shows sites without a safe audit.
    ArgumentError
        If the folder exists and is not a report, or holds files that are not the
        report's.

    Notes
    -----
    A process killed at any moment leaves the old report or the new one. The same
    document and facts give the same bytes.

    Examples
    --------
    >>> import tempfile
    >>> document = Document(title="STEPS-B", sections=())
    >>> with tempfile.TemporaryDirectory() as place:
    ...     report = write_report(document, f"{place}/report", manifest_facts={})
    ...     sorted(path.name for path in report.iterdir())
    ['index.html', 'manifest.json', 'tables']
    """
    check_release(document)
    with replaced_folder(folder, check=_check_target) as made:
        contents = report_files(document)
        manifest = manifest_json(document, contents, manifest_facts)
        for path, content in {**contents, MANIFEST: manifest.encode()}.items():
            target = made / path
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(content)
    return Path(folder)


def write_reports(
    documents: Mapping[str, Document],
    folder: str | Path,
    *,
    manifest_facts: Mapping[str, Any],
    files: Mapping[str, str] | None = None,
) -> Path:
    """
    Write a set of reports that belong together into one folder, at one instant.

    Parameters
    ----------
    documents
        Report by its place inside the folder, such as ``"sites/camden"``; the first, in
        the folder itself, has the place ``""``. All are of one edition.
    folder
        Where to write them; made if need be.
    manifest_facts
        As for `write_report`.
    files
        Texts to write besides, by path inside the folder.

    Returns
    -------
    Path
        The folder. Each report has a manifest of its own beside it; that of the first
        lists every file of the set.

    Raises
    ------
    DisclosureError
        If a public report shows sites without a safe audit.
    ArgumentError
        If no report has the place ``""``, editions differ, or the folder holds
        something else.

    Examples
    --------
    >>> import tempfile
    >>> pages = {"": Document(title="All", sections=()),
    ...          "sites/a": Document(title="A", sections=())}
    >>> with tempfile.TemporaryDirectory() as place:
    ...     folder = write_reports(pages, f"{place}/set", manifest_facts={})
    ...     sorted(path.name for path in (folder / "sites/a").iterdir())
    ['index.html', 'manifest.json', 'tables']
    """
    editions = {document.edition for document in documents.values()}
    if "" not in documents or len(editions) > 1:
        rule = "have one in the folder itself, and all of one edition"
        raise ArgumentError(refusal("documents", rule, sorted(documents)))
    with replaced_folder(folder, check=_check_target) as made:
        contents = {path: text.encode() for path, text in (files or {}).items()}
        for place, document in documents.items():
            own = report_files(document)
            if place:
                own[MANIFEST] = manifest_json(document, own, manifest_facts).encode()
            contents |= {f"{place}/{path}".lstrip("/"): own[path] for path in own}
        contents = dict(sorted(contents.items()))
        manifest = manifest_json(documents[""], contents, manifest_facts)
        for path, content in {**contents, MANIFEST: manifest.encode()}.items():
            target = made / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    return Path(folder)


def report_files(document: Document) -> dict[str, bytes]:
    """
    Make every file of a report but its manifest.

    Parameters
    ----------
    document
        The report.

    Returns
    -------
    dict of str to bytes
        Content of each file by its path inside the folder, in order of path.

    Raises
    ------
    DisclosureError
        If a public report shows sites without a safe audit.

    Examples
    --------
    >>> list(report_files(Document(title="STEPS-B", sections=())))
    ['index.html', 'tables/notes.csv']
    """
    check_release(document)
    pictures = draw_figures(document)
    page = html_page(document, pictures=pictures)
    texts = {PAGE: page, "tables/notes.csv": notes_csv(document)}
    for block in exhibits(document):
        if isinstance(block, Table):
            texts[f"tables/{block.name}.csv"] = table_csv(block, stamp=document.stamp)
        else:
            texts[f"figures/{block.name}.csv"] = data_csv(block, stamp=document.stamp)
            texts[f"figures/{block.name}.svg"] = pictures[block.name].svg
    files = {path: text.encode() for path, text in texts.items()}
    for name, picture in pictures.items():
        files[f"figures/{name}.png"] = picture.png
    return dict(sorted(files.items()))


def _check_target(place: Path) -> None:
    """Refuse a place that holds something else than a report of ours."""
    if not place.exists() or (place.is_dir() and not any(place.iterdir())):
        return
    listed = listed_files(place) if place.is_dir() else None
    if listed is None:
        rule = "be new, empty or a report with its manifest.json"
        raise ArgumentError(refusal("folder", rule, place.name))
    held = {path.relative_to(place) for path in place.rglob("*") if not path.is_dir()}
    visible = {path.as_posix() for path in held if not path.name.startswith(".")}
    strange = visible - listed - {MANIFEST}
    if strange:
        rule = "hold no other files than its manifest.json lists"
        hint = f"move {sorted(strange)[0]} elsewhere first"
        raise ArgumentError(refusal("folder", rule, len(strange), hint=hint))
