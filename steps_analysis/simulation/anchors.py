"""
Which figures of the evidence must the synthetic world give back?

An anchor is a figure with its mark, and a way to count it in a drawn trial; a setting
is a scenario and a world in which some anchors can be seen. `SETTINGS` lists them all,
`steps_analysis.simulation.calibration` holds them against drawn trials.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from steps_analysis.boroughs import boroughs
from steps_analysis.protocol import DAYS_PER_MONTH, days_in
from steps_analysis.simulation.choices import BoolArray, FloatArray
from steps_analysis.simulation.draw import TrialArrays
from steps_analysis.simulation.world import WORLD, World

Count = tuple[float, float]
Counter = Callable[[TrialArrays], Count]

NEVER_REACHED = 10_000
MONTH_NAMES = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """
    A figure that the world must give back.

    Attributes
    ----------
    says
        What it is, in a phrase.
    mark
        Mark of its source.
    expected
        The figure.
    precision
        Half of its last printed digit, or as far as its words allow.
    counted
        What a drawn trial contributes: numerator and denominator.
    """

    says: str
    mark: str
    expected: float
    precision: float
    counted: Counter


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """
    A scenario and a world in which some anchors can be seen.

    Attributes
    ----------
    says
        What is particular about it.
    anchors
        The anchors.
    scenario
        Name of the scenario.
    world
        The world.
    n
        Families to recruit.
    """

    says: str
    anchors: tuple[Anchor, ...]
    scenario: str = "null"
    world: World = WORLD
    n: int = 80


# Nobody is lost, in custody or unobserved: what happens shows as it was drawn.
UNDISTURBED = replace(
    WORLD,
    withdrew_contact_risk=0.0,
    withdrew_data_risk=0.0,
    moved_risk=0.0,
    died_risk=0.0,
    custody_risk=0.0,
    visit_missing_risk=0.02,
    extract_shortfall_months=-90.0,
)
# Every family referred once, and never a last place: the funnel shows as it was drawn.
OPEN_ENDED = replace(
    WORLD,
    re_referral_share=0.0,
    second_child_share=0.0,
    screening_error_share=0.0,
    referral_rate=4.7,
)


def _share(is_so: BoolArray, among: BoolArray) -> Count:
    return float(np.sum(is_so & among)), float(np.sum(among))


def _ever(
    one: TrialArrays,
    *,
    code: str,
    months: float,
    sexual: bool | None = None,
    among: Callable[[TrialArrays], BoolArray],
) -> Count:
    """Count the participants with an event by a time."""
    events = one.events
    rows = (events.event == code) & (events.day <= days_in(months))
    if sexual is not None:
        rows &= events.is_sexual == int(sexual)
    ever = np.zeros(len(one.treated), dtype=bool)
    ever[events.participant[rows]] = True
    return _share(ever, among(one))


def _everybody(one: TrialArrays) -> BoolArray:
    return np.ones(len(one.treated), dtype=bool)


def _at_home(one: TrialArrays) -> BoolArray:
    return np.logical_not(one.placed)


def _treated(one: TrialArrays) -> BoolArray:
    return one.treated


def _control(one: TrialArrays) -> BoolArray:
    return np.logical_not(one.treated)


def _treated_at_home(one: TrialArrays) -> BoolArray:
    return np.logical_and(one.treated, _at_home(one))


def _risk(
    says: str,
    expected: float,
    *,
    code: str,
    months: float,
    mark: str = "A",
    sexual: bool | None = None,
    among: Callable[[TrialArrays], BoolArray] = _everybody,
    precision: float = 0.0005,
) -> Anchor:
    """Make an anchor of a risk by a time."""
    return Anchor(
        says=says,
        mark=mark,
        expected=expected,
        precision=precision,
        counted=partial(_ever, code=code, months=months, sexual=sexual, among=among),
    )


def _sexual(months: float, per_cent: float) -> Anchor:
    return _risk(
        f"R1: proven sexual offence within {months:g} months",
        per_cent / 100,
        code="offence",
        months=months,
        sexual=True,
    )


def _any(months: float, risk: float, mark: str = "A") -> Anchor:
    words = f"R2: any proven offence within {months:g} months"
    return _risk(words, risk, code="offence", months=months, mark=mark)


def _first_child(one: TrialArrays) -> BoolArray:
    """Say which referrals are a child's first."""
    return np.equal(one.entry.referrals.years_since_first, 0)


def _aged(one: TrialArrays, *, oldest: int, youngest: int = 10) -> Count:
    age = one.entry.children.age
    trial_age = _first_child(one) & (age >= 10) & (age <= 17)
    return _share((age >= youngest) & (age <= oldest), trial_age)


