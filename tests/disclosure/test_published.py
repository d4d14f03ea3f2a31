"""A release as others can read it: from our folder, and from someone else's."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.disclosure import (
    Cell,
    Percentage,
    Rate,
    Release,
    Sentence,
    SurvivalSteps,
    audit,
    protect,
    published_from,
    read_release,
    suppress_primary,
    threshold,
    write_release,
)
from steps_analysis.errors import ArgumentError, DataError, DisclosureError

RULE = threshold(6)
COUNTS = pd.DataFrame({"2013": [3, 9, 8], "2014": [16, 7, 12]}, index=list("ABC"))


def written(folder, **files):
    for name, text in files.items():
        stem, _, ending = name.rpartition("_")
        (folder / f"{stem}.{ending}").write_text(text, encoding="utf-8")
    return folder


def same_knowledge(one, other):
    """Say whether two releases leave an outsider the same system."""
    a, b = one.system(), other.system()
    return (
        np.array_equal(a.lower, b.lower)
        and np.array_equal(a.upper, b.upper)
        and np.array_equal(a.equations.toarray(), b.equations.toarray())
        and np.array_equal(a.inequalities.toarray(), b.inequalities.toarray())
    )


# what is written can be read, and tells the same


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.lists(st.integers(0, 30), min_size=3, max_size=3), min_size=2, max_size=4
    ),
    st.sampled_from(["dfe_cin", "strict", "nhs_hes", "threshold(6)", "trial_wide"]),
    st.sampled_from(["as shown", "exact"]),
)
def test_what_is_printed_tells_others_the_same(rows, rule, figures):
    frame = pd.DataFrame(rows, index=[f"B{i}" for i in range(len(rows))])
    people = pd.Series(30_000.0, index=frame.index)
    release = Release().add_table("t", frame)
    release = release.add_sums("s", "t", columns={"early": ["0", "1"]})
    release = release.add_derived("r", "t", Rate(denominator=people))
    release = release.add_derived("p", "t", Percentage(of="column"))
    public = suppress_primary(release, rule, figures=figures)
    assert same_knowledge(published_from(json.loads(public.to_json())), public)


def test_our_own_folder_holds_what_is_public_and_no_more(tmp_path):
    release = Release().add_table("by year", COUNTS)
    people = pd.Series(20_000, index=COUNTS.index)
    release = release.add_derived("rates", "by year", Rate(denominator=people))
    how = Sentence(template="{n} in A.", slots={"n": ("A", "2013")})
    public = protect(release.add_derived("said", "by year", how), RULE, key="secret")
    write_release(public, tmp_path / "out")
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["by_year.csv", "rates.csv", "release.json", "said.csv"]
    text = (tmp_path / "out" / "by_year.csv").read_text(encoding="utf-8")
    assert text.splitlines()[1].startswith("A,[c],")
    everything = "".join(
        p.read_text(encoding="utf-8") for p in (tmp_path / "out").iterdir()
    )
    assert "secret" not in everything
    assert same_knowledge(read_release(tmp_path / "out"), public)
    again = tmp_path / "again"
    write_release(public, again)
    assert all(
        (again / n).read_bytes() == (tmp_path / "out" / n).read_bytes() for n in names
    )


def test_editions_and_curves_survive_the_journey(tmp_path):
    first = protect(Release().add_table("t", COUNTS), RULE, key="k")
    more = COUNTS.assign(**{"2015": [9, 8, 30]})
    steps = pd.DataFrame({"events": [2, 7], "at risk": [40, 37]}, index=["6", "12"])
    release = Release().add_table("t", more).add_table("km", steps, totals="none")
    release = release.add_derived("curve", "km", SurvivalSteps()).add_edition(first)
    public = protect(release, RULE, key="k")
    write_release(public, tmp_path / "out")
    assert same_knowledge(read_release(tmp_path / "out"), public)


def test_what_was_never_protected_is_not_written(tmp_path):
    with pytest.raises(DisclosureError, match="be protected before"):
        write_release(Release().add_table("t", COUNTS), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_table_that_differs_from_its_description_is_refused(tmp_path):
    public = protect(Release().add_table("t", COUNTS), RULE, key="k")
    write_release(public, tmp_path / "out")
    file = tmp_path / "out" / "t.csv"
    file.write_text(file.read_text().replace("20,35,55", "20,35,56"))
    with pytest.raises(DataError, match=r"t\.csv:5: `t` must say at Total, Total"):
        read_release(tmp_path / "out")


# someone else's

LINKS = """rule = "threshold(6)"
[[table]]
name = "t"
file = "t.csv"
row_total = "All years"
column_total = "London"
"""
T = "borough,London?,2013,All years\nA,[c],12,15\nLondon,20,19,39\nB,17,7,24\n"


def test_totals_are_found_wherever_they_stand(tmp_path):
    written(tmp_path, links_toml=LINKS, t_csv=T)
    found = audit(read_release(tmp_path))
    assert str(found.possible(("t", "A", "London?"))) == "3"
    assert not found.safe
    assert found.found[0].is_primary is None


def test_links_may_be_json_and_name_the_file_itself(tmp_path):
    said = {
        "rule": {"profile": "threshold", "n": 6},
        "table": [
            {
                "name": "t",
                "file": "t.csv",
                "row_total": "All years",
                "column_total": "London",
            }
        ],
    }
    written(tmp_path, links_json=json.dumps(said), t_csv=T)
    assert not audit(read_release(tmp_path)).safe
    written(tmp_path, other_toml=LINKS)
    assert not audit(read_release(tmp_path / "other.toml")).safe


def test_a_workbook_is_read_sheet_by_sheet(tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = "Table 1"
    for line in (["Referrals"], ["borough", "x", "y", "All"], ["A", "[c]", 6, 9.0]):
        sheet.append(line)
    sheet.append(["B", 7, 10, 17])
    sheet.append(["All boroughs", 10, 16, 26])
    book.create_sheet("Notes")
    book.save(tmp_path / "book.xlsx")
    links = LINKS.replace('"t.csv"', '"book.xlsx"\nsheet = "Table 1"\nheader = 2')
    links = links.replace("All years", "All").replace("London", "All boroughs")
    written(tmp_path, links_toml=links)
    published = read_release(tmp_path)
    assert dict(published.values)[Cell("t", "B", "Total")] == 17  # a dict
    assert str(audit(published).possible(("t", "A", "x"))) == "3"
    written(tmp_path, links_toml=links.replace("Table 1", "Table 2"))
    with pytest.raises(ArgumentError, match="did you mean 'Table 1'"):
        read_release(tmp_path)
    written(tmp_path, links_toml=links.replace('sheet = "Table 1"\n', ""))
    with pytest.raises(ArgumentError, match="be named: one of Table 1, Notes"):
        read_release(tmp_path)
    (tmp_path / "book.xlsx").write_bytes(b"no workbook")
    with pytest.raises(DataError, match="can be opened"):
        read_release(tmp_path)


def test_labels_that_tell_primaries_from_complements_are_used(tmp_path):
    # "<6" stands for 1 to 5 and "[x]" for 6 or more; together they add to 8
    links = LINKS.replace('column_total = "London"\n', "")
    links = links.replace(
        "[[table]]", 'markers = {"<6" = [1, 5], "[x]" = [6]}\n[[table]]'
    )
    text = "borough,x,y,z,All years\nA,<6,[x],9,17\n"
    written(tmp_path, links_toml=links, t_csv=text)
    told = audit(read_release(tmp_path))
    assert str(told.possible(("t", "A", "x"))) == "1 to 2"
    assert not told.safe
    one_label = text.replace("<6", "[c]").replace("[x]", "[c]")
    written(tmp_path, t_csv=one_label)
    assert audit(read_release(tmp_path)).safe


def test_markers_may_stand_for_0(tmp_path):
    links = LINKS.replace('column_total = "London"\n', "")
    text = "borough,x,y,z,All years\nA,[c],[c],9,15\n"
    written(tmp_path, links_toml=links, t_csv=text)
    assert str(audit(read_release(tmp_path)).possible(("t", "A", "x"))) == "1 to 5"
    written(
        tmp_path, links_toml=links.replace("[[table]]", 'zeros = "hidden"\n[[table]]')
    )
    assert str(audit(read_release(tmp_path)).possible(("t", "A", "x"))) == "0 to 6"


def test_rates_percentages_changes_marks_and_curves_of_others_are_used(tmp_path):
    t = "borough,x,y,All\nA,[c],12,[c]\nB,8,7,15\n"
    base = LINKS.replace('column_total = "London"\n', "").replace("All years", "All")
    cases = {
        # 3 of 30,000: 1.0 per 10,000; the exposure of both years is 60,000
        'rate]]\nname = "f"\nfile = "f.csv"\nof = "t"\ndenominators = "n.csv"': (
            "borough,x,y,All\nA,1.0,4.0,2.5\nB,2.7,2.3,2.5\n"
        ),
        'percentage]]\nname = "f"\nfile = "f.csv"\nof = "t"': (
            "borough,x,y,All\nA,20.0,80.0,100.0\nB,53.3,46.7,100.0\n"
        ),
        'difference]]\nname = "f"\nfile = "f.csv"\nof = "t"\nfrom = "x"\nto = "y"': (
            "borough,change,change in per cent\nA,9,300.0\nB,-1,-12.5\n"
        ),
        'marks]]\nname = "f"\nfile = "f.csv"\nof = "t"\nper_unit = -2\nstart = 90': (
            "borough,x,y,All\nA,84.000,66.000,60.000\nB,74.0,76.0,60.0\n"
        ),
    }
    for part, text in cases.items():
        written(tmp_path, links_toml=f"{base}[[{part}\n", t_csv=t, f_csv=text)
        written(tmp_path, n_csv="borough,people\nA,30000\nB,30000\n")
        found = audit(read_release(tmp_path))
        assert str(found.possible(("t", "A", "x"))) == "3", part
        quiet = f'figures_from = "published figures"\n{base}[[{part}\n'
        written(tmp_path, links_toml=quiet)
        assert audit(read_release(tmp_path)).safe, part
    curve = base.replace('row_total = "All"\n', "").replace("rule", "rule", 1)
    curve += '[[survival]]\nname = "f"\nfile = "f.csv"\nof = "t"\n'
    steps = "time,events,at risk\n6,[c],40\n12,7,30\n"
    written(
        tmp_path,
        links_toml=curve,
        t_csv=steps,
        f_csv="time,survival\n6,.950\n12,.728\n",
    )
    assert str(audit(read_release(tmp_path)).possible(("t", "6", "events"))) == "2"


def test_sums_between_tables_of_others_are_used(tmp_path):
    links = """rule = "threshold(6)"
