"""The contract as data: complete, extended by a protocol, printed as committed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from steps_analysis.errors import ProtocolError
from steps_analysis.protocol import load_protocol, parse_protocol
from steps_analysis.trial_data import (
    CONTRACT,
    NEEDED_TABLES,
    ROLE_TABLES,
    TABLE_NAMES,
    contract_for,
    data_dictionary,
)
from steps_analysis.trial_data.rules import RULES

HERE = Path(__file__).parent
TOY = (HERE / "toy.toml").read_text(encoding="utf-8")
PAGE = HERE.parents[1] / "docs" / "data-dictionary.md"

# Required columns of the design, table by table.
REQUIRED = {
    "sites": "site",
    "referrals": "referral_id family_id site referral_date source",
    "screening": "referral_id screened_date eligible",
    "forum": "referral_id forum_date",
    "forum_actions": "referral_id forum_date recommendation",
    "participants": "participant_id site randomisation_date",
    "allocation": "participant_id arm",
    "treatment": "participant_id",
    "visits": "participant_id visit_month",
    "events": "participant_id event event_date",
    "costs": "participant_id sector month_from month_to cost",
}


def test_tables_and_required_columns_are_those_of_the_design():
    required = {
        rule.name: " ".join(field.name for field in rule.fields if field.required)
        for rule in CONTRACT
    }
    assert required == REQUIRED
    assert tuple(REQUIRED) == TABLE_NAMES


def test_no_role_but_the_statistician_opens_a_concealed_table():
    concealed = {rule.name for rule in CONTRACT if rule.is_concealed}
    assert concealed == {"allocation", "treatment", "costs"}
    for role, tables in ROLE_TABLES.items():
        assert set(tables) <= set(TABLE_NAMES)
        assert bool(concealed & set(tables)) == (role == "statistician")


def test_every_link_leads_to_a_key():
    rules = {rule.name: rule for rule in CONTRACT}
    for rule in CONTRACT:
        for field in rule.fields:
            if field.target:
                table, name = field.target
                assert rules[table].key == (name,)


def test_every_rule_names_columns_that_exist():
    columns = {
        f"{rule.name}.{field.name}"
        for rule in contract_for(load_protocol())
        for field in rule.fields
    }
    for rule in RULES:
        named = {rule.column, *rule.needs, *rule.certain}
        quoted = {f"{a}.{b}" for a, b in re.findall(r"`(\w+)\.(\w+)`", rule.says)}
        assert named <= columns
        assert quoted <= named  # a rule can only word what it needs


def test_protocol_extends_the_contract():
    rules = {rule.name: rule for rule in contract_for(parse_protocol(TOY))}
    assert rules["participants"].field("site").codes == ("North", "South", "West")
    assert rules["participants"].field("sex").codes == ("male", "female")
    assert rules["allocation"].field("arm").codes == ("new", "usual")
    assert rules["visits"].field("scale").maximum == 40
    more = parse_protocol(TOY + '\n[codes]\n"events.event" = ["infection"]\n')
    events = {rule.name: rule for rule in contract_for(more)}["events"]
    assert events.field("event").codes[-1] == "infection"
    assert "offence" in events.field("event").codes


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "sex"\n', 'name = "family_id"\n',
         r"`factors\[family_id\]\.name` must not take the name of a column of part"),
        ('name = "scale"', 'name = "due_date"',
         r"`visits\.scores\[due_date\]\.name` must not take the name of a column"),
        ('["placement"]', '["placements"]',
         r"(?s)`outcomes\[P\]\.events` must name codes of events\.csv.*'placement'"),
        ('"moved", "died"', '"moved", "dead"',
         r"`outcomes\[P\]\.ends_with` must name codes of events\.csv.*, got 'dead'"),
        ("follow_up_months", "flags = { sexual = true }\nfollow_up_months",
         r"(?s)`outcomes\[P\]\.flags` must name flags of events\.csv.*'is_sexual'"),
        ('source = "sex"', 'source = "gender"',
         r"`factors\[sex\]\.source` must name a column of referrals\.csv"),
        ('role = "treatment"', 'role = "treatment"\ntreatments = ["mst"]',
         r"(?s)`arms\[new\]\.treatments` must name codes of treat.*'mst_psb'"),
        ("[analysis]", '[codes]\n"event.event" = ["x"]\n[analysis]',
         r"(?s)`codes\.event\.event` must name a field.*'events\.event'"),
        ("[analysis]", '[columns.visit]\nx = "y"\n[analysis]',
         r"(?s)`columns\.visit` must name a table.*'visits'"),
        ("[analysis]", '[columns.visits]\nx = "visit_months"\n[analysis]',
         r"(?s)`columns\.visits\.x` must name a column of visits.*'visit_month'"),
        ("[analysis]", '[columns.visits]\nscale = "due_date"\n[analysis]',
         r"`columns\.visits\.scale` must not rename a column of the contract"),
    ],
)  # fmt: skip
def test_protocol_that_does_not_fit_is_refused(old, new, message):
    assert old in TOY
    protocol = parse_protocol(TOY.replace(old, new, 1))
    with pytest.raises(ProtocolError, match=message):
        contract_for(protocol)


RULE = """
[[eligibility.rules]]
name = "agreement"
field = "family_agrees"
accept = [true]
refuse = [false]
statement = "the family agrees to take part"
"""


@pytest.mark.parametrize(
    ("field", "accept"),
    [
        ("family_agrees", "[true]"),
        ("relationship", '["cousin", "known_child"]'),
        ("youngest_age_at_referral", "[10, 11]"),
        ("site", '["North"]'),
    ],
)
def test_a_rule_of_eligibility_may_read_what_a_referral_says(field, accept):
    text = RULE.replace("family_agrees", field).replace("[true]", accept)
    contract_for(parse_protocol(TOY + text.replace("refuse = [false]\n", "")))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("family_agrees", "family_agreed",
         r"(?s)`eligibility\.rules\[agreement\]\.field` must.*mean 'family_agrees'"),
        ("family_agrees", "family_id", "must name one of the columns site, source"),
        ("family_agrees", "referral_date", "must name one of the columns site, source"),
        ("[true]", '["yes"]', r"(?s)\.accept` must list values.*true and false"),
        ("[true]", "[1]", r"\.accept` must list values that `family_agrees` may hold"),
        ("[false]", "[0]", r"\.refuse` must list values that `family_agrees` may hold"),
        ('field = "family_agrees"\naccept = [true]', 'field = "sex"\naccept = ["boy"]',
         r"(?s)`sex` may hold, got 'boy'.*male, female"),
        ('field = "family_agrees"\naccept = [true]',
         'field = "age_at_referral"\naccept = [26]', "whole numbers from 0 to 25"),
        ('field = "family_agrees"\naccept = [true]',
         'field = "age_at_referral"\naccept = [true]', "whole numbers from 0 to 25"),
    ],
)  # fmt: skip
def test_a_rule_on_what_a_referral_cannot_say_is_refused(old, new, message):
    text = RULE.replace(old, new, 1)
    assert text != RULE
    with pytest.raises(ProtocolError, match=message):
        contract_for(parse_protocol(TOY + text))


def test_all_misfits_are_named_with_their_lines():
    text = TOY.replace('["placement"]', '["x1"]').replace(
        'source = "sex"', 'source = "x2"'
    )
    with pytest.raises(ProtocolError) as caught:
        contract_for(parse_protocol(text))
    lines = text.splitlines()
    told = re.findall(r"^protocol\.toml:(\d+): .*'(x\d)'$", str(caught.value), re.M)
    assert {name for _, name in told} == {"x1", "x2"}
    assert all(name in lines[int(line) - 1] for line, name in told)


# ---- the data dictionary ---------------------------------------------------------


def test_data_dictionary_is_the_committed_page():
    assert data_dictionary(load_protocol()) == PAGE.read_text(encoding="utf-8")


def test_data_dictionary_names_everything():
    protocol = parse_protocol(TOY)
    page = data_dictionary(protocol)
    for rule in contract_for(protocol):
        section = page.split(f"\n## {rule.file}\n")[1].split("\n## ")[0]
        rows = [line for line in section.splitlines() if line.startswith("| `")]
        assert [row.split("`")[1] for row in rows] == list(rule.names)
        for field, row in zip(rule.fields, rows, strict=True):
            assert field.title in row
            assert all(f"`{code}`" in row for code in field.codes)
            assert ("| yes |" in row) == field.required
        told = [line for line in section.splitlines() if line.startswith("- `")]
        assert len(told) == sum(cross.table == rule.name for cross in RULES)
    for name in NEEDED_TABLES:
        assert re.search(rf"^\| \[`{name}\.csv`\].*\| yes \|", page, re.M)
    assert "STEPS" not in page.replace("it is STEPS-B", "")
