"""Damage to rows, and to what rows say of one another: cells that are each valid."""

from __future__ import annotations

from datetime import date, timedelta

from tests.trial_data.damage.case import Case, Spot, Told

DAY = timedelta(days=1)


def _repeated(change):
    """Make a kind that enters a row once more."""

    def kind(case: Case):
        rule = case.table()
        if rule is None:
            return None
        rows = case.rows(rule)
        again = change(list(rows[int(case.rng.integers(1, len(rows)))]), rows[0], rule)
        case.write(rule, [*rows, again])
        return Told(rule.file, len(rows) + 1)

    return kind


def _with_other_cells(row, header, rule):
    """Empty what is neither key nor required; of events, where all is key, nothing."""
    return [
        text if name in rule.key or rule.field(name).required or not rule.key else ""
        for name, text in zip(header, row, strict=True)
    ]


def _parent_lost(parent: str, key: str, child: str):
    """Make a kind that loses the row that another table's row points at."""

    def kind(case: Case):
        above, below = case.columns(parent), case.columns(child)
        if above is None or below is None:
            return None
        rows = case.rows(child)[1:]
        row = case.one_of(row for row in rows if row[below[key]])
        if row is None:
            return None
        kept = [r for r in case.rows(parent) if r[above[key]] != row[below[key]]]
        if len(kept) < 2:
            return None
        case.write(case.touch(case.rules[parent]), kept)
        case.touched.add(f"{child}.csv")
        return Told(f"{child}.csv", None, key)

    return kind


def _set(table, column, text, *, needs=(), told=None):
    """Make a kind that writes a text, given the row, where it has what that needs."""

    def kind(case: Case):
        places = case.columns(table)
        if places is None or not {column, *needs} <= set(places):
            return None
        rule, rows = case.rules[table], case.rows(table)
        named = [dict(zip(rows[0], row, strict=True)) for row in rows]
        fitting = [
            i
            for i, row in enumerate(named)
            if i and all(row[name] for name in needs) and text(row, case) is not None
        ]
        i = case.one_of(fitting)
        if i is None:
            return None
        spot = Spot(rule, i, places[column], rule.field(column))
        expected = case.put(spot, text(named[i], case))
        case.touch(rule)
        return expected if told is None else Told(rule.file, i + 1, told)

    return kind


def _shifted(table, column, other, days):
    """Make a kind that moves a date to so many days from another of its row."""

    def text(row, case):
        return str(date.fromisoformat(row[other]) + days * DAY)

    return _set(table, column, text, needs=(column, other))


def _far(table, column, days):
    """Make a kind that moves a date by so many days."""
    return _shifted(table, column, column, days)


def _where(column, values, text):
    """Give a text only to rows that say one of certain things."""
    return lambda row, case: text if row.get(column) in values else None


def _another_site(row, case):
    """Name another site than the row does."""
    sites = [text for text, *_ in case.rows("sites")[1:] if text != row["site"]]
    return sites[0] if row.get("referral_id") and sites else None


def _another_family(row, case):
    """Name the family of another referral."""
    place = case.rows("referrals")[0].index("family_id")
    families = {r[place] for r in case.rows("referrals")[1:]} - {row["family_id"]}
    return min(families) if row.get("referral_id") and families else None


def _joined(case: Case, column: str):
    """List what the screening of those who were randomised says."""
    if case.columns("participants") is None:
        return set()
    header, *rows = case.rows("participants")
    return {row[header.index(column)] for row in rows} if column in header else set()


def _of_the_randomised(text):
    """Give a text only to rows of a referral that was randomised."""

    def chosen(row, case):
        return text if row["referral_id"] in _joined(case, "referral_id") else None

    return chosen


def _unplanned(row, case):
    return str(int(row["visit_month"]) + 1)


def _half_a_year_later(row, case):
    return str(date.fromisoformat(row["due_date"]) + 183 * DAY)


