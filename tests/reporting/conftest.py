"""A report that uses every block and every drawing, for the tests of this folder."""

import math
from dataclasses import dataclass

import numpy as np
import pytest

from steps_analysis.estimates import Curve, Estimate, TestResult
from steps_analysis.reporting import (
    Bars,
    BarSeries,
    Callout,
    Column,
    Curves,
    Document,
    Dot,
    DotPlot,
    Figure,
    FlowArm,
    FlowDiagram,
    FunnelLimits,
    FunnelPlot,
    FunnelPoint,
    Interval,
    Intervals,
    Items,
    Lines,
    LineSeries,
    Marker,
    NamedPoint,
    Paragraph,
    PointPlot,
    Section,
    Share,
    Spread,
    StepCurve,
    Subheading,
    Table,
    Tally,
)


@dataclass(frozen=True)
class FakeAudit:
    safe: bool


def estimate(measure, value, lower, upper, **more):
    return Estimate(
        measure=measure, value=value, lower=lower, upper=upper, n=40, **more
    )


RISK_DIFFERENCE = estimate("risk difference", -0.05, -0.2552, 0.1496, p_value=1.0)
RISK_RATIO = estimate("risk ratio", 0.5, 0.049, 5.08)
MISSING = Estimate.missing("odds ratio", "no one had the event", n=40)


def step_curve(label, steps, start, at_risk=()):
    time = np.array([month for month, _ in steps], float)
    value = np.array([height for _, height in steps], float)
    curve = Curve(
        time=time,
        value=value,
        lower=np.clip(value - 0.1, 0, 1),
        upper=np.clip(value + 0.1, 0, 1),
        standard_error=np.full(len(time), 0.05),
        n_at_risk=np.arange(len(time), 0, -1.0),
        start=start,
    )
    return StepCurve(label=label, curve=curve, at_risk=at_risk)


def all_drawings():
    arms = (
        FlowArm(
            name="MST-PSB",
            allocated=20,
            children=22,
            received=18,
            not_received=Tally(n=2, reasons=(("moved away", 2),)),
            lost=Tally(n=1, reasons=(("no contact", 1),)),
            discontinued=Tally(n=3),
            analysed=19,
            not_analysed=Tally(n=1, reasons=(("outcome missing", 1),)),
        ),
        FlowArm(name="Management as usual", allocated=20, analysed=20),
    )
    reasons = (("not eligible", 60), ("declined", "[c]"))
    exposures = (9.0, 12.5, 13.0, 22.4)
    names = ("Borough A", "Borough B", "Borough C", "Southwark")
    limits = FunnelLimits(
        level=0.95, exposure=(8, 16, 24), lower=(1, 2, 3), upper=(9, 8, 7)
    )
    return {
        "flow": FlowDiagram(
            referred=150,
            assessed=110,
            eligible=50,
            approached=47,
            consented=41,
            children=42,
            excluded=Tally(n=70, reasons=reasons),
            randomised=40,
            arms=arms,
        ),
        "curves": Curves(
            series=(
                step_curve("MST-PSB", [(3, 0.05), (9, 0.1)], 0.0, (20, 18, "[c]")),
                step_curve("MAU", [(2, 0.05), (12, 0.2)], 0.0, (20, 19, 15)),
            ),
            times=(0, 10, 20),
            y_label="Families with a report (%)",
        ),
        "forest": Intervals(
            rows=(
                Interval(label="Placement", estimate=RISK_DIFFERENCE),
                Interval(label="Reoffence", estimate=MISSING),
            ),
            x_label="Risk difference (percentage points)",
            reference=0,
            sides=("fewer", "more"),
        ),
        "ratios": Intervals(
            rows=(
                Interval(label="Risk ratio", estimate=RISK_RATIO),
                Interval(
                    label="Hazard ratio",
                    estimate=estimate("hazard ratio", 1.3, 0.7, math.inf),
                ),
            ),
            x_label="Ratio",
            reference=1,
            scale="log",
        ),
        "funnel": FunnelPlot(
            points=tuple(
                FunnelPoint(name=name, exposure=exposure, value=4.7 + i)
                for i, (name, exposure) in enumerate(zip(names, exposures, strict=True))
            ),
            target=5.0,
            limits=(limits,),
            x_label="Children aged 10 to 17 (thousands)",
            y_label="Referrals per 10,000 a year",
            hidden=("Borough D",),
        ),
        "lines": Lines(
            periods=tuple(f"2013-{month:02d}" for month in range(1, 13)),
            series=(
                LineSeries(label="School", numbers=(3, 4, "[c]", *range(9))),
                LineSeries(label="Police", numbers=tuple(range(12))),
            ),
            y_label="Referrals",
            change=("2013-12", "Forum starts"),
        ),
        "bars": Bars(
            categories=("Age", "Outside the area"),
            series=(
                BarSeries(label="2013", numbers=(61, "[c]")),
                BarSeries(label="2014", numbers=(31, 0)),
            ),
            x_label="Referrals",
        ),
        "dots": DotPlot(
            dots=(
                Dot(label="Age", value=-0.125),
                Dot(label="Sex", value=Marker("[z]")),
            )
        ),
        "points": PointPlot(
            points=(
                NamedPoint(name="coin toss", x=5.04, y=50.0),
                NamedPoint(name="blocks of 4", x=0, y=70.8),
                NamedPoint(name="minimisation", x=0.9, y=63.0, marked=True),
                NamedPoint(name="big stick", x=0.9, y=62.5),
            ),
            x_label="Difference in size of the arms (families)",
            y_label="Next arm guessed rightly (%)",
            better="better: left and down",
        ),
    }


