"""
What a protocol adds to the data contract, refused where it does not fit.

A protocol adds one column per minimisation factor to ``participants``, one per score to
``visits``, further codes to the closed lists, and other names for columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from steps_analysis.errors import ProtocolError, did_you_mean, refusal
from steps_analysis.protocol import Protocol, line_of
from steps_analysis.trial_data.contract import CONTRACT
from steps_analysis.trial_data.fields import Field, TableRule

Misfit = tuple[str, str, object, str | None]


def contract_for(protocol: Protocol) -> tuple[TableRule, ...]:
    """
    Extend the contract by what a protocol adds.

    Parameters
    ----------
    protocol
        The protocol: its sites, arms, factors, scores and further codes.

    Returns
    -------
    tuple of TableRule
        The tables in the contract's order.

    Raises
    ------
    ProtocolError
        If the protocol names a table, column or code that the contract does not have,
        or gives a factor or score the name of another column; all are named at once.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> tables = {rule.name: rule for rule in contract_for(load_protocol())}
    >>> tables["allocation"].field("arm").codes
    ('MST-PSB', 'MAU')
    """
    misfits = [*_taken_names(protocol), *_stray_codes(protocol)]
    contract = tuple(
        replace(rule, fields=_extended(rule, protocol) + _added(rule.name, protocol))
        for rule in CONTRACT
    )
    by_name = {rule.name: rule for rule in contract}
    misfits += [*_stray_columns(protocol, by_name), *_stray_words(protocol, by_name)]
    misfits += _stray_rules(protocol, by_name["referrals"])
    if misfits:
        raise ProtocolError("\n".join(_message(protocol, *one) for one in misfits))
    return contract


def _message(
    protocol: Protocol, key: str, rule: str, value: object, hint: str | None
) -> str:
    """Say where a protocol does not fit the contract."""
    line = line_of(key, protocol.text)
    return refusal(key, rule, value, file="protocol.toml", line=line, hint=hint)


def _extended(rule: TableRule, protocol: Protocol) -> tuple[Field, ...]:
    """Give the fields of a table the codes that a protocol adds."""
    from_protocol = {
        "site": protocol.sites.names,
        "arm": tuple(arm.code for arm in protocol.arms),
    }
    return tuple(
        replace(
            field,
            codes=field.codes
            + from_protocol.get(field.name, ())
            + protocol.codes.get(f"{rule.name}.{field.name}", ()),
        )
        if field.kind == "code"
        else field
        for field in rule.fields
    )


def _added(table: str, protocol: Protocol) -> tuple[Field, ...]:
    """List the columns a protocol adds to a table."""
    if table == "participants":
        return tuple(
            Field(
                name=factor.name,
                kind="code",
                title=f"minimisation factor: {factor.label.lower()}",
                codes=factor.levels,
                required=True,
            )
            for factor in protocol.factors
            if factor.name != "site"
        )
    if table == "visits":
        return tuple(
            Field(
                name=score.name,
                kind="number",
                title=score.label,
                minimum=score.minimum,
                maximum=score.maximum,
                unit="points",
            )
            for score in protocol.visits.scores
        )
    return ()


def _taken_names(protocol: Protocol) -> Iterator[Misfit]:
    """Find factors and scores named like a column that is there already."""
    names = {rule.name: rule.names for rule in CONTRACT}
    added = {
        "participants": ("factors", [f.name for f in protocol.factors]),
        "visits": ("visits.scores", [score.name for score in protocol.visits.scores]),
    }
    for table, (key, given) in added.items():
        for name in given:
            if name in names[table] and name != "site":
                rule = f"not take the name of a column of {table}.csv"
                yield f"{key}[{name}].name", rule, name, None


def _stray_codes(protocol: Protocol) -> Iterator[Misfit]:
    """Find codes added to a field that has no closed list."""
    lists = [
        f"{rule.name}.{field.name}"
        for rule in CONTRACT
        for field in rule.fields
        if field.kind == "code"
    ]
    for key in protocol.codes:
        if key not in lists:
            rule = "name a field that has a closed list, as table.field"
            yield f"codes.{key}", rule, key, did_you_mean(key, lists)


def _stray_columns(
    protocol: Protocol, contract: dict[str, TableRule]
) -> Iterator[Misfit]:
    """Find mapped columns that lead nowhere, or hide a column of the contract."""
    for table, mapping in protocol.columns.items():
        if table not in contract:
            rule = f"name a table: one of {', '.join(contract)}"
            yield f"columns.{table}", rule, table, did_you_mean(table, contract)
            continue
        names = contract[table].names
        for found, name in mapping.items():
            key = f"columns.{table}.{found}"
            if name not in names:
                rule = f"name a column of {table}.csv"
                yield key, rule, name, did_you_mean(name, names)
            elif found in names and found != name:
                yield key, "not rename a column of the contract", name, None


def _stray_words(
    protocol: Protocol, contract: dict[str, TableRule]
) -> Iterator[Misfit]:
    """Find outcomes, arms and factors that rest on what no table holds."""
    for key, rule, words, accepted in _vocabulary(protocol, contract):
        for word in words:
            if word not in accepted:
                yield key, rule, word, did_you_mean(word, accepted)


def _vocabulary(
    protocol: Protocol, contract: dict[str, TableRule]
) -> Iterator[tuple[str, str, Iterable[str], tuple[str, ...]]]:
    """List the words a protocol takes from the tables: key, rule, words, accepted."""
    events = contract["events"]
    codes = events.field("event").codes
    flags = tuple(field.name for field in events.fields if field.kind == "yes_no")
    for outcome in protocol.outcomes:
        key = f"outcomes[{outcome.code}]"
        rule = 'name codes of events.csv, or of codes."events.event"'
        for part in ("events", "competing", "ends_with"):
            yield f"{key}.{part}", rule, getattr(outcome, part), codes
        rule = f"name flags of events.csv: {', '.join(flags)}"
        yield f"{key}.flags", rule, outcome.flags, flags
    received = contract["treatment"].field("treatment_received").codes
    for arm in protocol.arms:
        rule = f"name codes of treatment_received: {', '.join(received)}"
        yield f"arms[{arm.code}].treatments", rule, arm.treatments, received
    columns = contract["referrals"].names
    for factor in protocol.factors:
        sources = () if factor.source is None else (factor.source,)
        rule = "name a column of referrals.csv"
        yield f"factors[{factor.name}].source", rule, sources, columns


def _stray_rules(protocol: Protocol, referrals: TableRule) -> Iterator[Misfit]:
    """Find rules of eligibility on what a referral cannot say."""
    readable = {f.name: f for f in referrals.fields if f.kind not in ("id", "date")}
    for rule in protocol.eligibility.rules:
        key = f"eligibility.rules[{rule.name}]"
        if rule.field not in readable:
            near = did_you_mean(rule.field, readable)
            says = f"name one of the columns {', '.join(readable)} of referrals.csv"
            yield f"{key}.field", says, rule.field, near
            continue
        field = readable[rule.field]
        for part in ("accept", "refuse"):
            for value in getattr(rule, part):
                if not _may_hold(field, value):
                    says = f"list values that `{field.name}` may hold"
                    yield f"{key}.{part}", says, value, _what_it_holds(field)


def _may_hold(field: Field, value: object) -> bool:
    """Say whether a column may hold a value."""
    if field.kind == "yes_no":
        return isinstance(value, bool)
    if field.kind == "code":
        return value in field.codes
    low, high = field.minimum, field.maximum
    return type(value) is int and (low or 0) <= value and value <= (high or value)


def _what_it_holds(field: Field) -> str:
    """Say what a column may hold."""
    if field.kind == "yes_no":
        return "true and false, without quotation marks"
    if field.kind == "code":
        return ", ".join(field.codes)
    return f"whole numbers from {field.minimum:g} to {field.maximum:g}"