def _scored(row, case):
    """Leave the date of a visit with a score empty."""
    plain = {"participant_id", "visit_month", "due_date", "completed_date"}
    return "" if any(row[name] for name in set(row) - plain) else None


def anothers_referral(case: Case):
    """Say of two participants that one referral led to them."""
    places = case.columns("participants")
    rows = case.rows("participants") if places and "referral_id" in places else []
    linked = [row for row in rows[1:] if row[places["referral_id"]]]
    if len(linked) < 2:
        return None
    one, other = case.rng.choice(len(linked), size=2, replace=False)
    linked[one][places["referral_id"]] = linked[other][places["referral_id"]]
    case.write(case.touch(case.rules["participants"]), rows)
    return Told("participants.csv", None, "referral_id")


def _others_entry(row, case):
    """Name the ledger entry of another family's allocation."""
    header, *rows = case.rows("allocation")
    who, entry = header.index("participant_id"), header.index("ledger_entry")
    people, *more = case.rows("participants")
    families = {
        r[people.index("participant_id")]: r[people.index("family_id")] for r in more
    }
    own = families.get(row["participant_id"])
    others = [r[entry] for r in rows if families.get(r[who]) != own]
    return others[0] if own and others else None


def allocation_lost(case: Case):
    """Lose one participant's allocation."""
    places, rule = case.columns("allocation"), case.rules["allocation"]
    rows = case.rows(rule) if places else []
    if len(rows) < 2 or case.columns("participants") is None:
        return None
    lost = int(case.rng.integers(1, len(rows)))
    case.write(case.touch(rule), rows[:lost] + rows[lost + 1 :])
    case.touched.add("participants.csv")
    return Told("participants.csv", None, "participant_id")


def family_split(case: Case):
    """Allocate two of one family to different arms."""
    if case.columns("participants") is None or case.columns("allocation") is None:
        return None
    header, *people = case.rows("participants")
    family = {
        row[header.index("participant_id")]: row[header.index("family_id")]
        for row in people
    }
    rows = case.rows("allocation")
    names = [family.get(row[0]) for row in rows]
    shared = [i for i, name in enumerate(names) if i and name and names.count(name) > 1]
    i = case.one_of(shared)
    if i is None:
        return None
    arms = case.rules["allocation"].field("arm").codes
    rows[i][1] = next(arm for arm in arms if arm != rows[i][1])
    case.write(case.touch(case.rules["allocation"]), rows)
    case.touched.add("participants.csv")
    return Told("allocation.csv", i + 1, "arm")


def rows_lost(*names):
    """Make a kind that loses all rows of a table."""

    def kind(case: Case):
        rule = case.one_of(r for r in case.tables() if r.name in names)
        if rule is None or case.columns("participants") is None:
            return None
        case.write(case.touch(rule), case.rows(rule)[:1])
        case.touched.add("participants.csv")
        told = "participants.csv" if rule.name == "allocation" else rule.file
        return Told(told)

    return kind


ZERO = "randomisation_date"
MOMENTS = ("offence", "reported_harm", "moved", "died", "withdrew_contact")
NO_OFFENCES = ("reported_harm", "placement", "custody", "moved", "died", "re_referral")

