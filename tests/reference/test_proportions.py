"""Proportions of R: PHEindicatormethods::phe_proportion and its Wilson limits."""

import json
from pathlib import Path

import pytest

from steps_analysis.errors import DataError
from steps_analysis.outcomes import proportion_interval
from steps_analysis.referrals import proportion_funnel

REFERENCE = Path(__file__).parent / "referrals"
LEVELS = {"95_0": 0.95, "99_8": 0.998}


def read(name):
    return json.loads((REFERENCE / f"{name}.json").read_text())


@pytest.mark.parametrize(
    ("sheet", "n_rows"), [("testdata_Prop", 10), ("testdata_Prop_g", 6)]
)
def test_every_proportion_of_r(sheet, n_rows):
    sheets = read("proportion_wilson")["sheets"]
    assert set(sheets) == {"testdata_Prop", "testdata_Prop_g"}
    assert len(sheets[sheet]) == n_rows
    for row in sheets[sheet]:
        assert row["method"] == "Wilson"
        per = row["multiplier"]
        assert per == {"percentage": 100, "proportion of 1": 1}[row["statistic"]]
        limits = {"": 0.95} if sheet == "testdata_Prop_g" else LEVELS
        if row["Numerator"] is None:  # R answers NA; here a missing count is refused
            assert row["value"] is None
            assert all(row[f"lower{suffix}cl"] is None for suffix in limits)
            assert all(row[f"upper{suffix}cl"] is None for suffix in limits)
            with pytest.raises(DataError):
                proportion_interval(row["Numerator"], 100)
            continue
        assert row.get("confidence", "95%") == "95%"
        for suffix, level in limits.items():
            found = proportion_interval(
                int(row["Numerator"]), int(row["Denominator"]), level=level
            )
            # Half the last printed digit: twelve decimals.
            for ours, name in (
                (found.value, "value"),
                (found.lower, f"lower{suffix}cl"),
                (found.upper, f"upper{suffix}cl"),
            ):
                assert per * ours == pytest.approx(row[name], rel=1e-10, abs=5e-13)


def test_every_wilson_row_of_r():
    rows = [r for r in read("byar_wilson")["rows"] if r["method"] == "Wilson"]
    assert len(rows) == 4
    for row in rows:
        level = {"95%": 0.95, "99.8%": 0.998}[row["confidence"]]
        if float(row["x"]).is_integer():
            found = proportion_interval(int(row["x"]), int(row["n"]), level=level)
            assert found.lower == pytest.approx(row["lowercl"], rel=1e-10, abs=5e-13)
            assert found.upper == pytest.approx(row["uppercl"], rel=1e-10, abs=5e-13)
            continue
        # 0.445 of 1 is no count, and refused; the funnel, whose limits are Wilson's
        # turned round, takes adjusted numbers.
        with pytest.raises(DataError):
            proportion_interval(row["x"], row["n"], level=level)
        points = proportion_funnel(
            [row["x"]], [row["n"]], target=row["lowercl"], levels=[level]
        ).points
        assert points[f"upper_{100 * level:g}"].iloc[0] == pytest.approx(row["x"])
