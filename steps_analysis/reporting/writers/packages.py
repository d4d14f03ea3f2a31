"""The packages that only some formats need, and what is said where one is missing."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from steps_analysis.errors import ArgumentError, refusal


def optional(package: str, form: str) -> ModuleType:
    """
    Import a package that one format needs.

    Parameters
    ----------
    package
        The package.
    form
        The format, for the message.

    Returns
    -------
    module
        The package.

    Raises
    ------
    ArgumentError
        If it is not installed.

    Examples
    --------
    >>> optional("json", "pdf").__name__
    'json'
    """
    try:
        return import_module(package)
    except ImportError:
        hint = 'pip install "steps-analysis[documents]"; HTML and CSV need nothing more'
        rule = f"be a format whose package is installed ({package} is not)"
        raise ArgumentError(refusal("format", rule, form, hint=hint)) from None
