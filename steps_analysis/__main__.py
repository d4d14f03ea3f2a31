"""``python -m steps_analysis``: the same as ``steps``."""

import sys

from steps_analysis.cli import main

if __name__ == "__main__":
    sys.exit(main())
