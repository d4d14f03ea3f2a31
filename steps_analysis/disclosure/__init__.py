"""
What can be said about boroughs without disclosing a child?

A release is everything that is published together. `protect` chooses what to hide,
`audit` attacks the result the way an outsider would.

Examples
--------
Fourteen boroughs by five years, protected, attacked and as published:

>>> import numpy as np
>>> import pandas as pd
>>> from steps_analysis.disclosure import Rate, Release, audit, protect
>>> years = [str(year) for year in range(2010, 2015)]
>>> boroughs = ["Southwark", *(f"Borough {letter}" for letter in "ABCDEFGHIJKLM")]
>>> drawn = np.random.default_rng(3).poisson(9, (14, 5))
>>> counts = pd.DataFrame(drawn, index=boroughs, columns=years)
>>> people = pd.Series(20_000, index=boroughs)
>>> release = Release().add_table("referrals by borough", counts)
>>> release = release.add_derived(
...     "rates by borough", "referrals by borough", Rate(denominator=people))
>>> public = protect(release, "dfe_cin", key="a key kept out of the release")
>>> audit(public).safe
True
>>> public.to_frame("referrals by borough").head(4)
          2010 2011 2012 2013 2014 Total
Southwark    7   11  [c]    7   14    40
Borough A   11   14    6   11   10    50
Borough B   10   15    6    8   10    50
Borough C    7    8   10   15   12    50
>>> public.to_frame("rates by borough").head(2)
          2010 2011 2012 2013 2014 Total
Southwark  3.5  5.5  [c]  3.5  7.0   4.0
Borough A  5.5  7.0  3.0  5.5  5.0   5.2
"""

from steps_analysis.disclosure.attack import Possible
from steps_analysis.disclosure.auditing import Audit, Finding, audit
from steps_analysis.disclosure.breakdowns import breakdowns
from steps_analysis.disclosure.derived.changes import Difference
from steps_analysis.disclosure.derived.marks import Marks
from steps_analysis.disclosure.derived.rates import Percentage, Rate
from steps_analysis.disclosure.derived.sentences import Sentence
from steps_analysis.disclosure.derived.statistics import Statistic
from steps_analysis.disclosure.derived.survival_steps import SurvivalSteps
from steps_analysis.disclosure.editions import Edition
from steps_analysis.disclosure.folder import read_release, write_release
from steps_analysis.disclosure.planning import Plan, plan_release
from steps_analysis.disclosure.profiles import (
    Profile,
    dfe_cin,
    dfe_cla,
    from_spec,
    nhs_hes,
    strict,
    threshold,
    trial_wide,
)
from steps_analysis.disclosure.proofs import Proof
from steps_analysis.disclosure.protection import protect
from steps_analysis.disclosure.published import Published, published_from
from steps_analysis.disclosure.publishing import suppress_primary
from steps_analysis.disclosure.release import Release
from steps_analysis.disclosure.rounding import controlled_rounding
from steps_analysis.disclosure.tables import TOTAL, Cell

__all__ = [
    "TOTAL",
    "Audit",
    "Cell",
    "Difference",
    "Edition",
    "Finding",
    "Marks",
    "Percentage",
    "Plan",
    "Possible",
    "Profile",
    "Proof",
    "Published",
    "Rate",
    "Release",
    "Sentence",
    "Statistic",
    "SurvivalSteps",
    "audit",
    "breakdowns",
    "controlled_rounding",
    "dfe_cin",
    "dfe_cla",
    "from_spec",
    "nhs_hes",
    "plan_release",
    "protect",
    "published_from",
    "read_release",
    "strict",
    "suppress_primary",
    "threshold",
    "trial_wide",
    "write_release",
]
