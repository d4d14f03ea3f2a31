"""Referrals by site: what is counted, drawn and refused, and real places' names."""

from dataclasses import replace

import pytest

from steps_analysis.disclosure import TOTAL, Cell
from steps_analysis.errors import DisclosureError
from steps_analysis.evaluation import evaluate
from steps_analysis.evaluation.boroughs import borough_release
from steps_analysis.evaluation.boroughs.reading import published_funnel
from steps_analysis.evaluation.boroughs.section import borough_section
from steps_analysis.reporting import Callout, Figure, Table


@pytest.fixture(scope="module")
def section(drawn):
    return borough_section(drawn)


def first(section, kind):
    return next(block for block in section.blocks if isinstance(block, kind))


def with_populations(trial, change):
    sites = trial.sites.copy()
    sites["population_10_17"] = change(sites["population_10_17"])
    return replace(trial, sites=sites)


# The funnel agrees with the table


def test_the_centre_line_is_the_rate_in_the_row_of_all(found, section):
    table, figure = first(section, Table), first(section, Figure)
    everyone = next(row for row in table.rows if row[0] == "All")
    assert figure.drawing.target == pytest.approx(everyone[-1].value)
    years = len(found.years)
    total = found.known(TOTAL, TOTAL).value
    by_hand = total / (found.population.sum() * years) * 10_000
    assert figure.drawing.target == pytest.approx(by_hand)
    assert figure.drawing.target_label == "All boroughs"


def test_the_note_counts_the_points_outside_and_speaks_of_rounding(found, section):
    drawing = first(section, Figure).drawing
    data = drawing.data().set_index("site")
    shown = data[data["value"] != "[c]"].astype(float)
    # Limits in the data are interpolated between the sizes they are drawn at.
    clearly = (shown["value"] < shown["95% lower"] - 0.05) | (
        shown["value"] > shown["95% upper"] + 0.05
    )
    barely = (shown["value"] < shown["95% lower"] + 0.05) | (
        shown["value"] > shown["95% upper"] - 0.05
    )
    notes = " ".join(first(section, Figure).notes)
    said = [
        n
        for n in range(1, len(shown) + 1)
        if f"{n} of the {len(shown)} boroughs shown lie" in notes
    ]
    if not said:
        assert not clearly.any()
        assert f"All {len(shown)} boroughs shown lie within" in notes
    else:
        assert clearly.sum() <= said[0] <= barely.sum()
    assert found.rounding
    assert "rounding moves points" in notes


def test_the_words_beside_the_funnel(section):
    text = first(section, Callout).text
    assert text.endswith("where there are few referrals, they are too few to tell.")


def test_without_a_published_total_the_line_is_that_of_the_sites_shown(found):
    whole = Cell("referrals", TOTAL, TOTAL)
    hidden = replace(found, figures={**found.figures, whole: "[c]"})
    places = published_funnel(hidden)
    shown = {s: found.known(s, TOTAL) for s in found.population.index}
    shown = {s: one.value for s, one in shown.items() if one is not None}
    people = found.population[list(shown)].sum() * len(found.years)
    assert places.target == pytest.approx(sum(shown.values()) / people * 10_000)


def test_real_data_say_whose_populations_the_rates_use(drawn, section):
    real = borough_section(replace(drawn, provenance="real"), key="a secret")
    words = "Rates use the populations in sites.csv."
    assert words in first(real, Table).notes
    assert words not in first(section, Table).notes


# Populations that are not recorded


@pytest.mark.parametrize(
    "change",
    [
        lambda people: people.where(people.index != 3),
        lambda people: people.where(people.index < 0),
        lambda people: people.mask(people.index == 3, 0),
    ],
    ids=["one blank", "all blank", "one of nobody"],
)
def test_a_blank_population_is_a_reason_and_no_error(drawn, change):
    trial = with_populations(drawn, change)
    why = "the population of some sites is not recorded"
    assert borough_release(trial) == why
    assert borough_section(trial) == why


def test_what_is_left_out_is_said(drawn):
    trial = with_populations(drawn, lambda people: people.mask(people.index == 3, 0))
    why = "the population of some sites is not recorded"
    assert evaluate(trial).results.left_out == {"Referrals by borough": why}


def test_no_column_of_populations_is_a_reason(drawn):
    sites = drawn.sites.drop(columns="population_10_17")
    found = borough_release(replace(drawn, sites=sites))
    assert found == "the sites' populations are not recorded"


# Real places


def renamed(trial, name, documented=("Southwark",)):
    sites = trial.protocol.sites
    names = tuple(name if old == "Borough A" else old for old in sites.names)
    sites = replace(sites, names=names, documented=documented)
    tables = {
        table: getattr(trial, table).replace({"site": {"Borough A": name}})
        for table in ("sites", "referrals", "participants")
    }
    return replace(trial, protocol=replace(trial.protocol, sites=sites), **tables)


@pytest.mark.parametrize("name", ["Camden", "camden", "E09000007", "City of London"])
def test_synthetic_outcomes_under_a_real_name_are_refused(drawn, name):
    with pytest.raises(DisclosureError, match=r"`sites.names` must name no real"):
        evaluate(renamed(drawn, name))


def test_real_names_are_free_to_real_data_and_to_documented_sites(drawn):
    real = replace(renamed(drawn, "Camden"), provenance="real")
    assert evaluate(real).results.flow.randomised == 40
    documented = renamed(drawn, "Camden", documented=("Southwark", "Camden"))
    assert evaluate(documented).results.flow.randomised == 40


def test_an_undocumented_southwark_is_refused(drawn):
    with pytest.raises(DisclosureError, match="Southwark"):
        evaluate(renamed(drawn, "Borough A", documented=()))


def test_a_rule_that_hides_nothing_does_not_show_boroughs():
    from steps_analysis.evaluation.boroughs import borough_release
    from steps_analysis.protocol import load_protocol, parse_protocol
    from steps_analysis.simulation import draw_trial

    text = load_protocol().text.replace(
        'borough_table = "dfe_cin"', 'borough_table = "trial_wide"'
    )
    trial = draw_trial(parse_protocol(text), "null", n=40, seed=20140618)
    assert "would hide no small count" in borough_release(trial)