def _form(one: TrialArrays, *, name: str, value: object) -> Count:
    """Count an answer among the known ones of a child's first referral."""
    values = getattr(one.entry.children, name)
    return _share(values == value, _first_child(one) & (values != -1))


def _sibling(one: TrialArrays) -> Count:
    codes = one.entry.children.relationship.astype(str)
    return _share(np.char.endswith(codes, "_sibling"), _first_child(one))


def _source(one: TrialArrays, *, source: str) -> Count:
    """Count a source among the referrals of whole calendar years."""
    place = [name for name, _ in WORLD.source_shares].index(source)
    year = one.entry.referrals.date.astype("M8[Y]").astype(np.int64) + 1970
    whole = (year >= 2012) & (year <= 2015)
    return _share(one.entry.referrals.source == place, whole)


def _school_month(one: TrialArrays, *, month: int) -> Count:
    """Count the school referrals of a month, and a twelfth of those of whole years."""
    place = [name for name, _ in WORLD.source_shares].index("school")
    date = one.entry.referrals.date[one.entry.referrals.source == place]
    months = date.astype("M8[M]").astype(np.int64)
    whole = (months >= (2012 - 1970) * 12) & (months < (2016 - 1970) * 12)
    in_month = whole & (months % 12 == month - 1)
    days = (31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]
    return float(in_month.sum()) * DAYS_PER_MONTH / days, float(whole.sum()) / 12


def _ramp(one: TrialArrays) -> Count:
    """Count a forum's identifications in its second year and a year before it."""
    here = one.entry.sites.has_forum[one.entry.referrals.site]
    month = one.entry.referrals.date[here].astype("M8[M]")
    since = (month - one.entry.calendar.start.astype("M8[M]")).astype(np.int64)
    after, before = (since >= 12) & (since < 24), (since >= -12) & (since < 0)
    return float(after.sum()), float(before.sum())


def _funnel(
    one: TrialArrays, *, step: str, of: str, forum: bool | None = None
) -> Count:
    """Count one step of the way to the trial among those who came to the one before."""
    pathway = one.entry.pathway
    among = getattr(pathway, of)
    if forum is not None:
        among = among & (one.entry.sites.has_forum[one.entry.referrals.site] == forum)
    return _share(getattr(pathway, step), among)


def _randomised(one: TrialArrays) -> Count:
    """Count the families, and how many times as populous as average the sites are."""
    population = one.entry.sites.population
    average = np.mean([place.population_10_17 for place in boroughs()])
    return float(len(one.treated)), float(population.mean() / average)


def _crowding(one: TrialArrays) -> Count:
    """Count pairs of identifications at a site, and what a Poisson world would give."""
    sites = one.entry.sites
    plain = ~sites.has_forum
    counts = np.bincount(one.entry.referrals.site, minlength=len(plain))[plain]
    years = len(one.entry.calendar.months) / 12
    mean = sites.population[plain] / 10_000 * 4.7 * years
    return float(np.sum(counts * (counts - 1.0))), float(np.sum(mean**2))


def _mean(values: FloatArray) -> Count:
    known = values[~np.isnan(values)]
    return float(known.sum()), float(len(known))


def _total(one: TrialArrays, month: int) -> FloatArray:
    return one.visits.scores["sdq_total"][:, (0, 8, 14, 20).index(month)]


def _score(
    one: TrialArrays, *, month: int, among: Callable[[TrialArrays], BoolArray]
) -> Count:
    return _mean(_total(one, month)[among(one)])


def _score_variance(one: TrialArrays) -> Count:
    return _mean((_total(one, 0) - 18.0) ** 2)


def _score_covariance(one: TrialArrays) -> Count:
    """Multiply what two visits depart from their means, in variances."""
    drift = 0.08 * 40 * 8 / 20
    return _mean((_total(one, 0) - 18.0) * (_total(one, 8) - 18.0 + drift) / 36.0)


def _missing_at_20(one: TrialArrays) -> Count:
    return _share(np.isnan(_total(one, 20)), _everybody(one))


def _course(one: TrialArrays) -> Count:
    """Give the months of treatment of those who stayed to its end."""
    treatment = one.treatment
    stayed = (treatment.received == "mst_psb") & np.isnan(treatment.withdrew)
    return _mean((treatment.end - treatment.start)[stayed] / DAYS_PER_MONTH)


