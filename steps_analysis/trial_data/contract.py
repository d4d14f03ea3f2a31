"""
The data contract: which tables a trial has, their fields, codes, keys and links.

The contract is data. The reader, the checker, ``datapackage.json`` and the data
dictionary are all made from it. A protocol extends it
(`steps_analysis.trial_data.extended`).
"""

from __future__ import annotations

from dataclasses import replace

from steps_analysis.trial_data.fields import Field, TableRule


def _ids(name: str, title: str, links_to: str | None = None) -> Field:
    return Field(name=name, kind="id", title=title, required=True, links_to=links_to)


def _date(
    name: str, title: str, *, required: bool = False, planned: bool = False
) -> Field:
    return Field(
        name=name, kind="date", title=title, required=required, is_planned=planned
    )


def _code(name: str, title: str, codes: str, *, required: bool = False) -> Field:
    listed = tuple(codes.split())
    return Field(name=name, kind="code", title=title, codes=listed, required=required)


def _age(name: str, title: str) -> Field:
    return Field(
        name=name, kind="whole", title=title, minimum=0, maximum=25, unit="years"
    )


def _yes_no(name: str, title: str, *, required: bool = False) -> Field:
    return Field(name=name, kind="yes_no", title=title, required=required)


# `most` is a size beyond which a number is a slip of the keyboard in any trial.
def _count(
    name: str, title: str, unit: str = "", *, most: int, required: bool = False
) -> Field:
    return Field(
        name=name,
        kind="whole",
        title=title,
        minimum=0,
        maximum=most,
        unit=unit,
        required=required,
    )


def _month(name: str, title: str) -> Field:
    return _count(name, title, "months", most=600, required=True)


_SITE = Field(
    name="site",
    kind="code",
    title="the site, as the protocol spells it",
    required=True,
    links_to="sites.site",
)
_REFERRAL = _ids("referral_id", "the referral", "referrals.referral_id")
_PARTICIPANT = _ids("participant_id", "the participant", "participants.participant_id")
_TREATMENTS = "mst_psb aim other none"
_AGENCIES = "social_care school police health camhs youth_offending early_help"

