import pytest

from steps_analysis.disclosure import (
    Profile,
    dfe_cin,
    dfe_cla,
    from_spec,
    nhs_hes,
    strict,
    threshold,
    trial_wide,
)
from steps_analysis.errors import ArgumentError

NEAREST_5 = Profile(name="nearest 5", hidden_up_to=0, round_cells_to=5)


@pytest.mark.parametrize(
    ("profile", "hidden", "bases", "decimals"),
    [
        (dfe_cin, range(1, 6), (1, 10, 10), (1, 1)),
        (dfe_cla, range(1, 6), (1, 1, 10), (0, 0)),
        (nhs_hes, range(1, 8), (5, 5, 5), (1, 1)),
        (strict, range(1, 6), (5, 5, 5), (1, 1)),
        (trial_wide, range(1, 1), (1, 1, 1), (1, 1)),
        (threshold(10), range(1, 10), (1, 1, 1), (1, 1)),
    ],
)
def test_profiles_say_what_the_handbook_says(profile, hidden, bases, decimals):
    roles = ("cell", "row_total", "column_total")
    assert profile.hidden_range == hidden
    assert tuple(profile.base(role) for role in roles) == bases
    assert (profile.percentage_decimals, profile.rate_decimals) == decimals
    assert profile.marker == "[c]"


@pytest.mark.parametrize("profile", [dfe_cin, nhs_hes, strict, NEAREST_5])
@pytest.mark.parametrize("base", [1, 5, 10])
def test_the_interval_holds_exactly_the_counts_printed_the_same(profile, base):
    if profile is NEAREST_5 and base == 10:
        return
    for count in [0, *range(profile.hidden_up_to + 1, 60)]:
        least, most = profile.interval(count, base)
        same = [
            other
            for other in range(80)
            if other not in profile.hidden_range
            and profile.rounded(other, base) == profile.rounded(count, base)
        ]
        assert [least, most] == [same[0], same[-1]]
        assert len(same) == most - least + 1


def test_a_specification_gives_the_profile():
    assert from_spec("dfe_cin") is dfe_cin
    assert from_spec(dfe_cin) is dfe_cin
    assert from_spec("threshold(10)") == threshold(10)
    assert from_spec({"profile": "threshold", "n": 10}) == threshold(10)
    exact = from_spec({"profile": "dfe_cin", "round_row_totals_to": 1})
    assert exact.round_row_totals_to == 1
    assert exact.round_column_totals_to == 10


def test_a_specification_names_the_attackers():
    assert dfe_cin.attackers == ("outsider",)
    spec = {"profile": "threshold", "n": 6, "attackers": ["outsider", "family"]}
    assert from_spec(spec).attackers == ("outsider", "family")


@pytest.mark.parametrize(
    ("spec", "match"),
    [
        ("dfe_cinn", "did you mean 'dfe_cin'"),
        ({"profile": "dfe_cin", "rate_decimal": 2}, "did you mean 'rate_decimals'"),
        ({"n": 3}, "under `profile`"),
        ({"profile": "threshold"}, "`n` must be a whole number, at least 2"),
        ("threshold(1)", "at least 2"),
        ({"profile": "threshold", "n": 3, "round_cells_to": 7}, "not round a count"),
        ({"profile": "dfe_cin", "rate_decimals": -1}, "at least 0"),
        ({"profile": "dfe_cin", "round_cells_to": 2.5}, "be a whole number"),
        ({"profile": "dfe_cin", "attackers": "site"}, "`attackers` must be a tuple"),
        ({"profile": "dfe_cin", "attackers": ["outsider", "sit"]}, "mean 'site'"),
        ({"profile": "dfe_cin", "attackers": ["outsider"] * 2}, "be a tuple of diff"),
        ({"profile": "dfe_cin", "attackers": ["site"]}, "name the outsider, since"),
        ({"profile": "dfe_cin", "attackers": []}, "name the outsider, since"),
    ],
)
def test_an_impossible_specification_is_refused(spec, match):
    with pytest.raises(ArgumentError, match=match):
        from_spec(spec)
