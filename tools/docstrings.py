"""numpydoc's lint, taught what a property is.

The lint reads source and takes a property for a function: it asks its noun phrase for
a verb and for a Returns section. Settings are in pyproject.toml as for the lint itself.
"""

import ast
import sys
from pathlib import Path

from numpydoc.hooks.validate_docstrings import DocstringVisitor, parse_config

ROOT = Path(__file__).resolve().parent.parent
NOT_OF_PROPERTIES = {"RT01", "SS05"}  # no Returns section; summary is no infinitive
PROPERTY = {"property", "cached_property"}


def is_property(node: ast.AST) -> bool:
    """Whether a definition is decorated as a property."""
    decorators = getattr(node, "decorator_list", [])
    return any(ast.unparse(word).split(".")[-1] in PROPERTY for word in decorators)


class Visitor(DocstringVisitor):  # type: ignore[misc]  # numpydoc has no types
    """Collects what the lint finds in one file."""

    def _ignore_issue(self, node: ast.AST, check: str) -> bool:
        """Whether a finding does not count."""
        if check in NOT_OF_PROPERTIES and is_property(node):
            return True
        return bool(super()._ignore_issue(node, check))


def findings(path: Path) -> list[str]:
    """Return each finding in a file as one line."""
    visitor = Visitor(str(path), parse_config(ROOT))
    visitor.visit(ast.parse(path.read_text(encoding="utf-8")))
    return [f"{where}: {check} {what}" for where, _, check, what in visitor.findings]


def main(folders: list[str]) -> int:
    """Print what is wrong in every module of these folders; return 1 if anything is."""
    modules = [
        path for folder in folders for path in sorted(Path(folder).rglob("*.py"))
    ]
    found = [line for path in modules for line in findings(path)]
    print("\n".join(found) or f"modules read: {len(modules)}, nothing found")
    return 1 if found or not modules else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["steps_analysis"]))
