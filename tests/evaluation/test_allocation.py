"""Procedures compared for a protocol: the figures, the words, the page."""

import json

import pytest

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.evaluation import allocation_comparison
from steps_analysis.evaluation.allocation_comparison import (
    candidates,
    compare_allocation,
    synthetic_families,
)
from steps_analysis.evaluation.allocation_report import (
    HEADINGS,
    allocation_report,
    reasons,
)
from steps_analysis.evaluation.procedure_words import named, procedure_words
from steps_analysis.protocol import load_protocol
from steps_analysis.randomisation import (
    BigStick,
    CompleteRandomisation,
    Hadamard,
    Minimisation,
    PermutedBlocks,
    RandomPermutedBlocks,
    StratifiedBlocks,
    WeiUrn,
    from_spec,
)
from steps_analysis.randomisation.comparing.criteria import CRITERIA
from steps_analysis.reporting import html_page
from steps_analysis.simulation import draw_trial
from tools.allocation_page import MEASURED, PAGE, page


@pytest.fixture(scope="module")
def protocol():
    return load_protocol()


@pytest.fixture(scope="module")
def compared(protocol):
    return compare_allocation(protocol, n=24, n_draws=100)


# --- by hand -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("procedure", "words"),
    [
        (CompleteRandomisation(), "coin toss"),
        (CompleteRandomisation(ratio=(2, 1)), "coin toss 2:1"),
        (PermutedBlocks(4), "blocks of 4"),
        (RandomPermutedBlocks([2, 4, 6]), "blocks of 2, 4 or 6"),
        (BigStick(3), "big stick (at most 3 apart)"),
        (
            StratifiedBlocks(["site", "sex"], block_sizes=[2]),
            "blocks of 2 within each borough and sex",
        ),
        (Minimisation(["site"], p=0.7), "minimisation (p = 0.7) on borough"),
        (Minimisation(["team"], p=0.7), "minimisation (p = 0.7) on team"),
        (Hadamard(), "hadamard"),
        (WeiUrn(1, 1), "wei urn 1 1"),
    ],
)
def test_words_for_procedures(procedure, words, protocol):
    said = procedure_words(procedure, protocol)
    assert said.replace("\N{NO-BREAK SPACE}", " ") == words


def test_procedures_of_the_same_words_are_told_apart(protocol):
    factors = [factor.name for factor in protocol.factors]
    alike = [
        Minimisation(factors, p=0.8),
        Minimisation(factors, p=0.8, imbalance="variance"),
        PermutedBlocks(4),
        RandomPermutedBlocks([4]),
        BigStick(3),
    ]
    names = [name.replace("\N{NO-BREAK SPACE}", " ") for name in named(alike, protocol)]
    assert names == [
        "minimisation (p = 0.8), imbalance range",
        "minimisation (p = 0.8), imbalance variance",
        "blocks of 4, block size 4",
        "blocks of 4, block sizes (4,)",
        "big stick (at most 3 apart)",
    ]
    assert len(named([*alike, BigStick(3)], protocol)) == len(alike)


def test_a_protocol_with_another_minimisation_is_compared(tmp_path, protocol):
    """Its words are those of a candidate, and it is another procedure."""
    path = tmp_path / "protocol.toml"
    text = protocol.text.replace('imbalance = "range"', 'imbalance = "variance"')
    path.write_text(text, encoding="utf-8")
    found = compare_allocation(load_protocol(path), n=12, n_draws=20)
    assert found.in_protocol == found.table.index[0]
    assert found.in_protocol.endswith("imbalance variance")


def test_another_minimisation_is_not_the_protocols_own(protocol):
    factors = [factor.name for factor in protocol.factors]
    other = Minimisation(factors, p=0.8, imbalance="variance")
    found = compare_allocation(protocol, n=12, n_draws=20, procedures=[other])
    assert found.in_protocol is None
    first, *rest = reasons(found)
    assert "own procedure" not in first
    assert not any("None does better" in sentence for sentence in rest)


def test_the_protocols_own_procedure_comes_first_and_once(protocol):
    own = from_spec(protocol.allocation)
    assert candidates(protocol)[0] == own
    assert candidates(protocol).count(own) == 1


def test_families_stand_in_their_order_with_the_factors_alone(protocol):
    (one, other), stamp = synthetic_families(protocol, 24, 2, seed=5)
    assert [*one.columns] == ["site", "sex", "age_group", "onset_group"]
    assert len(one) == len(other) == 24
    assert not one.equals(other)
    assert stamp.startswith("Synthetic data")


