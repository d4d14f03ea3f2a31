"""Where does a case go next? One table of decisions, each with its sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from steps_analysis.errors import ArgumentError, did_you_mean, refusal
from steps_analysis.pathway.eligibility.screening import Screening

Stage = Literal[
    "not_screened",
    "not_eligible",
    "eligible",
    "not_offered",
    "approached",
    "declined",
    "consented",
    "randomised",
]
Route = Literal[
    "trial",
    "randomised",
    "aim",
    "aim_co_working",
    "stepping_stones",
    "consultation",
    "information_needed",
    "none",
]
TrialAct = Literal["screen", "offer", "await_answer", "randomise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NextRoute:
    """
    Where a case goes next.

    Attributes
    ----------
    route
        "trial" while it is on its way there, "randomised" once it is in, else "aim",
        "aim_co_working", "stepping_stones", "consultation", "information_needed" or
        "none".
    trial_act
        On the way to the trial: "screen", "offer", "await_answer" or "randomise".
    why
        The reason, in words for a family or a social worker.
    """

    route: Route
    trial_act: TrialAct | None = None
    why: str


_RANDOMISED = NextRoute(
    route="randomised",
    why="The family has joined the trial and been randomised. Where that leads is kept "
    "with its allocation, and is not shown here.",
)
_ON_ITS_WAY = {
    "consented": NextRoute(
        route="trial",
        trial_act="randomise",
        why="The family has agreed to join the trial: it can be randomised.",
    ),
    "approached": NextRoute(
        route="trial",
        trial_act="await_answer",
        why="The family has been offered the trial, and its answer is awaited.",
    ),
    "eligible": NextRoute(
        route="trial",
        trial_act="offer",
        why="The case is eligible for the trial: please offer it. The family decides.",
    ),
}
_BY_THE_RULES = {
    "accept": NextRoute(
        route="trial",
        trial_act="screen",
        why="The rules of the trial accept the case: please refer it for screening. "
        "The family decides.",
    ),
    "information_needed": NextRoute(
        route="information_needed",
        why="Whether the trial can take the case depends on what is not known yet.",
    ),
    "discuss_with_service": NextRoute(
        route="consultation",
        why="Whether the trial can take the case is to be discussed with its team.",
    ),
}
_LEFT = {
    "not_eligible": "The case was found not eligible for the trial.",
    "not_offered": "The trial was not offered to the family.",
    "declined": "The family did not join the trial.",
    "refused": "The rules of the trial do not accept the case.",
    "mendable": "The rules of the trial do not accept the case, though they may later.",
    "closed": "The trial is not recruiting here.",
}
_FORUM: dict[bool, tuple[Route, str]] = {
    False: ("aim", "The forum pathway that is followed here leads to AIM."),
    True: (
        "aim_co_working",
        "The forum pathway that is followed here leads to AIM, and AIM-trained staff "
        "of another agency co-work, whether or not the case is open to them.",
    ),
}
_ELSEWHERE: dict[str, tuple[Route, str]] = {
    "accept": ("stepping_stones", "The rules of Stepping Stones accept it."),
    "discuss_with_service": (
        "consultation",
        "Whether Stepping Stones can take it is to be discussed with the service.",
    ),
    "information_needed": (
        "information_needed",
        "Whether Stepping Stones can take it depends on what is not known yet.",
    ),
    "mendable": (
        "consultation",
        "Stepping Stones cannot take it today, but what stands in the way may change: "
        "please talk to the service.",
    ),
    "refuse": (
        "none",
        "No rule sends it anywhere: what to offer is for the family, and the "
        "professionals who know it, to decide.",
    ),
}


def next_route(
    trial: Screening,
    stepping_stones: Screening,
    *,
    stage: Stage = "not_screened",
    forum_pathway: bool = False,
    co_working: bool = False,
    recruiting: bool = True,
) -> NextRoute:
    """
    Say where a case goes next; every case goes somewhere, or it is said that none does.

    Parameters
    ----------
    trial, stepping_stones
        What the rules of the two say, as `screen_trial` and `screen_stepping_stones`
        give it.
    stage
        How far the case came with the trial. ``"not_offered"`` and ``"declined"`` are
        of families who will not join, before and after the offer.
    forum_pathway
        Whether its site follows the forum pathway, as the protocol's sites say.
    co_working
        Whether an agency is needed to co-work.
    recruiting
        Whether the trial recruits at its site.

    Returns
    -------
    NextRoute
        The route and the reason.

    Raises
    ------
    ArgumentError
        If there is no such stage.

    Notes
    -----
    The first line that fits decides.

    ==========================================  ======================================
    what is known                               next
    ==========================================  ======================================
    randomised                                  randomised (route with its allocation)
    agreed, and the trial recruits              trial: randomise
    approached, no answer yet, recruits         trial: await the answer
    found eligible, recruits                    trial: offer
    not screened, its rules accept, recruits    trial: screen
    not screened, its rules lack an answer      information needed
    not screened, its rules leave it open       consultation with the trial
    any other, forum pathway                    AIM, co-working where it is needed
    any other, Stepping Stones accepts          Stepping Stones
    any other, Stepping Stones leaves it open   consultation
    any other, Stepping Stones lacks an answer  information needed
    any other, what it refuses can be mended    consultation
    any other                                   none: no rule sends the case anywhere
    ==========================================  ======================================

    The forum pathway is the founding article's: AIM for whoever is not eligible or not
    allocated the treatment under test, and, as a design decision, for whoever declines.
    It comes before Stepping Stones. The rest is a design decision too: elsewhere no
    source gives a rule. A refusal that can be mended leads to a consultation, as the
    leaflet invites an early conversation.

    Examples
    --------
    >>> from steps_analysis.pathway import screen_stepping_stones, screen_trial
    >>> from steps_analysis.protocol import load_protocol
    >>> case = {"age_at_referral": 18, "site": "Southwark"}
    >>> trial = screen_trial(case, load_protocol())
    >>> next_route(trial, screen_stepping_stones(case), forum_pathway=True).route
    'aim'
    """
    if stage not in get_args(Stage):
        rule = f"be one of {', '.join(get_args(Stage))}"
        hint = did_you_mean(stage, get_args(Stage))
        raise ArgumentError(refusal("stage", rule, stage, hint=hint))
    if stage == "randomised":
        return _RANDOMISED
    if recruiting and stage in _ON_ITS_WAY:
        return _ON_ITS_WAY[stage]
    if recruiting and stage == "not_screened" and trial.decision in _BY_THE_RULES:
        return _BY_THE_RULES[trial.decision]
    key = "mendable" if stepping_stones.remediable else stepping_stones.decision
    route, where = _FORUM[co_working] if forum_pathway else _ELSEWHERE[key]
    return NextRoute(route=route, why=f"{_left(trial, stage, recruiting)} {where}")


def _left(trial: Screening, stage: Stage, recruiting: bool) -> str:
    """Say why a case is not on its way to the trial."""
    if stage in _LEFT:
        return _LEFT[stage]
    if not recruiting:
        return _LEFT["closed"]
    return _LEFT["mendable" if trial.remediable else "refused"]
