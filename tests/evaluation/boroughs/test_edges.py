"""Few sites, few referrals, short records: an answer or a reason, never a crash."""

from dataclasses import replace

import pytest

from steps_analysis.evaluation.boroughs import (
    borough_release,
    internal_edition,
    public_edition,
)
from steps_analysis.evaluation.boroughs.breakdowns import (
    Breakdown,
    breakdowns,
    why_not_finer,
)
from steps_analysis.evaluation.boroughs.linking import SITES
from steps_analysis.evaluation.boroughs.tile_figure import tile_figure
from steps_analysis.reporting import html_page


def years(*counts):
    return dict(zip((2012, 2013, 2014, 2015), counts, strict=False))


def pages(edition):
    return {place: html_page(d) for place, d in edition.documents.items()}


def test_one_site(made):
    edition = public_edition(made({"North": years(20, 25, 30)}))
    text = pages(edition)["sites/north"]
    assert "There are too few boroughs to compare this one with." in text
    assert edition.found.everyone == "North"
    assert pages(internal_edition(made({"North": years(20, 25, 30)})))


def test_two_sites(made):
    trial = made({"North": years(20, 25, 30), "South": years(12, 14, 9)})
    edition = public_edition(trial)
    assert edition.found.audit.safe
    assert len(pages(edition)) == 3
    assert len(pages(internal_edition(trial))) == 3


def test_a_site_of_zeros_says_so(made):
    trial = made(
        {"East": years(0, 0), "North": years(20, 25), "South": years(30, 40),
         "West": years(18, 22)}
    )  # fmt: skip
    edition = public_edition(trial)
    assert "there was no referral of a child from East" in pages(edition)["sites/east"]
    assert edition.found.printed("referrals", "East", "2012/13") == 0


def test_a_site_with_one_is_hidden_and_could_have_five(made):
    trial = made(
        {"East": years(1, 20), "North": years(20, 25), "South": years(30, 40),
         "West": years(18, 22)}
    )  # fmt: skip
    found = borough_release(trial)
    assert found.audit.safe
    assert found.printed("referrals", "East", "2012/13") == "[c]"
    # 1 + 20 + 30 + 18 = 69 is printed as 70, which anything from 65 to 74 would be.
    possible = found.audit.possible(("referrals", "East", "2012/13"))
    assert all(n in possible for n in range(1, 6))
    assert found.known("East", "2012/13") is None


def test_less_than_a_year_is_one_stretch_of_months(made):
    trial = made(
        {"North": {2013: 30}, "South": {2013: 24}, "West": {2013: 50}}, months=[5, 6, 7]
    )
    found = borough_release(trial)
    assert [one.label for one in found.stretches] == ["May 2013 to July 2013"]
    assert found.length == pytest.approx(92 / 365.25)
    assert "the months May 2013 to July 2013" in pages(public_edition(trial))[""]


def test_no_referrals(made, drawn):
    empty = replace(drawn, referrals=drawn.referrals.iloc[:0])
    assert public_edition(empty) == "there are no referrals"
    assert internal_edition(empty) == "there are no referrals"


def test_too_few_for_anything(made):
    trial = made({"North": years(1), "South": years(2), "West": years(1)})
    assert public_edition(trial).startswith("too few referrals")


def test_no_population(made):
    trial = made({"North": years(20), "South": years(30)})
    bare = replace(trial, sites=trial.sites.drop(columns="population_10_17"))
    assert public_edition(bare) == "the sites' populations are not recorded"
    text = pages(internal_edition(bare))["sites/north"]
    assert "No rate is given: a population is not recorded." in text


def test_no_source(made):
    trial = made({"North": years(20, 30), "South": years(30, 25)})
    bare = replace(trial, referrals=trial.referrals.drop(columns="source"))
    assert public_edition(bare).found.release.names == ("referrals",)
    assert pages(internal_edition(bare))


def test_sources_of_one_group_alone_are_not_shown_in_groups(made):
    trial = made({"North": years(20, 25, 30), "South": years(22, 24, 29)})
    rare = trial.referrals["referral_id"].isin(["R0", "R80", "R120"])
    source = trial.referrals["source"].mask(rare, "youth_offending")
    trial = replace(trial, referrals=trial.referrals.assign(source=source))
    found = borough_release(trial)
    # three of one source are too few to show, and the group would repeat the total
    assert [table.name for table in found.release.tables] == [SITES]
    assert found.audit.safe
    assert pages(public_edition(trial))


def test_real_data_need_a_key(made):
    trial = replace(made({"North": years(20), "South": years(30)}), provenance="real")
    assert public_edition(trial) == (
        "no disclosure key was given, which real data need"
    )
    assert public_edition(trial, key="secret").documents[""].stamp == ""


# Maps


def user_trial(made, names, naming="user"):
    trial = made({name: years(20 + i, 30) for i, name in enumerate(names)})
    sites = replace(trial.protocol.sites, naming=naming, names=tuple(names))
    protocol = replace(trial.protocol, sites=sites)
    return replace(trial, protocol=protocol, provenance="real")


def test_the_map_of_london_is_drawn_for_a_users_own_real_names(made):
    trial = user_trial(made, ["Camden", "E09000028", "lambeth"])
    figure = tile_figure(trial, borough_release(trial, key="k"))
    tiles = {tile.name: tile for tile in figure.drawing.tiles}
    assert len(tiles) == 33
    assert (tiles["Camden"].row, tiles["Camden"].column) == (3, 4)
    assert str(tiles["Barnet"].value) == "[z]"
    assert tiles["Southwark"].value > 0


@pytest.mark.parametrize(
    ("names", "naming"),
    [(["Camden", "Lambeth", "Elsewhere"], "user"), (["Camden", "Brent"], "pseudonym")],
)
def test_a_plain_grid_wherever_a_name_is_not_real_or_not_allowed(made, names, naming):
    trial = user_trial(made, names, naming)
    figure = tile_figure(trial, borough_release(trial, key="k"))
    assert [t.name for t in figure.drawing.tiles] == sorted(names)
    assert {t.row for t in figure.drawing.tiles} == {1}


def test_synthetic_data_never_stand_on_the_map(edition):
    figure = next(
        block
        for section in edition.documents[""].sections
        for block in section.blocks
        if getattr(block, "name", "") == "referral-tiles"
    )
    assert len(figure.drawing.tiles) == len(edition.found.population)


# Breakdowns


def test_breakdowns_come_finest_first_and_end_with_the_plainest():
    ways = list(breakdowns(4, has_sources=True, has_rings=True))
    assert ways[0] == Breakdown(width=1, sources="each", rings=True)
    assert ways[-1] == Breakdown(width=4)
    assert ways[-1].is_plain
    assert len(ways) == 3 * 3 * 2


def test_what_was_given_up_is_said():
    def why(**ways):
        chosen = Breakdown(**ways)
        said = why_not_finer(chosen, 4, has_sources=True, has_rings=True)
        return " ".join(said)

    assert "two at a time" in why(width=2, sources="each", rings=True)
    assert "all together" in why(width=4, sources="each", rings=True)
    assert "in groups" in why(width=1, sources="grouped", rings=True)
    assert "not shown by source" in why(width=1, rings=True)
    assert "Inner and outer" in why(width=1, sources="each")
    assert why(width=1, sources="each", rings=True) == ""
