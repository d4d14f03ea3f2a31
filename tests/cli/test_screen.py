"""``steps screen``: what is printed for a case, for many, and for what is wrong."""

import json

import pytest

from steps_analysis.cli import main
from steps_analysis.protocol import load_protocol
from steps_analysis.simulation import committed, write_synthetic
from steps_analysis.trial_data import STAMP

CHILD_A = {
    "age_at_referral": 11,
    "age_at_first_harm": 10,
    "age_at_last_harm": 11,
    "youngest_age_at_referral": 7,
    "relationship": "cousin",
    "family_agrees": True,
    "site": "Borough A",
}
ADULT = {"age_at_referral": 30, "age_at_first_harm": 19, "site": "Borough A"}


@pytest.fixture
def screen(tmp_path, capsys):
    """A function that screens a text and gives exit code, output and errors."""

    def call(text, *options, name="case.json"):
        path = tmp_path / name
        path.write_text(text if isinstance(text, str) else json.dumps(text))
        code = main(["screen", str(path), *options])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


# By hand.


def test_child_a_is_told_in_sentences(screen):
    code, said, _ = screen(CHILD_A)
    assert code == 0
    assert (
        said
        == """\
The case
  STEPS-B: the rules accept the case.
    met         The child's age at referral is one the trial takes: 10 to 17.
                (rule on age at referral)
    met         The family's borough takes part in the trial. (rule on the
                family's borough)
  Stepping Stones: more information is needed.
    met         The youngest child involved was under 18 at referral. (rule 1)
    met         All the reported harm took place while the child who displayed
                the behaviour was under 18. (rule 2a)
    met         The child who displayed harmful sexual behaviour was under 21 at
                referral. (rule 2b)
    not known   Please find out whether a safety plan is in place. (rule 3)
    met         The family agrees to the service. (rule 4)
    not known   Please find out whether the children grew up in the same family.
                (rule 5)
  Next: The rules of the trial accept the case: please refer it for screening.
        The family decides.
"""
    )


def test_of_many_cases_only_what_is_to_be_done_is_said(screen):
    two = [CHILD_A | {"referral_id": "R7"}, ADULT]
    code, said, _ = screen(two)
    assert code == 0
    first, second = said.split("\n\n")
    assert first.splitlines()[0] == "R7"
    assert "(rule 3)" in first
    assert "(rule 4)" not in first  # which is met
    assert second.splitlines()[0] == "Case 2"
    assert "(rule 2a)" in second
    assert "Please find out" not in second  # it would change nothing
    assert "No rule sends it" in second


def test_what_can_be_mended_is_said(screen):
    case = CHILD_A | {"safety_plan": False, "grew_up_in_same_family": True}
    _, said, _ = screen(case, "--service", "stepping_stones")
    assert "the rules do not accept the case, but that may change." in said
    assert "STEPS-B:" not in said


def test_json_gives_the_same_verdicts(screen):
    code, said, _ = screen(CHILD_A, "--json")
    assert code == 0
    found = json.loads(said)
    assert found["stamp"] is None
    (case,) = found["cases"]
    assert set(case["services"]) == {"trial", "stepping_stones"}
    stones = case["services"]["stepping_stones"]
    assert stones["decision"] == "information_needed"
    assert stones["missing"] == ["safety_plan", "grew_up_in_same_family"]
    assert [v["code"] for v in stones["verdicts"]] == ["1", "2a", "2b", "3", "4", "5"]
    assert case["next"]["trial_act"] == "screen"


# Exit codes.


@pytest.mark.parametrize(
    ("case", "service", "code"),
    [
        (ADULT, "both", 1),
        (ADULT, "trial", 1),
        (CHILD_A | {"site": "Elsewhere"}, "trial", 1),
        (CHILD_A | {"site": "Elsewhere"}, "stepping_stones", 0),
        (CHILD_A | {"site": "Elsewhere"}, "both", 0),
        ([ADULT], "both", 1),
        ([ADULT, ADULT], "both", 0),
    ],
)
def test_the_answer_to_a_single_case_is_the_exit_code(screen, case, service, code):
    assert screen(case, "--service", service)[0] == code


# Files.

CSV = "referral_id,age_at_referral,safety_plan,site\nR1,17.9,true,Southwark\n,18,,\n"


def test_every_kind_of_file_gives_the_same_answer(screen):
    rows = [
        {"age_at_referral": 17.9, "safety_plan": True, "site": "Southwark"},
        {"age_at_referral": 18},
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    table = CSV.replace("referral_id,", "").replace("R1,", "").replace("\n,", "\n")
    told = [
        json.loads(screen(text, "--json", name=name)[1])
        for text, name in [
            (rows, "cases.json"),
            (lines, "cases.json"),
            (lines, "cases.jsonl"),
            (table, "cases.csv"),
        ]
    ]
    names = [[case.pop("case") for case in found["cases"]] for found in told]
    assert names[0] == ["case 1", "case 2"]
    assert names[1:] == [["line 1", "line 2"]] * 2 + [["line 2", "line 3"]]
    assert all(found == told[0] for found in told)


def test_a_row_without_a_number_goes_by_its_line(screen):
    _, said, _ = screen(CSV, name="cases.csv")
    assert [said.splitlines()[0], said.split("\n\n")[1].splitlines()[0]] == [
        "R1",
        "Line 3",
    ]


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory):
    place = tmp_path_factory.mktemp("screen") / "achieved"
    write_synthetic(committed("achieved"), place)
    return place


