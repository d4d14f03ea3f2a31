"""Reports on referrals by borough: a public edition, and an internal one."""

from steps_analysis.evaluation.boroughs.edition import (
    BoroughEdition,
    internal_edition,
    public_edition,
    write_edition,
)
from steps_analysis.evaluation.boroughs.released import BoroughRelease, borough_release
from steps_analysis.evaluation.boroughs.section import borough_section

__all__ = [
    "BoroughEdition",
    "BoroughRelease",
    "borough_release",
    "borough_section",
    "internal_edition",
    "public_edition",
    "write_edition",
]
