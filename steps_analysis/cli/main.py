"""Read the command line, run one act, and turn what goes wrong into an exit code."""

from __future__ import annotations

import argparse
import codecs
import io
import json
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from steps_analysis.errors import StepsError

# Command to the module with its `add_arguments` and `run`, and its line of help. The
# modules are imported when their command is called: `steps --help` needs none of them.
COMMANDS = {
    "evaluate": "write the whole evaluation of a trial",
    "check": "check a data folder against its contract",
    "plan": "list the analyses a protocol plans, and seal them",
    "screen": "apply the eligibility rules to a case, or to many",
    "forum": "write the pack of a forum's meeting, for its members",
    "monitor": "write the monitoring report, for the trial's own staff",
    "ledger": "create, verify, export or amend the record of allocations",
    "allocate": "allocate the next family, by the trial's ledger",
    "new-trial": "write the data folder of a new trial, to be filled in",
    "import": "bring in a workbook, a REDCap export or a return on children",
    "audit": "attack a release and say what can be worked out from it",
    "balance": "compare the procedures that might allocate families",
    "synthesise": "write a synthetic trial",
    "notebooks": "build the notebooks, or check that they are up to date",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run the ``steps`` command.

    Parameters
    ----------
    arguments
        The words after ``steps``; those of the process if None.

    Returns
    -------
    int
        The exit code.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    _print_whatever_comes()
    parser = _parser(words)
    options = parser.parse_args(words)
    try:
        code: int = _module(options.command).run(options)
        if sys.stdout is not None:  # it is, where the caller closed it
            sys.stdout.flush()
    except StepsError as error:
        if getattr(options, "json", False):
            print(json.dumps({"error": str(error), "exit_code": error.exit_code}))
        print(f"steps {options.command}: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # the reader of our output, such as `head`, has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:  # a full disk, no permission: not our refusal, yet no bug
        print(f"steps {options.command}: {error}", file=sys.stderr)
        return 2
    except MemoryError:
        print(f"steps {options.command}: more than memory holds", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return code


def _print_whatever_comes() -> None:
    """Escape what a terminal cannot show: an act that is done must not end in error."""
    codecs.register_error("steps", _escaped)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="steps")


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """Write characters as JSON escapes them, so that JSON stays JSON."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """Describe the command line; the options of the command that is called only."""
    parser = argparse.ArgumentParser(
        prog="steps",
        description="Plan, randomise, simulate, run and report a randomised trial.",
        epilog="steps COMMAND --help tells the options of a command.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, line in COMMANDS.items():
        command = commands.add_parser(name, help=line, description=line)
        if name in words:
            _module(name).add_arguments(command)
    return parser


def _module(command: str) -> Any:
    """Import a command's module; `import` is no name that a module could have."""
    name = "import_data" if command == "import" else command.replace("-", "_")
    return import_module(f"steps_analysis.cli.{name}")


class _Version(argparse.Action):
    """Print the installed version; reading it is slow enough to wait until asked."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"steps {version('steps-analysis')}")
        parser.exit()