CONTRACT = (
    TableRule(
        name="sites",
        title="a site",
        key=("site",),
        fields=(
            replace(_SITE, links_to=None),
            _code("ring", "part of London", "inner outer"),
            _count(
                "population_10_17",
                "children aged 10 to 17 living there",
                "children",
                most=10_000_000,
            ),
            _date("opened_date", "when the site opened to the trial"),
            _date("closed_date", "when it closes to recruitment", planned=True),
            _date("forum_start_date", "when its forum first met"),
            _count(
                "therapists",
                "therapists of the treatment under test",
                "people",
                most=1_000,
            ),
        ),
    ),
    TableRule(
        name="referrals",
        title="a referral: every identification, eligible or not",
        key=("referral_id",),
        fields=(
            _ids("referral_id", "the referral"),
            _ids("family_id", "the family, the unit of randomisation"),
            _SITE,
            _date("referral_date", "when it was made", required=True),
            _code("source", "who made it", f"{_AGENCIES} family other", required=True),
            _age("age_at_referral", "the child's completed years at referral"),
            _age("age_at_first_harm", "completed years at the first harm"),
            _age("age_at_last_harm", "completed years at the last harm"),
            _age("youngest_age_at_referral", "youngest child involved, at referral"),
            _code("sex", "the child's sex", "male female"),
            _code(
                "relationship",
                "of the child who was harmed to the child who harmed",
                "birth_sibling step_sibling foster_sibling adoptive_sibling cousin "
                "other_relative known_child other_child",
            ),
            _yes_no("grew_up_in_same_family", "whether the children grew up together"),
            _yes_no("safety_plan", "whether a safety plan is in place"),
            _yes_no("family_agrees", "whether the family agrees to the service"),
            _yes_no("learning_difficulty", "whether the child has one"),
            _yes_no("looked_after", "whether the child is looked after"),
            _code("ethnic_group", "broad group", "asian black mixed white other"),
            Field(
                name="deprivation_quintile",
                kind="whole",
                title="of the area, 1 the most deprived",
                minimum=1,
                maximum=5,
            ),
        ),
    ),
    TableRule(
        name="screening",
        title="a referral screened for the trial",
        key=("referral_id",),
        fields=(
            _REFERRAL,
            _date("screened_date", "when it was screened", required=True),
            _yes_no("eligible", "whether the family may join", required=True),
            _code(
                "reason",
                "why it may not",
                "age no_carer harm_not_confirmed outside_area acute_need other_service "
                "other",
            ),
            _date("approached_date", "when the trial was offered"),
            _yes_no("consent", "whether a parent or carer consented"),
            _date("consent_date", "when they answered"),
            _yes_no("assent", "whether the child assented"),
            _code(
                "decline_reason",
                "why the family did not join",
                "family young_person agency no_contact moved",
            ),
            _code(
                "route",
                "where the case went, only of those not randomised",
                "stepping_stones aim aim_co_working consultation information_needed "
                "none",
            ),
        ),
    ),
    TableRule(
        name="forum",
        title="a presentation at a forum",
        key=("referral_id", "forum_date"),
        fields=(
            _REFERRAL,
            _date("papers_date", "when the papers arrived"),
            _date(
                "forum_date",
                "when the forum met, or the meeting the case is booked for",
                required=True,
                planned=True,
            ),
            _code("concern", "how serious the concern is", "low medium high"),
            _code(
                "question",
                "what the social worker asks",
                "trial_suitability assessment safety_planning co_working review",
            ),
            _code("co_worker_agency", "the agency that would co-work", _AGENCIES),
            _yes_no("open_to_agency", "whether the case is open to that agency"),
        ),
    ),
    TableRule(
        name="forum_actions",
        title="a recommendation of a forum",
        key=("referral_id", "forum_date", "recommendation"),
        fields=(
            _REFERRAL,
            _date("forum_date", "when the forum met", required=True),
            _code(
                "recommendation",
                "what it recommends",
                "trial_referral stepping_stones aim ongoing_intervention "
                "alternative_support professional_consultation safety_plan_review "
                "close",
                required=True,
            ),
            _code("owner_role", "who is to do it", f"{_AGENCIES} therapist chair"),
            _date("due_date", "by when", planned=True),
            _code("status", "how far it is", "open done overdue dropped"),
            _date("review_date", "when the forum looks again", planned=True),
            _date("reviewed_date", "when it did"),
        ),
    ),
    TableRule(
        name="participants",
        title="a randomised index child; the unit is the family",
        key=("participant_id",),
        fields=(
            _ids("participant_id", "the participant"),
            _SITE,
            _date("randomisation_date", "time zero", required=True),
            Field(name="family_id", kind="id", title="the family"),
            Field(
                name="referral_id",
                kind="id",
                title="the referral it came from",
                links_to="referrals.referral_id",
            ),
            _yes_no("placed_at_randomisation", "whether living away from home then"),
        ),
    ),
    TableRule(
        name="allocation",
        title="a participant's arm",
        key=("participant_id",),
        is_concealed=True,
        fields=(
            _PARTICIPANT,
            Field(name="arm", kind="code", title="the allocated arm", required=True),
            _count("ledger_entry", "its entry in the ledger", most=1_000_000),
            _code("route", "what the allocation led to", "mst_psb aim other none"),
        ),
    ),
    TableRule(
        name="treatment",
        title="a participant's treatment",
        key=("participant_id",),
        is_concealed=True,
        fields=(
            _PARTICIPANT,
            _code("treatment_received", "what was received", _TREATMENTS),
            _code(
                "comparator_received", "in the control arm: what it was", _TREATMENTS
            ),
            Field(name="therapist_id", kind="id", title="the therapist"),
            _date("treatment_start_date", "when it started"),
            _date("treatment_end_date", "when it ended"),
            _date("withdrew_treatment_date", "when the family withdrew from it"),
            _count("contacts", "sessions held", "sessions", most=10_000),
            Field(
                name="fidelity",
                kind="number",
                title="adherence to the model",
                minimum=0,
                maximum=1,
            ),
        ),
    ),
    TableRule(
        name="visits",
        title="a participant's visit",
        key=("participant_id", "visit_month"),
        fields=(
            _PARTICIPANT,
            _month("visit_month", "months from randomisation"),
            _date("due_date", "when it is due", planned=True),
            _date("completed_date", "when it took place"),
        ),
    ),
    TableRule(
        name="events",
        title="an event or a spell",
        fields=(
            _PARTICIPANT,
            _code(
                "event",
                "what happened",
                "offence reported_harm re_referral placement custody withdrew_contact "
                "withdrew_data moved died case_closed adverse_event",
                required=True,
            ),
            _date("event_date", "when it happened or began", required=True),
            _date("end_date", "when a spell ended"),
            _date("recorded_date", "when it entered the records"),
            _date("sanction_date", "when an offence was sanctioned"),
            _code("informant", "who told", "carer professional self record"),
            _yes_no("is_sexual", "whether it was sexual"),
            _yes_no("is_serious", "whether it was serious"),
        ),
    ),
    TableRule(
        name="costs",
        title="a participant's cost in a sector and period",
        key=("participant_id", "sector", "month_from"),
        is_concealed=True,
        fields=(
            _PARTICIPANT,
            _code(
                "sector",
                "who paid",
                "health social_care education justice",
                required=True,
            ),
            _month("month_from", "start of the period"),
            _month("month_to", "end of the period"),
            Field(
                name="cost",
                kind="number",
                title="cost in the period",
                minimum=0,
                maximum=1_000_000_000,
                unit="pounds",
                required=True,
            ),
        ),
    ),
)

# What each role opens. No role but the statistician's opens a concealed table.
ROLE_TABLES: dict[str, tuple[str, ...]] = {
    "statistician": tuple(rule.name for rule in CONTRACT),
    "masked_statistician": tuple(r.name for r in CONTRACT if not r.is_concealed),
    "research_assistant": tuple(r.name for r in CONTRACT if not r.is_concealed),
    "commissioner": ("sites", "referrals", "screening", "forum", "forum_actions"),
}

# What an evaluation cannot do without; a role needs those of them it may open.
NEEDED_TABLES = ("sites", "participants", "allocation", "events")

# Tables of which a file without a single row says nothing.
NEVER_EMPTY = ("sites", "participants")
