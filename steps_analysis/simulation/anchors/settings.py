"""In which scenarios and worlds can the anchors be seen?"""

from __future__ import annotations

from dataclasses import replace

from steps_analysis.simulation.anchors.anchor import Setting
from steps_analysis.simulation.anchors.children import CHILDREN
from steps_analysis.simulation.anchors.events import (
    EVENTS,
    any_offence,
    placement_in_treatment,
    sexual_arms,
    sexual_offence,
)
from steps_analysis.simulation.anchors.follow_up import (
    BETTER,
    SCORES,
    UNDER_TREATMENT,
)
from steps_analysis.simulation.anchors.referrals import FEWER, REFERRALS
from steps_analysis.simulation.world import WORLD

_NEVER_REACHED = 10_000

# Nobody is lost, in custody or unobserved: what happens shows as it was drawn.
_UNDISTURBED = replace(
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
_OPEN_ENDED = replace(
    WORLD,
    re_referral_share=0.0,
    second_child_share=0.0,
    screening_error_share=0.0,
    referral_rate=4.7,
)

SETTINGS: tuple[Setting, ...] = (
    Setting(says="the world as it stands", anchors=CHILDREN + UNDER_TREATMENT),
    Setting(
        says="4.7 referrals per 10,000 a year, each family once, places without end",
        anchors=REFERRALS,
        world=_OPEN_ENDED,
        n=_NEVER_REACHED,
    ),
    Setting(
        says="the same at 2.3 referrals",
        anchors=(FEWER,),
        world=replace(_OPEN_ENDED, referral_rate=2.3),
        n=_NEVER_REACHED,
    ),
    Setting(
        says="nobody lost, in custody or unobserved",
        anchors=EVENTS + SCORES,
        world=_UNDISTURBED,
    ),
    Setting(
        says="the same, 2.75 % who ever commit a proven sexual offence",
        anchors=(sexual_offence(20, 2.1),),
        world=replace(_UNDISTURBED, sexual_share=0.0275),
    ),
    Setting(
        says="the same, 8 % who ever do",
        anchors=(sexual_offence(20, 6.1),),
        world=replace(_UNDISTURBED, sexual_share=0.08),
    ),
    Setting(
        says="the same, 25 % any offence within 12 months",
        anchors=(any_offence(12, 0.25), any_offence(20, 0.351)),
        world=replace(_UNDISTURBED, offence_risk_12=0.25),
    ),
    Setting(
        says="the same, 38 % any offence within 12 months",
        anchors=(any_offence(12, 0.38, "P"), any_offence(20, 0.513)),
        world=replace(_UNDISTURBED, offence_risk_12=0.38),
    ),
    Setting(
        says="scenario uk_start",
        anchors=(placement_in_treatment(1.25),),
        scenario="uk_start",
        world=_UNDISTURBED,
    ),
    Setting(
        says="scenario modest",
        anchors=(placement_in_treatment(0.6), BETTER),
        scenario="modest",
        world=_UNDISTURBED,
    ),
    Setting(
        says="scenario us_efficacy",
        anchors=sexual_arms(0.08, 0.46, 106.8, 0.005),
        scenario="us_efficacy",
        world=_UNDISTURBED,
    ),
    Setting(
        says="scenario harm",
        anchors=sexual_arms(1.3 * 0.0376, 0.0376, 20, 0.0005),
        scenario="harm",
        world=_UNDISTURBED,
    ),
)
"""Every setting with its anchors."""
