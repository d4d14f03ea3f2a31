"""What may stand in a report at all: names of real places, and counts by arm."""

from __future__ import annotations

from steps_analysis.boroughs import AUTHORITIES
from steps_analysis.disclosure import from_spec
from steps_analysis.errors import DisclosureError, refusal
from steps_analysis.protocol import Disclosure, Protocol
from steps_analysis.protocol.model import Rule
from steps_analysis.trial_data import TrialData

TRIAL_TABLES, BOROUGH_TABLE = "trial_tables", "borough_table"


def check_place_names(trial: TrialData) -> None:
    """
    Refuse made-up outcomes under the name of a real place.

    Parameters
    ----------
    trial
        The trial.

    Raises
    ------
    DisclosureError
        If the data are synthetic and a site is a London authority, by name or code,
        that the protocol does not list as documented.

    Notes
    -----
    A user's own data may name real places (``sites.naming = "user"``): what is drawn by
    a computer may not be read as a finding about one.
    """
    if trial.provenance != "synthetic":
        return
    sites = trial.protocol.sites
    places = {key.casefold() for a in AUTHORITIES for key in (a.name, a.code)}
    documented = {name.casefold() for name in sites.documented}
    real = [
        name for name in sites.names if name.strip().casefold() in places - documented
    ]
    if real:
        rule = "name no real authority in synthetic data, save those documented"
        hint = "give the sites other names, such as Borough A"
        raise DisclosureError(refusal("sites.names", rule, real, hint=hint))


def profile_names(protocol: Protocol) -> dict[str, str]:
    """
    Name the disclosure rule of each output of a report.

    Parameters
    ----------
    protocol
        The protocol.

    Returns
    -------
    dict
        Output to name of its profile: tables by arm, and tables by site.

    Notes
    -----
    Tables by arm hold no site and follow ``trial_wide`` where the protocol chooses no
    rule at all, because CONSORT asks for exact counts. A default it does choose covers
    them too.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> profile_names(load_protocol())
    {'trial_tables': 'trial_wide', 'borough_table': 'dfe_cin'}
    """
    borough_table = protocol.disclosure.profile(BOROUGH_TABLE)
    return {
        TRIAL_TABLES: from_spec(_rule_for_trial_tables(protocol)).name,
        BOROUGH_TABLE: from_spec(borough_table).name,
    }


def _rule_for_trial_tables(protocol: Protocol) -> Rule:
    """Find the rule of tables by arm: exact where the protocol chooses none."""
    rules = protocol.disclosure
    is_chosen = TRIAL_TABLES in rules.outputs or rules.default != Disclosure().default
    return rules.profile(TRIAL_TABLES) if is_chosen else "trial_wide"


def counts_by_arm_forbidden(protocol: Protocol) -> str | None:
    """
    Say why counts by arm may not be shown, by the protocol's own rule.

    Parameters
    ----------
    protocol
        The protocol.

    Returns
    -------
    str or None
        The reason, where the rule for trial tables hides or rounds anything; None where
        it allows exact counts.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> counts_by_arm_forbidden(load_protocol()) is None
    True
    """
    profile = from_spec(_rule_for_trial_tables(protocol))
    if profile.is_exact and not profile.hidden_up_to:
        return None
    return (
        f"the protocol's disclosure rule for trial tables, {profile.name}, does not "
        "allow exact counts by arm, and no other way of showing them is built yet"
    )
