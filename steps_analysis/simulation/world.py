"""
What is the synthetic world like? Its every constant, with the mark of its source.

Marks: S founding text, P published source, M recalled, A a design decision of this
package. They stand in the docstring and, for programs, in each field's metadata.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from steps_analysis.errors import ArgumentError, refusal


def _fact(value: Any, mark: str, source: str = "") -> Any:
    """Declare one constant with its mark, and its source where there is one."""
    return field(default=value, metadata={"mark": mark, "source": source})


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """
    Every constant of the synthetic world.

    Risks are those by `horizon_months` in the control arm, before other events come
    between. Shares of a closed list sum to 1. A bias is switched on by changing one
    constant; by default there is none that differs between the arms.

    Attributes
    ----------
    population_jitter
        Pseudonymous sites: largest relative change of the population lent to them [A].
    population_rounding
        Their populations are rounded to a multiple of this [A].
    opening_spread_months
        Sites without a documented role open within so many months of the start [A].
    therapists, families_per_therapist
        Fewest and most therapists of the treatment at a site [A], and how many families
        one sees at a time [M]: the next waits for a place.
    referral_rate
        Identifications per 10,000 children aged 10 to 17 a year; None: as many as the
        target needs [A: 4.7 gives about 80 families, 2.3 about 40, before head-room].
    head_room_roots, head_room_more
        Families expected to be willing: n + `head_room_roots` sqrt(n) +
        `head_room_more`, so that recruiting nearly always reaches n, then stops [A].
    frailty_cv
        Coefficient of variation of the sites' gamma frailty [A].
    source_shares
        Who makes referrals [P: police 23.9, health 14, schools 13.1 %; the rest A].
    school_season, other_season
        Factors January to December, for schools and for others [A].
    ramp_factor, ramp_months
        Identification at a site with a forum rises in a line from 1 to the factor over
        the months from the forum's start [A, after S].
    months_before
        Months of identifications before recruiting starts [A].
    closed_school_months, closed_school_factor
        Months such as "2014-09" in which schools are closed, and what is left of their
        referrals then [A, after P]; none by default.
    re_referral_share, re_referral_months
        Share of children referred again, and within how many months [A; 12 months P].
    second_child_share
        Share of families in which a second child who harmed is referred [A].
    family_need_share
        Part of the variance of a child's need that its family shares [A].
    need_loadings
        How strongly need is linked to each characteristic and event; for "sibling",
        how strongly youth is. Loadings bind things together and move no risk [A].
    age_shares
        Ages 10 to 17 at referral [A, after P].
    other_age_shares, other_age_share
        Ages outside, and the share of identifications they make [A].
    male_share, learning_difficulty_share, looked_after_share
        Of children who displayed harmful sexual behaviour [A, after P].
    relationship_shares
        Of the child who was harmed; siblings make .30 [A, after P and M].
    unknown_share
        Share of unknown answers on the referral form [A].
    safety_plan_share, family_agrees_share
        Share of yes among known answers [A].
    together_shares
        Share who grew up together: siblings, other relatives, others [A].
    same_age_harm
        Chance that the last harm was at the age at referral, and of each further year
        back; likewise from last to first [A].
    ethnic_shares, deprivation_shares
        Broad ethnic group; deprivation quintile from the most deprived [A].
    eligible_share, approached_share
        The funnel: of screened, of eligible [A].
    site_consent, documented_consent
        Beta prior of the consent probability at a site, mean .65, and at one that
        follows the documented forum pathway [A, after S].
    screening_error_share
        Share of children of an age outside the protocol's that screening overlooks: a
        few are randomised in error [A].
    wrong_level_share
        Share of allocation factors recorded at a wrong level [A].
    reason_shares, not_approached_shares, decline_shares
        Why a family was not eligible (age apart), not approached, or declined [A].
    pathway_days
        Longest days from referral to screening, to approach, to answer, to
        randomisation [A].
    other_route_share
        Share of those not randomised who go where no rule sends them; all others go by
        `steps_analysis.pathway.next_route` [A].
    forum_share, late_papers_share, co_working_share
        Share of identifications a forum discusses, of papers a month late, and of cases
        for which it names an agency to co-work [A].
    placed_shares
        Share living away from home at randomisation of those not looked after, and of
        those looked after [A].
    received_shares, comparator_shares
        What families in the treatment arm and, where nothing is documented, in the
        control arm receive [A]; a documented site's comparator is AIM [S].
    crossover_share
        Share of the control arm who receive the treatment [A].
    start_days
        Mean days from randomisation to the start of treatment [A].
    treatment_months
        Shortest and longest course of the treatment [P].
    comparator_months
        Shortest and longest course of the comparator [A].
    withdrew_treatment_share
        Share of those who start and then withdraw from treatment [A].
    contacts_per_week
        Treatment and comparator [A].
    fidelity
        Beta distribution of adherence to the model [A].
    horizon_months
        The horizon of the risks below [A].
    withdrew_contact_risk, withdrew_data_risk, moved_risk, died_risk
        Losses by the horizon [A].
    withdrawal_odds_ratio
        Odds ratio of withdrawing contact in the treatment arm: differential loss [A].
    visit_missing_risk
        Chance that a family still in contact misses the visit at the horizon, higher
        where need is; with the losses about a quarter of scales are missing there
        [A: 20 to 30 %].
    missing_odds_ratio
        Odds ratio of missing a visit in the treatment arm [A].
    score_missing_share, item_missing_share
        Share of questionnaires missing at a visit that took place, and of answers
        missing on one that was filled in [A].
    score_mean, score_sd, score_drift, score_correlation
        Scales, in parts of their range: mean in the worse direction, standard
        deviation, improvement of both arms by the horizon; correlation of two visits
        [A]. They speak of totals: the sub-scales of the Strengths and Difficulties are
        spread from its total afterwards, so that each of them follows the child less
        closely from visit to visit, and gains less from the treatment.
    therapist_icc
        Share of the variance of scales that therapists of the treatment account for
        [A]; none by default, since it would show the arm.
    placement_risk
        New placement by the horizon among those at home [A: .12, up to .25].
    placement_months, placement_again
        Mean months of a spell, and the chance of another after it [A].
    custody_risk, custody_months
        Custody by the horizon, and mean months of a spell [A].
    recurrence_risk
        Reported recurrence by the horizon, proven ones included [A: .10 to .25].
    detection_ratio
        Multiplier of the rate of reports in the treatment arm: surveillance bias [A].
    report_informants
        Who tells of a recurrence [A].
    sexual_share
        Share who ever commit a proven sexual offence [P: 106 studies].
    sexual_scale_months, event_shape
        Mixture cure F(t) = share (1 - exp(-(t / scale) ** shape)) [A].
    offence_risk_12
        Any proven offence by 12 months, sexual ones included; from it the Weibull
        distribution of the first one [A, after M].
    capture_probability
        Chance that an offence enters the official records at all [A].
    adult_records
        Whether offences after the eighteenth birthday are in them [A].
    count_k
        Negative binomial dispersion of repeated events [A].
    record_months
        Mean months until reports, other offences, sexual ones enter the records [A].
    sanction_months
        Mean months from record to sanction: other offences [A], sexual ones [P].
    re_referral_risk_12
        Re-referral to children's services by 12 months for any other reason than
        another referral of the family for this behaviour [A].
    case_closed_months
        Mean months until social care closes the case [A].
    adverse_event_risk, serious_share
        Adverse event by the horizon, and the share of serious ones [A].
    monthly_costs
        Mean cost a month in each sector, pounds; illustrative [A].
    cost_cv
        Coefficient of variation of a period's cost [A].
    treatment_cost, placement_weekly_cost, custody_weekly_cost
        Cost of a course of the treatment, and of a week away from home and in custody,
        pounds; illustrative [A].
    extract_shortfall_months
        The records are complete so many months short of the longest follow-up and wait
        of the last family, so that the latest are not fully observed [A].

    Examples
    --------
    >>> World().sexual_share, mark_of_constant("sexual_share")
    (0.0492, 'P')
    """

    population_jitter: float = _fact(0.10, "A")
    population_rounding: int = _fact(500, "A")
    opening_spread_months: int = _fact(6, "A")
    therapists: tuple[int, int] = _fact((1, 3), "A")
    families_per_therapist: int = _fact(4, "M", "3-4 families each")

    referral_rate: float | None = _fact(None, "A")
    head_room_roots: float = _fact(2.5, "A")
    head_room_more: float = _fact(2.0, "A")
    frailty_cv: float = _fact(0.5, "A")
    source_shares: tuple[tuple[str, float], ...] = _fact(
        (
            ("social_care", 0.22),
            ("school", 0.131),
            ("police", 0.239),
            ("health", 0.14),
            ("camhs", 0.06),
            ("youth_offending", 0.07),
            ("early_help", 0.06),
            ("family", 0.04),
            ("other", 0.04),
        ),
        "P/A",
        "England children's referrals 2013-14: police, health, schools",
    )
    school_season: tuple[float, ...] = _fact(
        (1.05, 0.90, 1.15, 0.75, 1.00, 1.15, 0.95, 0.15, 1.15, 1.05, 1.30, 0.85), "A"
    )
    other_season: tuple[float, ...] = _fact(
        (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.95, 1.0, 1.0, 1.0, 0.90), "A"
    )
    ramp_factor: float = _fact(1.8, "A", "identification grew [S]")
    ramp_months: int = _fact(12, "A")
    months_before: int = _fact(24, "A")
    closed_school_months: tuple[str, ...] = _fact((), "A")
    closed_school_factor: float = _fact(0.3, "A", "mainly school referrals fall [P]")
    re_referral_share: float = _fact(0.04, "A")
    re_referral_months: float = _fact(12.0, "P")
    second_child_share: float = _fact(0.02, "A")

    family_need_share: float = _fact(0.5, "A")
    need_loadings: tuple[tuple[str, float], ...] = _fact(
        (
            ("sibling", 0.3),
            ("looked_after", 0.5),
            ("learning_difficulty", 0.3),
            ("deprivation", 0.3),
            ("withdrew_contact", 0.3),
            ("missed_visit", 0.3),
            ("score", 0.5),
            ("placement", 0.3),
            ("custody", 0.3),
            ("report", 0.3),
            ("offence", 0.3),
            ("re_referral", 0.3),
            ("adverse_event", 0.2),
        ),
        "A",
    )
    age_shares: tuple[float, ...] = _fact(
        (0.04, 0.06, 0.09, 0.13, 0.18, 0.23, 0.18, 0.09), "A", "mode 15 [P Hackett]"
    )
    other_age_shares: tuple[tuple[int, float], ...] = _fact(
        ((7, 0.1), (8, 0.2), (9, 0.4), (18, 0.3)), "A"
    )
    other_age_share: float = _fact(0.06, "A")
    male_share: float = _fact(0.96, "A", "96-100 % [P, US trials]")
    learning_difficulty_share: float = _fact(0.35, "A", "38 % [P Hackett]")
    looked_after_share: float = _fact(0.25, "A", "about a third [P NSPCC]")
    relationship_shares: tuple[tuple[str, float], ...] = _fact(
        (
            ("birth_sibling", 0.19),
            ("step_sibling", 0.06),
            ("foster_sibling", 0.03),
            ("adoptive_sibling", 0.02),
            ("cousin", 0.06),
            ("other_relative", 0.04),
            ("known_child", 0.40),
            ("other_child", 0.20),
        ),
        "A",
        "sibling share 25-50 % [M]",
    )
    unknown_share: float = _fact(0.12, "A")
    safety_plan_share: float = _fact(0.65, "A")
    family_agrees_share: float = _fact(0.85, "A")
    together_shares: tuple[float, float, float] = _fact((0.85, 0.25, 0.03), "A")
    same_age_harm: float = _fact(0.65, "A")
    ethnic_shares: tuple[tuple[str, float], ...] = _fact(
        (
            ("asian", 0.15),
            ("black", 0.28),
            ("mixed", 0.12),
            ("white", 0.38),
            ("other", 0.07),
        ),
        "A",
    )
    deprivation_shares: tuple[float, ...] = _fact((0.40, 0.27, 0.17, 0.10, 0.06), "A")

    eligible_share: float = _fact(0.40, "A")
    approached_share: float = _fact(0.85, "A")
    site_consent: tuple[float, float] = _fact((13.0, 7.0), "A")
    documented_consent: tuple[float, float] = _fact((19.0, 1.0), "A", "all agreed [S]")
    screening_error_share: float = _fact(0.05, "A")
    wrong_level_share: float = _fact(0.01, "A")
    reason_shares: tuple[tuple[str, float], ...] = _fact(
        (
            ("no_carer", 0.18),
            ("harm_not_confirmed", 0.36),
            ("outside_area", 0.08),
            ("acute_need", 0.12),
            ("other_service", 0.18),
            ("other", 0.08),
        ),
        "A",
    )
    not_approached_shares: tuple[tuple[str, float], ...] = _fact(
        (("agency", 0.4), ("no_contact", 0.45), ("moved", 0.15)), "A"
    )
    decline_shares: tuple[tuple[str, float], ...] = _fact(
        (("family", 0.7), ("young_person", 0.3)), "A"
    )
    pathway_days: tuple[int, int, int, int] = _fact((21, 14, 28, 10), "A")
    other_route_share: float = _fact(0.05, "A")
    forum_share: float = _fact(0.7, "A")
    late_papers_share: float = _fact(0.1, "A")
    co_working_share: float = _fact(0.35, "A")

    placed_shares: tuple[float, float] = _fact((0.0, 0.5), "A")
    received_shares: tuple[tuple[str, float], ...] = _fact(
        (("mst_psb", 0.92), ("other", 0.02), ("none", 0.06)), "A"
    )
    comparator_shares: tuple[tuple[str, float], ...] = _fact(
        (("aim", 0.35), ("other", 0.40), ("none", 0.25)), "A"
    )
    crossover_share: float = _fact(0.02, "A")
    start_days: float = _fact(14.0, "A")
    treatment_months: tuple[float, float] = _fact((5.0, 7.0), "P")
    comparator_months: tuple[float, float] = _fact((2.0, 8.0), "A")
    withdrew_treatment_share: float = _fact(0.08, "A")
    contacts_per_week: tuple[float, float] = _fact((2.0, 0.5), "A")
    fidelity: tuple[float, float] = _fact((16.0, 4.0), "A")

    horizon_months: float = _fact(20.0, "A")
    withdrew_contact_risk: float = _fact(0.06, "A")
    withdrawal_odds_ratio: float = _fact(1.0, "A")
    withdrew_data_risk: float = _fact(0.02, "A")
    moved_risk: float = _fact(0.04, "A")
    died_risk: float = _fact(0.001, "A")
    visit_missing_risk: float = _fact(0.15, "A")
    missing_odds_ratio: float = _fact(1.0, "A")
    score_missing_share: float = _fact(0.02, "A")
    item_missing_share: float = _fact(0.01, "A")
    score_mean: float = _fact(0.45, "A")
    score_sd: float = _fact(0.15, "A")
    score_drift: float = _fact(0.08, "A")
    score_correlation: float = _fact(0.6, "A")
    therapist_icc: float = _fact(0.0, "A")

    placement_risk: float = _fact(0.12, "A")
    placement_months: float = _fact(6.0, "A")
    placement_again: float = _fact(0.25, "A")
    custody_risk: float = _fact(0.03, "A")
    custody_months: float = _fact(4.0, "A")
    recurrence_risk: float = _fact(0.15, "A", "3-5 times official")
    detection_ratio: float = _fact(1.0, "A")
    report_informants: tuple[tuple[str, float], ...] = _fact(
        (("carer", 0.4), ("professional", 0.4), ("self", 0.2)), "A"
    )
    sexual_share: float = _fact(0.0492, "P", "Caldwell 2016, 106 studies")
    sexual_scale_months: float = _fact(12.7, "A")
    event_shape: float = _fact(0.8, "A")
    offence_risk_12: float = _fact(0.15, "A", "12-18 % after a sexual one [M]")
    capture_probability: float = _fact(1.0, "A")
    adult_records: bool = _fact(True, "A", "records near complete")
    count_k: float = _fact(0.5, "A")
    record_months: tuple[float, float, float] = _fact((0.3, 0.5, 1.0), "A")
    sanction_months: tuple[float, float] = _fact((3.0, 8.0), "A/P")
    re_referral_risk_12: float = _fact(0.20, "A")
    case_closed_months: float = _fact(10.0, "A")
    adverse_event_risk: float = _fact(0.08, "A")
    serious_share: float = _fact(0.25, "A")

    monthly_costs: tuple[tuple[str, float], ...] = _fact(
        (
            ("health", 150.0),
            ("social_care", 400.0),
            ("education", 250.0),
            ("justice", 120.0),
        ),
        "A",
    )
    cost_cv: float = _fact(1.2, "A")
    treatment_cost: float = _fact(9000.0, "A")
    placement_weekly_cost: float = _fact(900.0, "A")
    custody_weekly_cost: float = _fact(2000.0, "A")
    extract_shortfall_months: float = _fact(3.0, "A")

    def __post_init__(self) -> None:
        for part in fields(self):
            _check(part.name, getattr(self, part.name))

    def loading(self, name: str) -> float:
        """
        Give how strongly need is linked to a characteristic or event.

        Parameters
        ----------
        name
            Its name in `need_loadings`.

        Returns
        -------
        float
            The loading; 0 where none is named.

        Examples
        --------
        >>> World().loading("looked_after"), World().loading("sex")
        (0.5, 0.0)
        """
        return dict(self.need_loadings).get(name, 0.0)


_NOT_SUMMED = ("placed_shares", "together_shares")
_ABOVE_ZERO = (
    "detection_ratio",
    "withdrawal_odds_ratio",
    "missing_odds_ratio",
    "families_per_therapist",
)
_CHANCES = ("_share", "_risk", "_risk_12", "_again", "_icc")


def _check(name: str, value: Any) -> None:
    """Refuse an impossible constant."""
    if name.endswith(_CHANCES) and not 0 <= value < 1:
        raise ArgumentError(refusal(name, "lie in [0, 1)", value))
    if name in _ABOVE_ZERO and not value > 0:
        raise ArgumentError(refusal(name, "be above 0", value))
    if name == "capture_probability" and not 0 < value <= 1:
        raise ArgumentError(refusal(name, "lie in (0, 1]", value))
    if name == "need_loadings" and not all(-1 < loading < 1 for _, loading in value):
        raise ArgumentError(refusal(name, "lie in (-1, 1)", dict(value)))
    if name.endswith("_shares") and name not in _NOT_SUMMED:
        total = sum(share[1] if isinstance(share, tuple) else share for share in value)
        if abs(total - 1) > 1e-9:
            raise ArgumentError(refusal(name, "sum to 1", total))


WORLD = World()


def mark_of_constant(name: str) -> str:
    """
    Give the source mark of one of the world's constants.

    Parameters
    ----------
    name
        The constant.

    Returns
    -------
    str
        S, P, M or A; several with a stroke between.

    Raises
    ------
    ArgumentError
        If the world has no such constant.

    Examples
    --------
    >>> mark_of_constant("ramp_factor")
    'A'
    """
    metadata: Mapping[str, Any] = next(
        (part.metadata for part in fields(World) if part.name == name), {}
    )
    if not metadata:
        raise ArgumentError(refusal("name", "name a constant of the world", name))
    return str(metadata["mark"])
