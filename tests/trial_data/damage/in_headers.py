"""Damage to the names of columns."""

from __future__ import annotations

from tests.trial_data.damage.case import Case, Told


def _renamed(change):
    """Make a kind that changes the name of one column."""

    def kind(case: Case):
        rule = case.table()
        if rule is None:
            return None
        rows = case.rows(rule)
        position = int(case.rng.integers(len(rows[0])))
        rows[0][position] = change(rows[0][position])
        case.write(rule, rows)
        return Told(rule.file, 1)

    return kind


def repeated(case: Case):
    """Name two columns alike."""
    rule = case.table()
    if rule is None:
        return None
    rows = case.rows(rule)
    one, other = case.rng.choice(len(rows[0]), size=2, replace=False)
    rows[0][other] = rows[0][one]
    case.write(rule, rows)
    return Told(rule.file, 1, rows[0][one])


def exchanged(case: Case):
    """Exchange the names of a filled date and of an identifier."""
    rule = case.one_of(r for r in case.tables() if _positions(case, r))
    if rule is None:
        return None
    rows = case.rows(case.touch(rule))
    one, other = _positions(case, rule)
    rows[0][one], rows[0][other] = rows[0][other], rows[0][one]
    case.write(rule, rows)
    return Told(rule.file, 2, rows[0][one])


def _positions(case, rule):
    """The first required date and identifier of a table with rows, if it has both."""
    header, *rows = case.rows(rule)
    kinds = [(rule.field(name).kind, rule.field(name).required) for name in header]
    if not rows or not {("date", True), ("id", True)} <= set(kinds):
        return ()
    return kinds.index(("id", True)), kinds.index(("date", True))


def added(case: Case):
    """Add a column that has no place in the contract."""
    rule = case.table()
    if rule is None:
        return None
    rows = case.rows(rule)
    name = case.one_of(["postcode", "notes", "date_of_birth", "Unnamed: 0"])
    case.write(rule, [[*rows[0], name], *([*row, "1"] for row in rows[1:])])
    return Told(rule.file, 1)


def lost(case: Case):
    """Lose a column, which the package lists."""
    rule = case.table()
    if rule is None:
        return None
    rows = case.rows(rule)
    position = int(case.rng.integers(len(rows[0])))
    name = rows[0][position]
    case.write(rule, [row[:position] + row[position + 1 :] for row in rows])
    return Told(rule.file, 1, name)


HEADERS = {
    "name with a slip": _renamed(lambda name: name[:-1] + name[-1] * 2),
    "name in capitals": _renamed(str.upper),
    "name with spaces": _renamed(lambda name: name.replace("_", " ") + " "),
    "name lost": _renamed(lambda name: ""),
    "name of another world": _renamed(lambda name: "Überschrift"),
    "name with a line break": _renamed(lambda name: f"{name}\n"),
    "name repeated": repeated,
    "names exchanged": exchanged,
    "column added": added,
    "column lost": lost,
}