ROWS = {
    "row entered twice": _repeated(lambda row, header, rule: row),
    "key entered twice": _repeated(_with_other_cells),
    "site lost": _parent_lost("sites", "site", "participants"),
    "site of a referral lost": _parent_lost("sites", "site", "referrals"),
    "referral lost": _parent_lost("referrals", "referral_id", "participants"),
    "referral of a screening lost": _parent_lost(
        "referrals", "referral_id", "screening"
    ),
    "participant lost": _parent_lost("participants", "participant_id", "allocation"),
    "participant of an event lost": _parent_lost(
        "participants", "participant_id", "events"
    ),
    "participant of a visit lost": _parent_lost(
        "participants", "participant_id", "visits"
    ),
    "participant of a cost lost": _parent_lost(
        "participants", "participant_id", "costs"
    ),
    "allocation lost": allocation_lost,
    "all allocations lost": rows_lost("allocation"),
    "all sites or participants lost": rows_lost("sites", "participants"),
    "family split": family_split,
    "another family": _set(
        "participants", "family_id", _another_family, needs=("referral_id", "family_id")
    ),
    "another site": _set(
        "participants", "site", _another_site, needs=("referral_id", "site")
    ),
    "another's referral": anothers_referral,
    "another's ledger entry": _set(
        "allocation", "ledger_entry", _others_entry, needs=("ledger_entry",)
    ),
    "site closed before it opened": _shifted("sites", "closed_date", "opened_date", -1),
    "randomised long before": _far("participants", ZERO, -4000),
    "harm after the referral": _set(
        "referrals",
        "age_at_last_harm",
        lambda row, case: str(int(row["age_at_referral"]) + 1),
        needs=("age_at_referral", "age_at_last_harm"),
    ),
    "first harm after the last": _set(
        "referrals",
        "age_at_first_harm",
        lambda row, case: str(int(row["age_at_last_harm"]) + 1),
        needs=("age_at_first_harm", "age_at_last_harm"),
    ),
    "screened before the referral": _far("screening", "screened_date", -3000),
    "approached before screened": _shifted(
        "screening", "approached_date", "screened_date", -1
    ),
    "answered before approached": _shifted(
        "screening", "consent_date", "approached_date", -1
    ),
    "consented unasked": _set(
        "screening",
        "approached_date",
        _where("consent", ("true",), ""),
        needs=("approached_date",),
        told="consent",
    ),
    "answer lost": _set(
        "screening",
        "consent",
        lambda row, case: "",
        needs=("consent", "consent_date"),
        told="consent_date",
    ),
    "reason of the eligible": _set(
        "screening", "reason", _where("eligible", ("true",), "age")
    ),
    "route of the randomised": _set("screening", "route", _of_the_randomised("aim")),
    "declined and randomised": _set(
        "screening", "decline_reason", _of_the_randomised("moved")
    ),
    "met before the papers": _shifted("forum", "forum_date", "papers_date", -1),
    "met long before": _far("forum", "forum_date", -4000),
    "action of no meeting": _shifted("forum_actions", "forum_date", "forum_date", -1),
    "action due before the meeting": _shifted(
        "forum_actions", "due_date", "forum_date", -1
    ),
    "reviewed before the meeting": _shifted(
        "forum_actions", "reviewed_date", "forum_date", -1
    ),
    "treatment ends before it starts": _shifted(
        "treatment", "treatment_end_date", "treatment_start_date", -1
    ),
    "treated and done long before": _far("treatment", "treatment_end_date", -3000),
    "left treatment long before": _far("treatment", "withdrew_treatment_date", -3000),
    "unplanned visit": _set("visits", "visit_month", _unplanned),
    "visit due at another time": _set(
        "visits", "due_date", _half_a_year_later, needs=("due_date",)
    ),
    "seen long before": _far("visits", "completed_date", -3000),
    "spell ends before it begins": _shifted("events", "end_date", "event_date", -1),
    "recorded before it happened": _shifted(
        "events", "recorded_date", "event_date", -1
    ),
    "sanctioned before it happened": _shifted(
        "events", "sanction_date", "event_date", -1
    ),
    "end of a moment": _set(
        "events",
        "end_date",
        lambda row, case: row["event_date"] if row["event"] in MOMENTS else None,
    ),
    "sanction of no offence": _set(
        "events",
        "sanction_date",
        lambda row, case: row["event_date"] if row["event"] in NO_OFFENCES else None,
    ),
    "moved away long before": _set(
        "events",
        "event_date",
        lambda row, case: "1990-01-01" if row["event"] in case.ending else None,
        told="event_date",
    ),
    "empty period": _set("costs", "month_to", lambda row, case: row["month_from"]),
    "score of no visit": _set(
        "visits", "completed_date", _scored, told="completed_date"
    ),
}