[[table]]
name = "quarters"
file = "q.csv"
[[table]]
name = "years"
file = "y.csv"
[[table]]
name = "flow"
file = "flow.csv"
[[sum]]
table = "years"
of = "quarters"
columns = {"2013" = ["Q1", "Q2"]}
[[sum]]
cell = ["flow", "all", "referred"]
cells = [["years", "A", "2013"], ["years", "B", "2013"]]
"""
    written(
        tmp_path,
        links_toml=links,
        q_csv="borough,Q1,Q2\nA,[c],9\nB,8,7\n",
        y_csv="borough,2013\nA,[c]\nB,15\n",
        flow_csv='what,referred\nall,"1,027"\n',
    )
    found = audit(read_release(tmp_path))
    assert str(found.possible(("quarters", "A", "Q1"))) == "1003"
    assert found.safe  # one that is plainly larger is not judged
    written(tmp_path, flow_csv="what,referred\nall,27\n")
    found = audit(read_release(tmp_path))
    assert str(found.possible(("quarters", "A", "Q1"))) == "3"  # 27 - 15 - 9
    assert not found.safe


def test_independent_rounding_of_a_3_by_3_table_yields_cells(tmp_path):
    # Each figure to the nearest 5 by itself: 0, 5, 10 stand for at most 2, 7 and 12. So
    # a total printed 25 (23 to 27) fits no row.
    rule = (
        'rule = {profile = "trial_wide", round_cells_to = 5, round_row_totals_to = 5, '
        "round_column_totals_to = 5}"
    )
    links = LINKS.replace('rule = "threshold(6)"', rule)
    text = (
        "borough,x,y,z,All years\nA,0,5,10,25\nB,0,5,10,25\nC,0,5,10,25\n"
        "London,10,20,35,65\n"
    )
    written(tmp_path, links_toml=links, t_csv=text)
    with pytest.raises(
        DataError, match="figures that do not agree: t, A, Total; t, B, Total; t, C"
    ):
        audit(read_release(tmp_path))
    # Printed 20 a row is 18 to 21, and all rows at most 63, which is what London's 65
    # (63 to 67) needs: every cell is the most that its figure allows.
    text = (
        "borough,x,y,z,All years\nA,0,5,10,20\nB,0,5,10,20\nC,0,5,10,20\n"
        "London,5,20,35,65\n"
    )
    written(tmp_path, t_csv=text)
    found = audit(read_release(tmp_path))
    for column, count in zip(["x", "y", "z"], [2, 7, 12], strict=True):
        for row in "ABC":
            assert str(found.possible(("t", row, column))) == str(count)


# what is wrong is said where it stands


@pytest.mark.parametrize(
    ("files", "match"),
    [
        ({"links_toml": "rule = "}, r"links\.toml: `links` must be TOML or JSON"),
        (
            {"links_toml": LINKS + "colour = 1\n"},
            r"`key` must be one of .* in \[\[table",
        ),
        ({"links_toml": LINKS.replace("rule", "rules")}, "did you mean 'rule'"),
        ({"links_toml": 'rule = "strict"\n'}, "say its `rule` and have a"),
        ({"links_toml": LINKS.replace('"t.csv"', "3")}, "`file` must be given"),
        ({"links_toml": LINKS.replace('"t.csv"', '"u.csv"')}, "`file` must be there"),
        ({"links_toml": LINKS.replace('"t.csv"', '"links.toml"')}, "be a CSV file or"),
        ({"links_toml": LINKS.replace("London", "Londn")}, "did you mean 'London'"),
        ({"links_toml": LINKS.replace("threshold(6)", "dfe")}, "`profile` must be one"),
        ({"links_toml": LINKS + "header = 0\n"}, "be a line, counted from 1"),
        ({"links_toml": LINKS + "header = 9\n"}, "have the labels of the columns"),
        ({"links_toml": LINKS + LINKS.partition("\n")[2]}, "a name of its own"),
        ({"links_toml": LINKS + '[[sum]]\ntable = "u"\nof = "t"\n'}, "name a table"),
        (
            {"links_toml": LINKS + '[[sum]]\ncell = ["t", "A", "x"]\n'},
            "name cells .table, row, column. of the release",
        ),
        (
            {"links_toml": LINKS + '[[rate]]\nname = "r"\nfile = "t.csv"\nof = "t"\n'},
            "name the file of the denominators",
        ),
        (
            {"links_toml": LINKS + '[[marks]]\nname = "r"\nfile = "t.csv"\nof = "u"\n'},
            "name a table .t",
        ),
        (
            {"t_csv": T.replace("[c]", "few")},
            r"t\.csv:2: `A, London\?` must be a count",
        ),
        ({"t_csv": T.replace("17,7", "17")}, r"t\.csv:4: `row` must have a label"),
        ({"t_csv": T.replace("B,", "A,")}, r"t\.csv:4: `row` must have a label"),
        ({"t_csv": T.replace("2013", "London?")}, "columns that are all different"),
        (
            {"t_csv": T.replace("19,39", "19,49")},
            "do not agree: t, Total, Total",
        ),
    ],
)
def test_what_is_wrong_in_a_folder_is_said(tmp_path, files, match):
    written(tmp_path, links_toml=LINKS, t_csv=T)
    written(tmp_path, **files)
    with pytest.raises((ArgumentError, DataError), match=match):
        audit(read_release(tmp_path))


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda said: said.pop("profile"), "`profile` must be there"),
        (lambda said: said.pop("tables"), "be a release with its tables"),
        (lambda said: said["profile"].update(colour=1), "profile, field by field"),
        (
            lambda said: said["tables"][0]["values"].pop(),
            "have 12 figures in table 't'",
        ),
        (lambda said: said["tables"][0]["values"][0].__setitem__(0, "x"), "a marker"),
        (lambda said: said["tables"][0].pop("rows"), "`rows` must be there"),
        (lambda said: said.update(links=[{}]), "be as `Release.to_dict` writes it"),
    ],
)
def test_what_is_no_release_is_refused(tmp_path, change, match):
    said = protect(Release().add_table("t", COUNTS), RULE, key="k").to_dict()
    change(said)
    written(tmp_path, release_json=json.dumps(said))
    with pytest.raises(DataError, match=match):
        read_release(tmp_path)


def test_a_folder_without_a_description_is_refused(tmp_path):
    with pytest.raises(ArgumentError, match=r"has release\.json or links\.toml"):
        read_release(tmp_path)
    written(tmp_path, release_json="{")
    with pytest.raises(DataError, match="`release` must be JSON"):
        read_release(tmp_path)
    (tmp_path / "release.json").unlink()
    written(tmp_path, links_toml=LINKS)
    (tmp_path / "t.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match="be CSV in UTF-8"):
        read_release(tmp_path)