def _sanction_wait(one: TrialArrays, *, sexual: bool) -> Count:
    """Give the months from record to sanction of the first year's offences."""
    events = one.events
    rows = (events.event == "offence") & (events.is_sexual == int(sexual))
    rows &= events.day <= days_in(12)
    return _mean((events.sanctioned - events.recorded)[rows] / DAYS_PER_MONTH)


_CHILDREN = (
    Anchor(
        says="age 13 or less, of ages 10 to 17 (a third)",
        mark="P",
        expected=0.32,
        precision=0.02,
        counted=partial(_aged, oldest=13),
    ),
    *(
        Anchor(
            says=f"age {age}, of ages 10 to 17",
            mark="A",
            expected=share,
            precision=0.0,
            counted=partial(_aged, youngest=age, oldest=age),
        )
        for age, share in zip(range(10, 18), WORLD.age_shares, strict=True)
    ),
    Anchor(
        says="male",
        mark="A",
        expected=0.96,
        precision=0.0,
        counted=partial(_form, name="sex", value="male"),
    ),
    Anchor(
        says="learning difficulty, where known",
        mark="A",
        expected=0.35,
        precision=0.0,
        counted=partial(_form, name="learning_difficulty", value=1),
    ),
    Anchor(
        says="looked after",
        mark="A",
        expected=0.25,
        precision=0.0,
        counted=partial(_form, name="looked_after", value=1),
    ),
    Anchor(
        says="a sibling was harmed",
        mark="A",
        expected=0.30,
        precision=0.0,
        counted=_sibling,
    ),
)

_IN_CARE_OF_TREATMENT = (
    Anchor(
        says="scales missing at 20 months (20 to 30 %)",
        mark="A",
        expected=0.25,
        precision=0.05,
        counted=_missing_at_20,
    ),
    Anchor(
        says="months of MST-PSB, of those who stayed (five to seven)",
        mark="P",
        expected=6.0,
        precision=0.05,
        counted=_course,
    ),
)

_REFERRALS = (
    *(
        Anchor(
            says=f"referred by {source}",
            mark="P",
            expected=share,
            precision=0.0005,
            counted=partial(_source, source=source),
        )
        for source, share in (("police", 0.239), ("health", 0.14), ("school", 0.131))
    ),
    *(
        Anchor(
            says=f"school referrals of {word}, of an average month",
            mark="A",
            expected=12 * factor / sum(WORLD.school_season),
            precision=0.01,
            counted=partial(_school_month, month=month),
        )
        for month, (word, factor) in enumerate(
            zip(
                MONTH_NAMES,
                WORLD.school_season,
                strict=True,
            ),
            start=1,
        )
    ),
    Anchor(
        says="identifications a year after a forum starts, of a year before",
        mark="A",
        expected=1.8,
        precision=0.0,
        counted=_ramp,
    ),
    Anchor(
        says="pairs of identifications at a site, of a world without frailty (1 + CV²)",
        mark="A",
        expected=1.25,
        precision=0.0,
        counted=_crowding,
    ),
    Anchor(
        says="eligible, of screened",
        mark="A",
        expected=0.40,
        precision=0.0,
        counted=partial(_funnel, step="is_eligible", of="is_screened"),
    ),
    Anchor(
        says="approached, of eligible",
        mark="A",
        expected=0.85,
        precision=0.0,
        counted=partial(_funnel, step="is_approached", of="is_eligible"),
    ),
    Anchor(
        says="consented, of approached, at undocumented sites",
        mark="A",
        expected=0.65,
        precision=0.0,
        counted=partial(_funnel, step="is_joining", of="is_approached", forum=False),
    ),
    Anchor(
        says="consented, of approached, at documented sites (all, small n)",
        mark="S/A",
        expected=0.95,
        precision=0.0,
        counted=partial(_funnel, step="is_joining", of="is_approached", forum=True),
    ),
    Anchor(
        says="families randomised at boroughs of average population (about 80)",
        mark="A",
        expected=80.0,
        precision=8.0,
        counted=_randomised,
    ),
)

_FEWER = Anchor(
    says="families randomised at boroughs of average population (about 40)",
    mark="A",
    expected=40.0,
    precision=4.0,
    counted=_randomised,
)

