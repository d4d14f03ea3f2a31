from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from steps_analysis.evaluation.boroughs import borough_release, public_edition


@pytest.fixture(scope="session")
def found(drawn):
    """The protected release of the drawn trial."""
    return borough_release(drawn)


@pytest.fixture(scope="session")
def edition(drawn):
    """The public edition of the drawn trial."""
    return public_edition(drawn)


@pytest.fixture(scope="session")
def made(drawn):
    """Make a trial of the drawn one's protocol from counts by site and year."""

    def make(counts, *, population=30_000, source="police", months=None):
        rows = []
        for site, by_year in counts.items():
            for year, n in by_year.items():
                for i in range(n):
                    month = (
                        (3 + i) % 12 + 1 if months is None else months[i % len(months)]
                    )
                    day = pd.Timestamp(year + (month < 4), month, 2)
                    rows.append((site, day, source))
        table = pd.DataFrame(rows, columns=["site", "referral_date", "source"])
        table["referral_date"] = pd.to_datetime(table["referral_date"])
        table["referral_id"] = [f"R{i}" for i in range(len(table))]
        table["family_id"] = [f"F{i}" for i in range(len(table))]
        sites = pd.DataFrame(
            {
                "site": list(counts),
                "ring": "inner",
                "population_10_17": np.full(len(counts), population),
                "therapists": 2,
            }
        )
        closed = dict.fromkeys(
            ("screening", "forum", "forum_actions", "participants", "allocation"),
        )
        named = replace(drawn.protocol.sites, names=tuple(counts))
        protocol = replace(drawn.protocol, sites=named)
        return replace(drawn, protocol=protocol, sites=sites, referrals=table, **closed)

    return make
