"""What a protocol says, and that it is refused where it contradicts itself."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError
from datetime import date
from pathlib import Path

import pytest

from steps_analysis.errors import ProtocolError
from steps_analysis.protocol import (
    Factor,
    days_in,
    is_shipped,
    line_of,
    load_protocol,
    mark_of,
    parse_protocol,
    unmarked,
)

SMALL = (Path(__file__).parent / "small.toml").read_text(encoding="utf-8")


def damaged(old: str, new: str) -> str:
    """Replace the first `old` of the small protocol, which must be there."""
    assert old in SMALL
    return SMALL.replace(old, new, 1)


# ---- by hand ---------------------------------------------------------------------


def test_small_protocol_is_read_as_written():
    protocol = parse_protocol(SMALL)
    assert protocol.trial.short_name == "TOY"
    assert protocol.trial.recruitment_start == date(2014, 1, 1)
    assert protocol.trial.achieved_n is None
    assert [(arm.code, arm.share) for arm in protocol.arms] == [
        ("new", 2),
        ("usual", 1),
    ]
    assert protocol.treatment.code == "new"
    assert protocol.control.code == "usual"
    assert protocol.primary.code == "E1"
    assert protocol.visits.scores[0].maximum == 40.0
    assert protocol.outcome("O").flags == {"is_sexual": True}
    assert protocol.outcome("R").competing == ("died",)
    assert protocol.estimand("E2").at_months == 11
    assert protocol.levels(protocol.factor("site")) == ("North", "South", "West")
    assert protocol.levels(protocol.factor("sex")) == ("male", "female")
    assert protocol.disclosure.profile("trial_tables") == "trial_wide"
    assert protocol.disclosure.profile("borough_table") == "strict"
    assert protocol.label("social_care") == "social care"
    assert protocol.text == SMALL


def test_an_output_may_change_some_of_its_disclosure_profile():
    line = "[disclosure.outputs]"
    table = '{ profile = "strict", attackers = ["outsider", "site"] }'
    protocol = parse_protocol(damaged(line, f"{line}\nborough_table = {table}"))
    rule = protocol.disclosure.profile("borough_table")
    assert rule == {"profile": "strict", "attackers": ["outsider", "site"]}
    assert protocol.disclosure.profile("trial_tables") == "trial_wide"


def test_steps_b_holds_the_founding_facts():
    protocol = load_protocol()
    assert len(protocol.sites.names) == 14
    assert protocol.sites.documented == ("Southwark",)
    assert (protocol.trial.planned_n, protocol.trial.achieved_n) == (80, 40)
    assert [arm.code for arm in protocol.arms] == ["MST-PSB", "MAU"]
    assert {arm.share for arm in protocol.arms} == {1}
    assert protocol.visits.months == (0, 8, 14, 20)
    assert protocol.visits.window_weeks == 4
    assert protocol.primary.outcome == "P1"
    proven = {o.code: o.waiting_months for o in protocol.outcomes if o.proven}
    assert proven == {"R1": 6, "R2": 6}
    edges = {c.code: (c.green, c.amber) for c in protocol.progression}
    assert edges["recruited"] == (80, 50)
    assert edges["started_in_time"] == (90, 70)


def test_steps_b_marks_every_fact():
    assert unmarked(load_protocol()) == []


def test_steps_b_has_no_secret():
    protocol = load_protocol()
    assert not {"key", "secret", "seed"} & set(protocol.allocation)
    assert not re.search(r"^\s*(key|secret)\s*=", protocol.text, re.MULTILINE)


def test_twenty_months_are_609_days():
    assert days_in(20) == 609  # 20 * 30.4375 = 608.75
    assert days_in(0) == 0


# ---- edges -----------------------------------------------------------------------


def test_only_the_same_text_is_the_shipped_protocol():
    text = load_protocol().text
    assert is_shipped(parse_protocol(text, "a copy"))
    assert not is_shipped(parse_protocol(text + "# a remark\n"))
    assert not is_shipped(parse_protocol(SMALL))


def test_unmarked_names_the_facts_without_a_mark():
    keys = unmarked(parse_protocol(SMALL))
    assert "sites.names" in keys
    assert "outcomes.P.label" in keys
    assert "limitations" in keys
    assert not [key for key in keys if key.startswith(("trial.", "arms.", "marks"))]


@pytest.mark.parametrize(
    ("key", "mark"),
    [
        ("trial.title", "S/P"),
        ("trial.design", "P"),
        ("arms.usual.share", "M"),
        ("arms.new.share", "A"),
        ("sites.names", None),
        ("trials", None),
    ],
)
def test_a_fact_takes_the_nearest_mark_above(key, mark):
    assert mark_of(key, parse_protocol(SMALL).marks) == mark


def test_digest_is_of_the_text():
    one, two = parse_protocol(SMALL), parse_protocol(SMALL + "\n# a remark\n")
    assert one.digest != two.digest
    assert one.digest == parse_protocol(SMALL).digest


def test_protocol_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        load_protocol().arms = ()


def test_whole_number_may_stand_for_a_number():
    score = parse_protocol(damaged("minimum = 0", "minimum = 1")).visits.scores[0]
    assert isinstance(score.minimum, float)


@pytest.mark.parametrize("name", ["outcome", "estimand", "factor"])
def test_unknown_code_is_a_key_error(name):
    with pytest.raises(KeyError, match="no such"):
        getattr(load_protocol(), name)("no such")


def test_protocol_is_read_from_file_or_folder(tmp_path):
    path = tmp_path / "protocol.toml"
    path.write_text(SMALL, encoding="utf-8")
    assert load_protocol(path) == load_protocol(tmp_path) == parse_protocol(SMALL)
    assert load_protocol(str(path)).trial.short_name == "TOY"


def test_byte_order_mark_is_accepted(tmp_path):
    path = tmp_path / "protocol.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SMALL.encode())
    assert load_protocol(path).trial.short_name == "TOY"


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("trial.planned_n", "planned_n = 12"),
        ("arms[usual].role", 'role = "control"'),
        ("visits.scores[scale].maximum", "maximum = 40"),
        ("outcomes[S].score", 'score = "scale"'),
        ("estimands[E2].summary", 'summary = "cumulative_incidence_difference"'),
        ("marks.trial.title", '"trial.title" = "S/P"'),
    ],
)
def test_line_of_a_key_is_where_it_stands(key, text):
    assert SMALL.splitlines()[line_of(key, SMALL) - 1] == text


def test_line_of_a_missing_key_is_that_of_its_table():
    assert SMALL.splitlines()[line_of("trial.funders", SMALL) - 1] == "[trial]"
    assert line_of("nowhere.at_all", SMALL) is None


# ---- errors: every rule broken once ----------------------------------------------

# What is damaged, by what; then key, rule, value, and a text in the line it stands in.
CONTRADICTIONS = [
    ('code = "usual"', 'code = "new"', "arms.code", "be unique", ["new"], "code = "),
    ('"North", "South"', '"South", "South"', "sites.names", "be unique", ["South"],
     "names = ["),
    ('["North", "South", "West"]', "[]", "sites.names", "name at least one site", [],
     "names = ["),
    ('documented = ["North"]', 'documented = ["Nord"]', "sites.documented",
     "be one of North, South, West", "Nord", "documented"),
    ('name = "sex"', 'name = "age_group"', "factors.name", "be unique", ["age_group"],
     "name = "),
    ('code = "R"', 'code = "P"', "outcomes.code", "be unique", ["P"], "code = "),
    ('code = "E2"', 'code = "E1"', "estimands.code", "be unique", ["E1"],
     "code = "),
    ('role = "control"', 'role = "treatment"', "arms",
     "be one treatment and one control", ["treatment", "treatment"], "[[arms]]"),
    ("share = 2", "share = 0", "arms[new].share", "be at least 1", 0, "share = 0"),
    ('procedure = "minimisation"', "p = 0.8", "allocation.procedure",
     "be given ('not_stated' if unknown)", None, "[allocation]"),
    ("[allocation]", '[allocation]\nkey = "xyz"', "allocation.key",
     "not be in a protocol: the allocation secret lives in the ledger", "a value",
     'key = "xyz"'),
    ("[allocation]", '[allocation]\nsecret = "xyz"', "allocation.secret",
     "not be in a protocol: the allocation secret lives in the ledger", "a value",
     'secret = "xyz"'),
    ("[allocation]", "[allocation]\nseed = 3", "allocation.seed",
     "not be in a protocol: the allocation secret lives in the ledger", "a value",
     "seed = 3"),
    ('factors = ["site", "sex"]', "factors = 3", "allocation.factors",
     "be a list", 3, "factors = 3"),
    ("[allocation]", "[allocation]\nratio = 2", "allocation.ratio",
     "be a list", 2, "ratio = 2"),
    ('factors = ["site", "sex"]', 'factors = ["site", "sexe"]', "allocation.factors",
     "be one of site, sex, age_group", "sexe", "factors = ["),
    ('label = "Site"', 'label = "Site"\nlevels = ["a", "b"]', "factors[site].levels",
     "be left out for site, whose levels are the sites", ["a", "b"], '["a", "b"]'),
    ('["male", "female"]', '["male"]', "factors[sex].levels",
     "name at least two levels", ["male"], 'levels = ["male"]'),
    ('["male", "female"]', '["male", "male"]', "factors[sex].levels", "be unique",
     ["male"], '["male", "male"]'),
    ("[10, 14]", "[14, 10]", "factors[age_group].lower_bounds",
     "increase, one for each level", [14, 10], "[14, 10]"),
    ("[10, 14]", "[10]", "factors[age_group].lower_bounds",
     "increase, one for each level", [10], "[10]"),
    ("[0, 6, 12]", "[0, 12, 6]", "visits.months", "increase from at least 0",
     [0, 12, 6], "[0, 12, 6]"),
    ("[0, 6, 12]", "[-6, 6, 12]", "visits.months", "increase from at least 0",
     [-6, 6, 12], "[-6, 6, 12]"),
    ("minimum = 0", "minimum = 40", "visits.scores[scale].minimum",
     "be below its maximum", 40.0, "minimum = 40"),
    ("maximum = 40", "maximum = inf", "visits.scores[scale].maximum",
     "be finite", float("inf"), "maximum = inf"),
    ("follow_up_months = 12", "follow_up_months = 0", "outcomes[P].follow_up_months",
     "be at least 1", 0, "follow_up_months = 0"),
    ("follow_up_months = 12", "follow_up_months = 12\nwaiting_months = 5",
     "outcomes[P].waiting_months",
     "be 0 unless the outcome is proven by a sanction", 5, "waiting_months = 5"),
    ('competing = ["died"]', 'competing = ["reported_harm"]', "outcomes[R].competing",
     "not repeat an event that counts", ["reported_harm"], "competing"),
    ('score = "scale"', 'score = "scales"', "outcomes[S].score", "be one of scale",
     "scales", 'score = "scales"'),
    ('score = "scale"\n', "", "outcomes[S].score", "be one of scale", None,
     'code = "S"'),
    ("follow_up_months = 6", "follow_up_months = 7", "outcomes[S].follow_up_months",
     "be one of the visit months [0, 6, 12]", 7, "follow_up_months = 7"),
    ('events = ["placement"]\n', "", "outcomes[P].events", "name at least one event",
     [], 'code = "P"'),
    ("primary = true", "primary = false", "estimands", "have exactly one primary", [],
     "[[estimands]]"),
    ('code = "E2"', 'code = "E2"\nprimary = true', "estimands",
     "have exactly one primary", ["E1", "E2"], "[[estimands]]"),
    ('adjust_for = ["site"]', 'adjust_for = ["sight"]', "estimands[E1].adjust_for",
     "be one of site, sex, age_group", "sight", "adjust_for"),
    ('outcome = "R"', 'outcome = "Q"', "estimands[E2].outcome",
     "be one of P, R, O, S", "Q", 'outcome = "Q"'),
    ('summary = "risk_difference"', 'summary = "rate_ratio"', "estimands[E1].summary",
     "suit the binary outcome P", "rate_ratio", 'summary = "rate_ratio"'),
    ("at_months = 11", "at_months = 12", "estimands[E2].at_months",
     "not exceed the 11 months R is followed for", 12, None),
    ("amber = 50", "amber = 90", "progression[recruited]",
     "satisfy 0 <= amber <= green <= 100", "amber 90, green 80", 'code = "recruited"'),
    ("green = 80", "green = 101", "progression[recruited]",
     "satisfy 0 <= amber <= green <= 100", "amber 50, green 101", 'code = "recruited"'),
    ('documented = ["North"]', 'forum_pathway = ["Nord"]', "sites.forum_pathway",
     "be one of North, South, West", "Nord", "forum_pathway"),
    ('documented = ["North"]', 'forum_pathway = ["North", "North"]',
     "sites.forum_pathway", "be unique", ["North"], "forum_pathway"),
    ("seed = 7", "seed = -1", "analysis.seed", "be at least 0", -1, "seed = -1"),
    ("seed = 7", "seed = 7\nlevel = 95", "analysis.level", "lie in (0, 1)", 95.0,
     "level = 95"),
    ("planned_n = 12", "planned_n = 1", "trial.planned_n", "be at least 2", 1,
     "planned_n = 1"),
    ('"trial" = "P"', '"trial" = "P/Q"', "marks.trial", "be made of S, P, M, A", "P/Q",
     '"trial" = "P/Q"'),
    ('"trial" = "P"', '"trials" = "P"', "marks.trials",
     "mark a key of this protocol", "P", '"trials" = "P"'),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "key", "rule", "value", "at"),
    CONTRADICTIONS,
    ids=[f"{row[2]}: {row[3]}: {row[4]}" for row in CONTRADICTIONS],
)
def test_contradiction_names_key_rule_value_line(old, new, key, rule, value, at):
    text = damaged(old, new)
    lines = text.splitlines()
    at = at or new
    where = {i for i, line in enumerate(lines, 1) if at in line}
    places = "|".join(map(str, sorted(where)))
    message = re.escape(f": `{key}` must {rule}, got {value!r}")
    with pytest.raises(ProtocolError, match=rf"(?m)^toy\.toml:({places}){message}$"):
        parse_protocol(text, "toy.toml")


# A value that does not fit its type.
MISFITS = [
    ("planned_n = 12", "planed_n = 12", "trial.planed_n", "be one of achieved_n, "),
    ("planned_n = 12", 'planned_n = "12"', "trial.planned_n", "be a whole number"),
    ("planned_n = 12", "planned_n = 12.0", "trial.planned_n", "be a whole number"),
    ("planned_n = 12", "planned_n = true", "trial.planned_n", "be a whole number"),
    ("2014-01-01", '"2014-01-01"', "trial.recruitment_start", "be a date such as "),
    ('title = "A toy trial"\n', "", "trial.title", "be given"),
    ('title = "A toy trial"', "title = 3", "trial.title", "be text"),
    ('default = "strict"', "default = 3", "disclosure.default", "be text"),
    ("maximum = 40", 'maximum = "x"', "visits.scores[scale].maximum", "be a number"),
    ("primary = true", "primary = 1", "estimands[E1].primary", "be true or false"),
    ('kind = "score"', 'kind = "scores"', "outcomes[S].kind", "be one of 'binary', "),
    ('["placement"]', '"placement"', "outcomes[P].events", "be a list"),
    ("{ is_sexual = true }", "3", "outcomes[O].flags", "be a table"),
    ("[analysis]\nseed = 7", "", "analysis", "be given"),
    ("[analysis]", "[analysi]\n[analysis]", "analysi", "be one of allocation, "),
]


@pytest.mark.parametrize(
    ("old", "new", "key", "rule"), MISFITS, ids=[f"{m[2]}: {m[3]}" for m in MISFITS]
)
def test_misfit_names_key_and_rule(old, new, key, rule):
    with pytest.raises(ProtocolError, match=re.escape(f"`{key}` must {rule}")):
        parse_protocol(damaged(old, new))


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ("planned_n", "planed_n", "planned_n"),
        ('kind = "score"', 'kind = "scores"', "score"),
        ('documented = ["North"]', 'documented = [" north"]', "North"),
        ('adjust_for = ["site"]', 'adjust_for = ["sight"]', "site"),
        ("[visits]", "[visit]", "visits"),
    ],
)
def test_near_word_is_suggested(old, new, hint):
    with pytest.raises(ProtocolError, match=f"Hint: did you mean '{hint}'\\?"):
        parse_protocol(damaged(old, new))


def test_all_contradictions_are_named_at_once():
    text = damaged("share = 2", "share = 0").replace("seed = 7", "seed = -7")
    with pytest.raises(ProtocolError) as caught:
        parse_protocol(text)
    message = str(caught.value)
    assert "`arms[new].share` must be at least 1" in message
    assert "`analysis.seed` must be at least 0" in message
    assert len(message.splitlines()) == 2


@pytest.mark.parametrize("key", ["digest", "text"])
def test_what_is_computed_may_not_be_given(key):
    with pytest.raises(ProtocolError, match=f"`{key}` must not be given"):
        parse_protocol(f'{key} = "x"\n{SMALL}')


def test_secret_value_is_not_repeated():
    with pytest.raises(ProtocolError) as caught:
        parse_protocol(damaged("[allocation]", '[allocation]\nkey = "hunter2"'))
    assert "hunter2" not in str(caught.value)


def test_text_that_is_no_toml_is_refused_with_its_line():
    with pytest.raises(
        ProtocolError, match=r"toy\.toml: the file must be TOML.*line 2"
    ):
        parse_protocol("a = 1\nb = = 2\n", "toy.toml")


def test_a_list_of_tables_and_others_is_refused():
    text = SMALL.replace('["site", "sex"]', '[{}, "sex"]')
    with pytest.raises(ProtocolError, match=r"`allocation\.factors` must be one of"):
        parse_protocol(text)


def test_brackets_without_end_are_refused():
    with pytest.raises(ProtocolError, match=r"must be TOML: brackets within brackets"):
        parse_protocol("a = " + "[" * 100_000)


def test_protocol_that_cannot_be_read_is_refused(tmp_path):
    (tmp_path / "own.toml").symlink_to(tmp_path / "own.toml")
    with pytest.raises(ProtocolError, match="`protocol` must be a file that can be"):
        load_protocol(tmp_path / "own.toml")


def test_other_bytes_are_refused(tmp_path):
    path = tmp_path / "protocol.toml"
    path.write_bytes(SMALL.replace("toy", "t\xf6y").encode("latin-1"))
    with pytest.raises(ProtocolError, match="`protocol` must be UTF-8 text"):
        load_protocol(path)


def test_absent_file_is_refused(tmp_path):
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(ProtocolError, match="`protocol` must name a file"):
            load_protocol(path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[analysis]", "[analysis]\nsparse_level_minimum = 0", "at least 1"),
        ("[visits]", "[visits]\nwindow_weeks = -1", "at least 0"),
        ("[allocation]", "[allocation]\nratio = [1, 2]", "shares of the arms"),
    ],
)
def test_further_contradictions_are_refused(old, new, said):
    assert SMALL.count(old) == 1
    with pytest.raises(ProtocolError, match=said):
        parse_protocol(SMALL.replace(old, new))


def test_the_youngest_age_may_not_exceed_the_oldest():
    ages = "\n[eligibility]\nyoungest_age = 18\noldest_age = 10\n"
    with pytest.raises(ProtocolError, match=r"`eligibility\.youngest_age` must not"):
        parse_protocol(SMALL + ages)


RULE = """
[[eligibility.rules]]
name = "agreement"
field = "family_agrees"
accept = [true]
refuse = [false]
remediable = true
statement = "the family agrees to take part"
"""


def test_a_protocol_may_declare_rules_of_eligibility():
    (rule,) = parse_protocol(SMALL + RULE).eligibility.rules
    assert (rule.field, rule.accept, rule.refuse) == (
        "family_agrees",
        (True,),
        (False,),
    )
    assert rule.remediable
    assert parse_protocol(SMALL).eligibility.rules == ()


def test_steps_b_declares_none_beyond_age_and_site_and_names_the_forum_pathway():
    """Exclusions are not established, and so not invented."""
    protocol = load_protocol()
    assert protocol.eligibility.rules == ()
    assert protocol.sites.forum_pathway == ("Southwark",)
    assert mark_of("sites.forum_pathway", protocol.marks) == "S/A"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "accept = [true]",
            "accept = []",
            r"`eligibility\.rules\[agreement\]\.accept`",
        ),
        ("refuse = [false]", "refuse = [true]", "must not repeat an accepted value"),
        ("accept = [true]\n", "", r"rules\[agreement\]\.accept` must be given"),
        ("remediable = true", "remediabel = true", "did you mean 'remediable'"),
        (RULE, RULE + RULE, r"`eligibility\.rules\.name` must be unique"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(old, new, said):
    text = SMALL + RULE
    assert old in text
    with pytest.raises(ProtocolError, match=said):
        parse_protocol(text.replace(old, new, 1))


STEPS_B = load_protocol().text


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("at_months = 20\nadjust_for", "at_months = -1\nadjust_for", "at least 1"),
        ("waiting_months = 6", "waiting_months = -6", "at least 0"),
        ('"withdrew_contact", "with', '"reported_harm", "with', "not repeat an event"),
        ('label = "management as usual"', 'label = "MST-PSB"', "arms.label. must be"),
        ("within_days = 28", "within_days = -28", "within_days. must be at least 1"),
        ("\nat_months = 20\n\n[[prog", "\nat_months = 25\n\n[[prog", "visit months"),
        ('population = "would_start"', 'population = "all"', "would_start with"),
        ('["sex", "age_group"]\nsens', '["sex", "sex"]\nsens', "must be unique"),
        ("borough_table =", "borough_tabel =", "did you mean 'borough_table'"),
    ],
)
def test_contradictions_that_an_attack_found_are_refused(old, new, said):
    assert old in STEPS_B
    with pytest.raises(ProtocolError, match=said):
        parse_protocol(STEPS_B.replace(old, new, 1))


# ---- the level of a factor ---------------------------------------------------------


def test_every_level_by_hand():
    sex = load_protocol().factor("sex")
    assert [sex.level_of(v) for v in ("male", "female", "Male")] == [
        "male",
        "female",
        None,
    ]
    age = load_protocol().factor("age_group")
    assert [age.level_of(v) for v in (8, 10, 13, 13.9, 14, 17, 21)] == [
        "10 to 13",
        "10 to 13",
        "10 to 13",
        "10 to 13",
        "14 to 17",
        "14 to 17",
        "14 to 17",
    ]
    needs = Factor(name="ld", label="L", levels=("No", "Yes"), source="x")
    assert [needs.level_of(v) for v in (True, False, 1, 0, -1, "Yes", "yes")] == [
        "Yes",
        "No",
        "Yes",
        "No",
        None,
        "Yes",
        None,
    ]
    assert load_protocol().factor("site").level_of("Southwark") is None