_EVENTS = (
    *(
        _sexual(months, risk)
        for months, risk in ((8, 2.5), (14, 3.3), (20, 3.8), (36, 4.4), (60, 4.8))
    ),
    _any(12, 0.15, "A/M"),
    _any(20, 0.217),
    _risk(
        "R3: reported recurrence within 20 months",
        0.15,
        code="reported_harm",
        months=20,
    ),
    _risk(
        "P1: new placement within 20 months, of those at home",
        0.12,
        code="placement",
        months=20,
        among=_at_home,
    ),
    Anchor(
        says="months from the record of a sexual offence to its sanction",
        mark="P",
        expected=8.0,
        precision=0.5,
        counted=partial(_sanction_wait, sexual=True),
    ),
    Anchor(
        says="months from the record of another offence to its sanction",
        mark="A",
        expected=3.0,
        precision=0.05,
        counted=partial(_sanction_wait, sexual=False),
    ),
    Anchor(
        says="SDQ total at randomisation, points",
        mark="A",
        expected=18.0,
        precision=0.05,
        counted=partial(_score, month=0, among=_everybody),
    ),
    Anchor(
        says="its variance (6 points squared)",
        mark="A",
        expected=36.0,
        precision=0.5,
        counted=_score_variance,
    ),
    Anchor(
        says="correlation of two visits",
        mark="A",
        expected=0.6,
        precision=0.01,
        counted=_score_covariance,
    ),
    Anchor(
        says="SDQ total at 20 months, points: 3.2 lower in both arms",
        mark="A",
        expected=14.8,
        precision=0.1,
        counted=partial(_score, month=20, among=_everybody),
    ),
)


def _sexual_arms(
    treatment: float, control: float, months: float, precision: float
) -> tuple[Anchor, Anchor]:
    """Make anchors of proven sexual offences in each arm."""
    words = f"R1: proven sexual offence within {months:g} months"
    made = [
        _risk(
            f"{words}, {arm} arm",
            risk,
            code="offence",
            months=months,
            mark="P",
            sexual=True,
            among=among,
            precision=precision,
        )
        for arm, risk, among in (
            ("treatment", treatment, _treated),
            ("control", control, _control),
        )
    ]
    return made[0], made[1]


def _placement_in_treatment(odds_ratio: float) -> Anchor:
    odds = odds_ratio * 0.12 / 0.88
    return _risk(
        f"P1 in the treatment arm: 12 % moved by an odds ratio of {odds_ratio:g}",
        odds / (1 + odds),
        code="placement",
        months=20,
        among=_treated_at_home,
        mark="P" if odds_ratio == 1.25 else "A",
    )


SETTINGS: tuple[Setting, ...] = (
    Setting(says="the world as it stands", anchors=_CHILDREN + _IN_CARE_OF_TREATMENT),
    Setting(
        says="4.7 referrals per 10,000 a year, each family once, places without end",
        anchors=_REFERRALS,
        world=OPEN_ENDED,
        n=NEVER_REACHED,
    ),
    Setting(
        says="the same at 2.3 referrals",
        anchors=(_FEWER,),
        world=replace(OPEN_ENDED, referral_rate=2.3),
        n=NEVER_REACHED,
    ),
    Setting(
        says="nobody lost, in custody or unobserved", anchors=_EVENTS, world=UNDISTURBED
    ),
    Setting(
        says="the same, 2.75 % who ever commit a proven sexual offence",
        anchors=(_sexual(20, 2.1),),
        world=replace(UNDISTURBED, sexual_share=0.0275),
    ),
    Setting(
        says="the same, 8 % who ever do",
        anchors=(_sexual(20, 6.1),),
        world=replace(UNDISTURBED, sexual_share=0.08),
    ),
    Setting(
        says="the same, 25 % any offence within 12 months",
        anchors=(_any(12, 0.25), _any(20, 0.351)),
        world=replace(UNDISTURBED, offence_risk_12=0.25),
    ),
    Setting(
        says="the same, 38 % any offence within 12 months",
        anchors=(_any(12, 0.38, "P"), _any(20, 0.513)),
        world=replace(UNDISTURBED, offence_risk_12=0.38),
    ),
    Setting(
        says="scenario uk_start",
        anchors=(_placement_in_treatment(1.25),),
        scenario="uk_start",
        world=UNDISTURBED,
    ),
    Setting(
        says="scenario modest",
        anchors=(
            _placement_in_treatment(0.6),
            Anchor(
                says="SDQ total at 20 months, points, treatment arm: 0.3 SD better",
                mark="A",
                expected=13.0,
                precision=0.15,
                counted=partial(_score, month=20, among=_treated),
            ),
        ),
        scenario="modest",
        world=UNDISTURBED,
    ),
    Setting(
        says="scenario us_efficacy",
        anchors=_sexual_arms(0.08, 0.46, 106.8, 0.005),
        scenario="us_efficacy",
        world=UNDISTURBED,
    ),
    Setting(
        says="scenario harm",
        anchors=_sexual_arms(1.3 * 0.0376, 0.0376, 20, 0.0005),
        scenario="harm",
        world=UNDISTURBED,
    ),
)