def test_the_referrals_of_a_synthetic_trial_carry_the_stamp(synthetic, capsys):
    assert main(["screen", str(synthetic / "referrals.csv")]) == 0
    blocks = capsys.readouterr().out.split("\n\n")
    assert blocks[0] == STAMP
    assert len(blocks) == 1 + len(committed("achieved").referrals)
    assert main(["screen", str(synthetic / "referrals.csv"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["stamp"] == STAMP


def test_a_case_that_only_lies_there_does_not(synthetic, capsys):
    (synthetic / "case.json").write_text(json.dumps(CHILD_A))
    main(["screen", str(synthetic / "case.json")])
    assert STAMP not in capsys.readouterr().out


def test_the_protocol_is_the_one_given_or_the_folders_own(screen, tmp_path):
    text = load_protocol().text.replace("oldest_age = 17", "oldest_age = 10")
    (tmp_path / "mine.toml").write_text(text)
    words = ["--service", "trial", "--protocol", str(tmp_path / "mine.toml")]
    assert screen(CHILD_A, *words)[0] == 1
    (tmp_path / "datapackage.json").write_text('{"provenance": "real"}')
    (tmp_path / "mine.toml").rename(tmp_path / "protocol.toml")
    table = "age_at_referral,site\n11,Borough A\n"
    assert screen(table, "--service", "trial", name="referrals.csv")[0] == 1
    assert screen(table, "--service", "trial", name="other.csv")[0] == 0


# Errors: one message, no value, exit code 2.


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.json", "[]", "a.json: the file must hold at least one case"),
        ("a.csv", "age_at_referral\n", "a.csv: the file must hold at least one case"),
        ("a.json", "", "a.json:1: the file must be JSON"),
        ("a.json", '{"sex": "male",\n"sex2"', "a.json:2: the file must be JSON"),
        ("a.json", '{"sex": "male", "sex": "female"}', "stand only once"),
        ("a.json", '{"age_at_referral": ' + "9" * 5000 + "}", "must be JSON"),
        ("a.json", "[" * 100_000, "a.json: the file must be JSON"),
        ("a.json", '"4711"', "a.json: `case` must be an object of fields and values"),
        ("a.json", '{"age": 4711}', "a.json: `age` must be a column of referrals.csv"),
        ("a.json", '[{}, {"age_at_referral": 4711}]',
         "a.json, case 2: `age_at_referral` must lie between 0 and 120"),
        ("a.jsonl", '{}\n\n{"sex": "4711"}\n{"sex": "4711"}',
         "a.jsonl:3: `sex` must be one of male, female (also on line 4)"),
        ("a.jsonl", "{}\n{]", "a.jsonl:2: the file must be JSON"),
        ("a.csv", "age_at_referral,sex\n4711,male\n",
         "a.csv:2: `age_at_referral` must lie between 0 and 120"),
        ("a.csv", "age_at_referal,sex\n11,male\n", "did you mean 'age_at_referral'?"),
        ("a.csv", "4711,4712\n4713,4714\n", "columns\nHint: such as `referral_id`, `f"),
        ("a.csv", "referral_id\nR4711\nR4711\n", "must not repeat an earlier row"),
        ("a.csv", "age_at_last_harm,age_at_referral\n14,13\n",
         "a.csv:2: `age_at_last_harm` must not exceed `age_at_referral`"),
    ],
)  # fmt: skip
def test_wrong_input_gives_one_clear_message(screen, name, text, message):
    code, said, error = screen(text, name=name)
    assert (code, said) == (2, "")
    assert error.startswith("steps screen: ")
    assert message in error
    assert "471" not in error
    assert "Traceback" not in error


def test_bytes_that_are_no_text_are_refused(tmp_path, capsys):
    (tmp_path / "a.json").write_bytes(b'{"site": "\xff"}')
    assert main(["screen", str(tmp_path / "a.json")]) == 2
    assert "a.json: the file must be UTF-8 text" in capsys.readouterr().err


@pytest.mark.parametrize("place", ["nowhere.json", "."])
def test_a_file_that_is_not_there_is_said(place, tmp_path, capsys):
    assert main(["screen", str(tmp_path / place)]) == 2
    assert "`case` must name a file of cases" in capsys.readouterr().err


def test_many_wrong_cases_are_counted(screen):
    wrong = [{"age_at_referral": "x"}] * 30
    assert screen(wrong)[2].splitlines()[-1] == "and 10 more"