def baseline_table():
    columns = (
        Column(key="characteristic", heading="Characteristic"),
        Column(key="mst_psb", heading="MST-PSB"),
        Column(key="difference", heading="Standardised difference"),
    )
    rows = (
        ("Age in years, mean (SD)", Spread(mean=14.25, sd=1.872), 0.1021),
        ("Boys [note 1]", Share(count=39, total=40), -0.001),
        ("Convictions", Share(count=0, total=0), Marker("[z]")),
    )
    return Table(
        name="baseline",
        caption="Index children at randomisation",
        columns=columns,
        rows=rows,
        notes=("As recorded.", "No p-values."),
    )


def outcome_table():
    columns = (
        Column(key="measure", heading="Measure"),
        Column(key="estimate", heading="Estimate"),
        Column(key="p", heading="p-value"),
        Column(key="n", heading="Families analysed"),
    )
    exact = TestResult(statistic=math.nan, p_value=0.00784, n=40)
    rows = (
        ("Risk difference", RISK_DIFFERENCE, exact, 1073),
        ("Risk ratio", RISK_RATIO, Marker("[z]"), 40),
        ("Odds ratio", MISSING, TestResult.missing("no one had the event", n=40), 40),
    )
    return Table(
        name="placement", caption="Placement by 20 months", columns=columns, rows=rows
    )


def site_table(audit):
    columns = (
        Column(key="site", heading="Borough"),
        Column(key="referrals", heading="Referrals"),
        Column(key="rate", heading="Rate", unit="per 10,000 a year", decimals=1),
    )
    rate = estimate("rate", 4.6511627906, 2.79, 6.98, unit="per 10,000 a year")
    rows = (("Borough A", 12, rate), ("Borough B", "[c]", "[c]"))
    return Table(
        name="boroughs",
        caption="Referrals by borough",
        columns=columns,
        rows=rows,
        breakdown="site",
        audit=audit,
    )


def full_document(*, stamp="", edition="public", audit=FakeAudit(safe=True)):
    figures = [
        Figure(
            name=name,
            caption=f"The {name} of the trial",
            alt=f"What the {name} shows: <nothing> & more.",
            drawing=drawing,
            breakdown="site" if name == "funnel" else "trial",
            audit=audit if name == "funnel" else None,
        )
        for name, drawing in all_drawings().items()
    ]
    words = Section(
        title="Main points",
        blocks=(
            Callout("finding", "Too few to tell."),
            Paragraph("Tom & Jerry's <b> is text."),
            Items(("One.", "Two.")),
            Callout("limitation", "Limits.", ("Few families.",)),
            Callout("note", "A note."),
        ),
    )
    tables = Section(
        title="Tables",
        blocks=(
            Subheading("At baseline"),
            baseline_table(),
            Subheading("Outcomes"),
            outcome_table(),
            site_table(audit),
        ),
    )
    drawn = Section(title="Figures", slug="pictures", blocks=tuple(figures))
    return Document(
        title="STEPS-B",
        subtitle="An evaluation",
        stamp=stamp,
        edition=edition,
        meta={"Protocol": "steps-b"},
        sections=(words, tables, drawn),
    )


@pytest.fixture(scope="session")
def make_document():
    return full_document


@pytest.fixture
def drawings():
    return all_drawings()


@pytest.fixture
def fake_audit():
    return FakeAudit


@pytest.fixture
def tables():
    return {
        table.name: table
        for table in (baseline_table(), outcome_table(), site_table(None))
    }
