"""``steps balance``, as somebody at a terminal uses it."""

import json

import pytest

from steps_analysis.cli import main
from steps_analysis.cli.balance import procedure_of, weights_of
from steps_analysis.errors import ArgumentError, ProtocolError
from steps_analysis.protocol import load_protocol
from steps_analysis.randomisation import Minimisation, RandomPermutedBlocks

SMALL = ("balance", "--n", "12", "--trials", "20")
TWO = ("--procedure", "big-stick mti=2", "--procedure", "complete-randomisation")


def test_a_table_and_a_recommendation(capsys, tmp_path):
    assert main([*SMALL, *TWO, "--out", str(tmp_path / "page")]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Synthetic data")
    assert "coin toss" in shown
    assert "For 12 families at 14 boroughs" in shown
    assert (tmp_path / "page" / "index.html").exists()
    manifest = json.loads((tmp_path / "page" / "manifest.json").read_text())
    assert "comparison of procedures" in json.dumps(manifest)


def test_json_holds_the_same_figures(capsys):
    assert main([*SMALL, *TWO, "--json", "--weights", "arms=1,guesses=0"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["procedure"] for one in found["procedures"]] == [
        {"procedure": "big-stick", "mti": 2},
        {"procedure": "complete-randomisation", "ratio": [1, 1]},
    ]
    assert found["weights"]["guesses"] == 0
    best = max(found["procedures"], key=lambda one: one["score"])
    assert found["recommended"]["procedure"] == best["name"]
    assert found["recommended"]["reasons"][0].startswith("For 12 families")


def test_exact_properties(capsys):
    asked = ["--procedure", "permuted-blocks block_size=2", "--exact"]
    assert main(["balance", "--n", "8", *asked]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Exact properties for 8 families")
    assert "blocks of 2" in shown
    assert main(["balance", "--n", "8", *asked, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "stamp" not in found  # no families are drawn: none are looked at
    pairs = found["exact"]["blocks of 2"]
    assert (pairs["correct_guesses"], pairs["deterministic_share"]) == (0.75, 0.5)


def test_exact_properties_say_who_sees_the_certainty(capsys):
    # Of blocks of drawn sizes exact figures are those of one who knows the sizes, and
    # drawn ones those of one who does not: they differ, and nothing else would say why.
    drawn_sizes = ["--procedure", "random-permuted-blocks block_sizes=[2,4]"]
    fixed = ["--procedure", "permuted-blocks block_size=4"]
    assert main(["balance", "--n", "8", *fixed, *drawn_sizes, "--exact"]) == 0
    shown = capsys.readouterr().out.replace("\N{NO-BREAK SPACE}", " ")
    assert "to one who knows the procedure and all earlier arms: blocks of 4\n" in shown
    assert "knows the drawn block sizes and all earlier arms: blocks of 2 or 4" in shown


def test_exact_properties_of_procedures_of_the_same_words(capsys):
    coins = ("efron-biased-coin p=0.66", "efron-biased-coin p=0.662")
    words = [word for coin in coins for word in ("--procedure", coin)]
    assert main(["balance", "--n", "6", *words, "--exact", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["exact"]) == 2


def test_exact_properties_of_families_are_stamped(capsys):
    words = ["balance", "--n", "6", "--procedure", "minimisation", "--exact"]
    assert main(words) == 0
    assert capsys.readouterr().out.startswith("Synthetic data")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--procedure", "big-stik mti=2"], "did you mean 'big-stick'"),
        (["--procedure", "big-stick mti"], "parameters as key=value"),
        (["--procedure", "big-stick mti=0"], "at least 1, got 0"),
        (["--procedure", ""], "`allocation.procedure` must be one of"),
        (["--weights", "arms"], "must be name=number"),
        (["--weights", "arm=1"], "did you mean 'arms'"),
        (["--n", "1"], "`n` must be a whole number, at least 2"),
        (["--n", "2147483648"], "`n` must be at most 10,000"),
        (["--trials", "1"], "`n_draws` must be a whole number"),
        (["--protocol", "nowhere.toml"], "nowhere.toml"),
        (["--exact", "--procedure", "minimisation", "--n", "40"], "simulate_balance"),
        (["--exact", "--out", "page"], "`--out` must be left out with --exact"),
        (["--exact", "--weights", "arms=1"], "`--weights` must be left out with"),
    ],
)
def test_wrong_input_has_one_message(options, message, capsys):
    small = SMALL[:1] if "--exact" in options else SMALL
    assert main([*small, *options]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error


def test_procedures_in_words_of_a_protocol():
    protocol = load_protocol()
    drawn = procedure_of("random-permuted-blocks block_sizes=[2,4]", protocol)
    assert drawn == RandomPermutedBlocks((2, 4))
    named = procedure_of("minimisation imbalance=variance p=0.7", protocol)
    factors = ("site", "sex", "age_group", "onset_group")
    assert named == Minimisation(factors, imbalance="variance", p=0.7)
    with pytest.raises(ProtocolError, match=r"`allocation.block_size` must be given"):
        procedure_of("permuted-blocks", protocol)


def test_weights():
    assert weights_of(None) is None
    assert weights_of("arms=2, guesses=0.5") == {"arms": 2, "guesses": 0.5}
    for wrong in ("arms=two", "arms", "", "arms=1,arms=2"):
        with pytest.raises(ArgumentError, match="apart by commas, each name once"):
            weights_of(wrong)


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ("block_size=4 block_size=6", "as key=value apart by blanks, each once"),
        ("procedure=big-stick", "as key=value apart by blanks, each once"),
        ("block_size=" + "[" * 10_000, "be a whole number, at least 1"),
        (f"block_size={10**23}", "be at most 1,000,000,000"),
        (f"block_size=4 ratio=[{10**20},1]", "have no part above 1,000,000,000"),
    ],
)
def test_parameters_out_of_all_measure_are_refused(parameters, says):
    with pytest.raises((ArgumentError, ProtocolError), match=says):
        procedure_of(f"permuted-blocks {parameters}", load_protocol())
