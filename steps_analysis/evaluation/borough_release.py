"""
Referrals by borough, as one protected release.

Counts go through `disclosure.protect` and are attacked by `disclosure.audit`. Rates,
limits, the funnel and its target are computed from the counts as they are published and
from public populations, so they cannot tell more than those do.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from steps_analysis.disclosure import TOTAL, Audit, Release, audit, from_spec, protect
from steps_analysis.referrals import volumes
from steps_analysis.trial_data import TrialData

# Breaks ties between equally good patterns. Published, because the data are synthetic;
# real data need a key of their own, kept out of the release.
SYNTHETIC_KEY = "steps_analysis: the published key for synthetic data"

TABLE = "referrals"
# A breakdown that hides more than this share of its counts says too little.
MOST_HIDDEN = 1 / 3


@dataclass(frozen=True, slots=True, kw_only=True)
class BoroughRelease:
    """
    What is published about referrals by site.

    Attributes
    ----------
    release, audit
        The protected counts, and the attack on them.
    years
        The financial years they cover.
    breakdown
        The periods of its columns.
    why
        Why no finer breakdown is published, in a sentence; empty for years.
    population
        Site to children aged 10 to 17.
    """

    release: Release
    audit: Audit
    years: tuple[str, ...]
    breakdown: tuple[str, ...]
    why: str
    population: pd.Series[float]

    @property
    def published(self) -> pd.DataFrame:
        """The table as printed: sites in rows, periods and total in columns."""
        return self.release.to_frame(TABLE)

    @property
    def totals(self) -> pd.Series[int]:
        """Published counts over all years, by site and in all; where they are shown."""
        table = self.published
        column = TOTAL if TOTAL in table else table.columns[0]
        shown = pd.to_numeric(table[column], errors="coerce").dropna()
        return shown.astype(int)

    @property
    def rounding(self) -> tuple[str, ...]:
        """What is rounded, in a sentence; none where nothing is."""
        profile = self.release.page().profile
        bases = {
            "Counts": profile.round_cells_to,
            "Totals over years": profile.round_row_totals_to,
            "Totals over sites": profile.round_column_totals_to,
        }
        return tuple(
            f"{what} are rounded to the nearest {base}."
            for what, base in bases.items()
            if base > 1
        )


def borough_release(
    trial: TrialData, *, key: str | None = None
) -> BoroughRelease | str:
    """
    Count referrals by site and year, and protect the counts.

    Parameters
    ----------
    trial
        The trial.
    key
        Breaks ties between equally good patterns; kept out of the release. Synthetic
        data use a published key.

    Returns
    -------
    BoroughRelease or str
        The finest of three breakdowns (years, pairs of years, all years) that hides at
        most a third of its counts, attacked; or the reason why there is none, such as
        a site whose population is not recorded.
    """
    if trial.provenance == "synthetic":
        key = key or SYNTHETIC_KEY
    counts = _counts(trial)
    if isinstance(counts, str):
        return counts
    if key is None:
        return "no disclosure key was given, which real data need"
    population = _population(trial).reindex(counts.index)
    if not (population > 0).all():
        return "the population of some sites is not recorded"
    rule = from_spec(trial.protocol.disclosure.profile("borough_table"))
    if not rule.hidden_up_to:
        return f"its disclosure rule, {rule.name}, would hide no small count"
    why = ""
    for width in (1, 2, counts.shape[1]):
        table = _rolled_up(counts, width)
        release = protect(Release().add_table(TABLE, table), rule, key=key)
        if not release.withheld and _share_hidden(release) <= MOST_HIDDEN:
            return BoroughRelease(
                release=release,
                audit=audit(release),
                years=tuple(counts.columns),
                breakdown=tuple(table.columns),
                why=why,
                population=population,
            )
        why = "A finer breakdown would hide more than a third of its counts."
    return "too few referrals for any breakdown to be safe to publish"


def _counts(trial: TrialData) -> pd.DataFrame | str:
    """Count referrals by site and whole financial year."""
    if trial.referrals is None or trial.sites is None:
        absent = [n for n in ("referrals", "sites") if getattr(trial, n) is None]
        files = " and ".join(f"{name}.csv" for name in absent)
        return f"{files} {'is' if len(absent) == 1 else 'are'} absent"
    if "population_10_17" not in trial.sites:
        return "the sites' populations are not recorded"
    if trial.referrals.empty:
        return "there are no referrals"
    dates = trial.referrals["referral_date"]
    last = min(dates.max(), trial.cutoff)
    start = _first_april(dates.min())
    end = _first_april(last + pd.Timedelta(days=1) - pd.DateOffset(years=1))
    end = end - pd.Timedelta(days=1)
    if end <= start:
        return "the referrals do not cover a whole financial year"
    table = volumes(
        trial, by="site", period="financial_year", start=start.date(), end=end.date()
    )
    return table.pivot_table(
        index="site", columns="period", values="referrals", aggfunc="sum"
    )


def _population(trial: TrialData) -> pd.Series[float]:
    """Give the children aged 10 to 17 of each site; NaN where not recorded."""
    children = trial.need("sites").set_index("site")["population_10_17"]
    return children.astype(float)


def _first_april(day: pd.Timestamp) -> pd.Timestamp:
    """Give the first of April on or after a day."""
    april = pd.Timestamp(day.year, 4, 1)
    return april if april >= day.normalize() else pd.Timestamp(day.year + 1, 4, 1)


def _rolled_up(counts: pd.DataFrame, width: int) -> pd.DataFrame:
    """Add up neighbouring years, `width` at a time."""
    columns = list(counts.columns)
    spans = [columns[i : i + width] for i in range(0, len(columns), width)]
    names = [s[0] if len(s) == 1 else f"{s[0]} to {s[-1]}" for s in spans]
    return pd.DataFrame(
        {name: counts[s].sum(axis=1) for name, s in zip(names, spans, strict=True)}
    )


def _share_hidden(release: Release) -> float:
    """Say what share of the inner cells is hidden."""
    table = release.to_frame(TABLE).drop(index=TOTAL, errors="ignore")
    inner = table.drop(columns=TOTAL, errors="ignore")
    return float((inner == release.page().profile.marker).to_numpy().mean())