def test_a_trial_that_ran_out_of_families_is_passed_over(protocol):
    # Trial 0 of seed 5 finds 117 of 120 families.
    short = draw_trial(protocol, "null", n=120, trial=0, seed=5)
    assert len(dict(short.tables())["participants"]) == 117
    crowds, _ = synthetic_families(protocol, 120, 2, seed=5)
    assert [len(crowd) for crowd in crowds] == [120, 120]
    second = draw_trial(protocol, "null", n=120, trial=1, seed=5)
    people = dict(second.tables())["participants"]
    assert crowds[0].equals(people[[*crowds[0].columns]])


# --- properties ----------------------------------------------------------------------


def test_reasons_say_what_the_table_says(compared):
    advice = compared.recommendation
    table = compared.table
    assert advice.procedure == table["score"].idxmax()
    first, *rest = reasons(compared)
    assert first.startswith("For 24 families at 14 boroughs")
    assert f"{advice.procedure}: {table['score'].max():.2f} of 1" in first
    assert any(str(advice.runner_up) in sentence for sentence in rest)
    for name, other in advice.changed_by_doubling.items():
        heavier = {**advice.weights, name: 2 * advice.weights[name]}
        again = compare_allocation(
            compared.protocol, n=24, n_draws=100, weights=heavier
        )
        assert again.recommendation.procedure == other


def test_the_report_holds_every_figure_and_question(compared):
    report = allocation_report(compared)
    assert [section.slug for section in report.sections] == [
        "recommendation", "comparison", "questions", "how",
    ]  # fmt: skip
    table, figure = report.sections[1].blocks
    assert [row[0] for row in table.rows] == [*compared.table.index]
    assert [row[-1] for row in table.rows] == compared.table["score"].tolist()
    marked = [point.name for point in figure.drawing.points if point.marked]
    assert marked == [compared.recommendation.procedure]
    text = html_page(report)
    assert all(CRITERIA[name].question in text for name in HEADINGS)
    assert compared.stamp in text


def test_every_criterion_has_its_words():
    assert set(HEADINGS) == set(CRITERIA)


def test_same_figures_every_time(compared):
    again = compare_allocation(compared.protocol, n=24, n_draws=100)
    assert again.table.equals(compared.table)


def test_another_trial_without_a_procedure_of_its_own():
    other = load_protocol("data/public/cgd/protocol.toml")
    found = compare_allocation(other, n=12, n_draws=20)
    assert found.in_protocol is None
    assert "The protocol states" not in reasons(found)[0]
    assert "patients at 13 centres" in reasons(found)[0]


def test_two_to_one_leaves_out_what_has_no_ratio(tmp_path, protocol):
    text = protocol.text.replace("ratio = [1, 1]", "ratio = [2, 1]")
    text = text.replace("share = 1", "share = 2", 1)
    path = tmp_path / "protocol.toml"
    path.write_text(text, encoding="utf-8")
    found = compare_allocation(load_protocol(path), n=12, n_draws=20)
    assert not any("stick" in name or "Efron" in name for name in found.procedures)
    assert "blocks of 6 2:1" in found.procedures


# --- the page ------------------------------------------------------------------------


def test_the_page_is_made_from_what_was_measured():
    found = json.loads(MEASURED.read_text())["found"]
    assert PAGE.read_text(encoding="utf-8") == page(found)
    assert [one["families"] for one in found["sizes"]] == [40, 80]
    assert found["lists"] == 10_000
    for size in found["sizes"]:
        best = max(size["procedures"], key=lambda row: row["score"])
        assert best["name"] in size["reasons"][0]


def test_what_the_page_says_in_words_was_measured():
    for size in json.loads(MEASURED.read_text())["found"]["sizes"]:
        rows = {row["name"]: row for row in size["procedures"]}
        coin = rows.pop("coin toss")
        assert round(coin["arms"] * size["families"] / 100) == 1
        assert all(row["drift"] < coin["drift"] for row in rows.values())
        guessed = sorted(rows, key=lambda name: rows[name]["site_guesses"])[::-1]
        minimised = {name for name in rows if name.startswith("minimisation")}
        assert guessed[0].endswith("within each borough")
        assert {*guessed[1 : 1 + len(minimised)]} == minimised


# --- errors --------------------------------------------------------------------------


def test_refusals(protocol):
    with pytest.raises(ArgumentError, match="`procedures` must differ"):
        compare_allocation(protocol, n=12, procedures=[BigStick(2), BigStick(2)])
    with pytest.raises(ArgumentError, match="`n` must be given where the protocol"):
        compare_allocation(load_protocol("data/public/cgd/protocol.toml"))
    with pytest.raises(DataError, match="have a column 'team'"):
        compare_allocation(
            protocol, n=12, procedures=[Minimisation(["team"])], n_draws=20
        )


def test_a_number_that_no_trial_reaches_is_refused(protocol, monkeypatch):
    monkeypatch.setattr(allocation_comparison, "_TRIES", 1)
    with pytest.raises(ArgumentError, match="`n` must be a number of families that"):
        synthetic_families(protocol, 120, 1, seed=5)  # the one tried finds 117
