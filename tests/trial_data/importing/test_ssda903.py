"""Episodes of being looked after, joined into spells away from home."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.trial_data import ContractError, read_trial
from steps_analysis.trial_data.importing import (
    add_events,
    placement_spells,
    write_returns,
)
from steps_analysis.trial_data.importing.episodes import (
    Episode,
    british_date,
    each_once,
)
from steps_analysis.trial_data.importing.ssda903 import _joined

HEAD = "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,URN\n"
KEY = "child,participant_id\n7001,kid-1\n7002,kid-2\n7003,kid-3\n7004,kid-4\n"
EXTRACT = date(2016, 6, 30)


def episode(child, start, end, reason, legal="V2", place="U1"):
    return f"{child},{start},S,{legal},N1,{place},PR1,{end},{reason},,\n"


@pytest.fixture
def returned(tmp_path):
    """Write episodes files and a key, and read them."""

    def read(*files, key=KEY, **options):
        (tmp_path / "key.csv").write_text(key)
        paths = []
        for number, rows in enumerate(files):
            paths.append(tmp_path / f"episodes_{number}.csv")
            paths[-1].write_text(HEAD + rows)
        options = {"extract_date": EXTRACT, **options}
        return placement_spells(paths, tmp_path / "key.csv", **options)

    return read


def spells(read):
    """Give participant, start and end of each spell; nothing may be wrong."""
    sources, problems = read
    assert problems == []
    return [
        row
        for source in sources
        for row in zip(*(source.raw.columns[i] for i in (0, 2, 3)), strict=True)
    ]


def told(read):
    _, problems = read
    return [str(problem) for problem in problems]


# ---- by hand -----------------------------------------------------------------------
#
#   child 7001   |--U1--|--K2--|        one spell: X1, the next begins on that day
#   child 7002   |--U1--| |--K2--|      one spell: X1, the next begins a day later
#   child 7003   |--U1--|  |--U1--      E4A and back the same day: two, the last open


def test_spells_by_hand(returned):
    read = returned(
        episode(7001, "01/02/2015", "01/05/2015", "X1")
        + episode(7001, "01/05/2015", "09/06/2015", "E4A", place="K2")
        + episode(7002, "01/02/2015", "01/05/2015", "X1")
        + episode(7002, "02/05/2015", "09/06/2015", "E8", place="K2")
        + episode(7003, "01/02/2015", "01/05/2015", "E4A")
        + episode(7003, "01/05/2015", "", "")
    )
    assert spells(read) == [
        ("kid-1", "2015-02-01", "2015-06-09"),
        ("kid-2", "2015-02-01", "2015-06-09"),
        ("kid-3", "2015-02-01", "2015-05-01"),
        ("kid-3", "2015-05-01", ""),
    ]


def test_rows_in_any_order_give_the_same_spells(returned):
    one = episode(7001, "01/02/2015", "01/05/2015", "X1")
    two = episode(7001, "01/05/2015", "09/06/2015", "E4A")
    assert spells(returned(two + one)) == spells(returned(one + two))


def test_a_time_at_home_parts_two_spells(returned):
    read = returned(
        episode(7001, "01/02/2015", "01/03/2015", "X1")
        + episode(7001, "01/03/2015", "01/04/2015", "X1", place="P1")
        + episode(7001, "01/04/2015", "01/05/2015", "E4A")
    )
    assert spells(read) == [
        ("kid-1", "2015-02-01", "2015-03-01"),
        ("kid-1", "2015-04-01", "2015-05-01"),
    ]


@pytest.mark.parametrize("legal", ["V3", "V4"])
def test_short_breaks_are_no_placement_unless_one_says_so(returned, legal):
    row = episode(7001, "01/02/2015", "03/02/2015", "E8", legal=legal)
    assert spells(returned(row)) == []
    assert len(spells(returned(row, short_breaks=()))) == 1


@pytest.mark.parametrize("place", ["P1", "R5"])
def test_home_and_custody_are_no_placement_unless_one_says_so(returned, place):
    row = episode(7001, "01/02/2015", "03/02/2015", "E8", place=place)
    assert spells(returned(row)) == []
    assert len(spells(returned(row, not_away=()))) == 1


def test_children_who_are_not_in_the_key_are_passed_over(returned):
    row = episode(9999, "not a date", "", "X1") + episode(7001, "01/02/2015", "", "")
    assert spells(returned(row)) == [("kid-1", "2015-02-01", "")]


def test_what_lies_after_the_extract_date_is_not_known(returned):
    rows = episode(7001, "01/02/2016", "01/07/2016", "E4A") + episode(
        7002, "01/07/2016", "", ""
    )
    assert spells(returned(rows)) == [("kid-1", "2016-02-01", "")]


def test_two_years_files_give_an_open_episode_its_end(returned):
    year_one = episode(7001, "01/02/2015", "", "")
    year_two = episode(7001, "01/02/2015", "09/06/2015", "E4A")
    for files in ((year_one, year_two), (year_two, year_one), (year_two, year_two)):
        assert spells(returned(*files)) == [("kid-1", "2015-02-01", "2015-06-09")]


def test_files_of_one_name_are_told_apart(tmp_path):
    files = [tmp_path / year / "episodes.csv" for year in ("2015", "2016")]
    where = "episodes.csv", 2, files[0]
    one = Episode("kid-1", date(2015, 2, 1), None, "", "C2", "U1", *where)
    kept, problems = each_once([one, one._replace(end=date(2015, 6, 9), path=files[1])])
    assert (len(kept), problems) == (1, [])
    _, problems = each_once([one, one._replace(line=3)])
    assert "second episode of a child" in problems[0].rule


def test_an_episode_may_continue_in_the_next_years_file(returned):
    year_one = episode(7001, "01/02/2015", "31/03/2015", "X1")
    year_two = episode(7001, "31/03/2015", "", "")
    assert spells(returned(year_one, year_two)) == [("kid-1", "2015-02-01", "")]


def test_two_identifiers_may_be_one_participant(returned):
    rows = episode(7001, "01/02/2015", "01/03/2015", "E4A") + episode(
        8001, "01/04/2015", "", ""
    )
    read = returned(rows, key=KEY + "8001,kid-1\n")
    assert [row[0] for row in spells(read)] == ["kid-1", "kid-1"]


# ---- property ----------------------------------------------------------------------


@given(
    st.lists(
        st.tuples(st.integers(1, 40), st.booleans(), st.booleans()),
        min_size=1,
        max_size=12,
    )
)
def test_every_day_away_is_in_one_spell_and_no_other_day(draws):
    """Episodes end to end; a naive count of days agrees with the spells."""
    day = date(2015, 1, 1)
    episodes, away = [], set()
    for i, (length, is_home, goes_on) in enumerate(draws):
        end = day + timedelta(days=length)
        reason = "X1" if goes_on and i + 1 < len(draws) else "E8"
        place = "P1" if is_home else "U1"
        episodes.append(Episode("kid", day, end, reason, "V2", place, "f", i + 2))
        if not is_home:
            away |= {day + timedelta(days=n) for n in range(length)}
        day = end
    joined = _joined(episodes, ("V3", "V4"), ("P1", "R5"))
    covered = [
        spell[0].start + timedelta(days=n)
        for spell in joined
        for n in range((spell[-1].end - spell[0].start).days)
    ]
    assert sorted(covered) == sorted(away)


# ---- errors ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            episode(7001, "2015-02-01", "", ""),
            "episodes_0.csv:2: `DECOM` must be a date that exists, written day/month",
        ),
        (
            episode(7001, "01/02/2015", "31/02/2015", "X1"),
            "episodes_0.csv:2: `DEC` must be a date that exists",
        ),
        (
            episode(7001, "01/02/2015", "01/03/2015", ""),
            "episodes_0.csv:2: `REC` must be given where `DEC` is, and only there",
        ),
        (
            episode(7001, "01/02/2015", "01/01/2015", "E8"),
            "episodes_0.csv:2: `DEC` must not come before `DECOM`",
        ),
        (
            episode(7001, "01/02/2015", "01/03/2015", "X1"),
            "episodes_0.csv:2: `REC` must be followed by an episode that begins",
        ),
        (
            episode(7001, "01/02/2015", "01/03/2015", "X1")
            + episode(7001, "03/03/2015", "", ""),
            "episodes_0.csv:2: `REC` must be followed by an episode that begins",
        ),
        (
            episode(7001, "01/02/2015", "", "") + episode(7001, "03/03/2015", "", ""),
            "episodes_0.csv:2: `DEC` must be given: a later episode of the child",
        ),
        (
            episode(7001, "01/02/2015", "09/03/2015", "E8")
            + episode(7001, "03/03/2015", "", ""),
            "episodes_0.csv:3: `DECOM` must not lie before the end of the child's",
        ),
        (
            episode(7001, "01/02/2015", "", "") + episode(7001, "01/02/2015", "", ""),
            "episodes_0.csv:3: `DECOM` must not begin a second episode of a child",
        ),
        ("7001,01/02/2015\n", "episodes_0.csv:2: the line must hold 11 cells"),
    ],
)
def test_what_cannot_be_is_told_by_line(returned, rows, said):
    assert told(returned(rows))[0].startswith(said)


def test_an_episode_that_ends_twice_is_told(returned):
    year_one = episode(7001, "01/02/2015", "01/03/2015", "E8")
    year_two = episode(7001, "01/02/2015", "02/03/2015", "E8")
    (said,) = told(returned(year_one, year_two))
    assert "must not begin a second episode of a child on one day" in said


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("CHILD,DECOM,LS,PLACE,DEC\n", "`REC` must be there"),
        ("CHILD,DECOM,LS,PLACE,DEC,RECC\n", "Hint: is it the column 'RECC'?"),
        ("CHILD,DECOM,LS,PLACE,DEC,REC,REC\n", "`REC` must stand only once"),
        ("CHILD;DECOM;LS;PLACE;DEC;REC\n", "must be separated by commas"),
        ("", "`CHILD` must be there"),
        ('"CHILD\n', "must close every quotation mark"),
    ],
)
def test_another_layout_is_told(tmp_path, head, said):
    (tmp_path / "key.csv").write_text(KEY)
    (tmp_path / "episodes.csv").write_text(head)
    paths = [tmp_path / "episodes.csv"]
    read = placement_spells(paths, tmp_path / "key.csv", extract_date=EXTRACT)
    assert said in "\n".join(told(read))


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (
            "child,participant_id\n7001,kid-1\n7001,kid-2\n",
            "key.csv:3: the line must not",
        ),
        ("child,participant_id\n7001,\n", "key.csv:2: the line must give both"),
        ("CHILD,participant_id\n7001,kid-1\n", "Hint: is it the column 'CHILD'?"),
    ],
)
def test_a_wrong_key_is_told(returned, key, said):
    assert said in "\n".join(told(returned("", key=key)))


def test_files_that_are_not_there_are_refused(tmp_path):
    with pytest.raises(DataError, match="must be a CSV file that can be read"):
        placement_spells([], tmp_path / "none.csv", extract_date=EXTRACT)


def test_no_message_shows_a_cell(returned):
    row = "7001,tok3nA,tok3nB,tok3nC,tok3nD,tok3nE,tok3nF,tok3nG,tok3nH,tok3nI,tok3nJ\n"
    said = "\n".join(told(returned(row + "7001,tok3nK\n", key=KEY + "tok3nL,\n")))
    assert said.count("must") == 4
    assert "tok3n" not in said
    assert "7001" not in said


def test_dates_are_british_or_none():
    assert british_date("29/02/2016") == date(2016, 2, 29)
    for text in ("29/02/2015", "2016-02-29", "1/2/2016", "01/02/16", "", "x"):
        assert british_date(text) is None


# ---- into a folder -----------------------------------------------------------------


def test_spells_come_into_the_folder_beside_its_other_events(returned, folder):
    sources, _ = returned(episode(7001, "01/02/2015", "", ""))
    before = read_trial(folder).events
    options = {"kinds": ["placement"], "complete_to": EXTRACT}
    trial = add_events(sources, folder, replacing=True, **options)
    assert trial == read_trial(folder)
    assert sorted(trial.events["event"]) == ["died", "offence", "offence", "placement"]
    assert (trial.events.dtypes[before.columns] == before.dtypes).all()
    (spell,) = trial.events[trial.events["event"] == "placement"].itertuples()
    assert (spell.participant_id, spell.informant) == ("kid-1", "record")


def test_spells_already_there_are_not_counted_twice(returned, folder):
    sources, _ = returned(episode(7001, "01/02/2015", "", ""))
    options = {"kinds": ["placement"], "complete_to": EXTRACT}
    rule = r"`events\.csv` must hold no placement before they are imported, got '1 of"
    with pytest.raises(ArgumentError, match=rule):
        add_events(sources, folder, **options)


def test_a_return_that_ends_before_the_trials_records_is_refused(returned, folder):
    sources, _ = returned(episode(7001, "01/02/2015", "", ""))
    options = {"kinds": ["placement"], "complete_to": date(2016, 3, 31)}
    with pytest.raises(ArgumentError, match="not come before the trial's extract date"):
        add_events(sources, folder, **options)


def test_a_participant_of_the_key_who_is_not_in_the_trial_is_told(returned, folder):
    row = episode(7009, "01/02/2015", "", "")
    sources, problems = returned(row, key=KEY + "7009,kid-9\n")
    options = {"kinds": ["placement"], "complete_to": EXTRACT, "replacing": True}
    before = (folder / "events.csv").read_bytes()
    with pytest.raises(
        ContractError, match=r"episodes_0\.csv:2: `participant_id` must"
    ):
        add_events(sources, folder, problems=problems, **options)
    assert (folder / "events.csv").read_bytes() == before


def test_what_only_the_whole_table_shows_is_told_too(returned, folder):
    """The toy's fourth child died on 1 July 2015, which another file says."""
    sources, problems = returned(episode(7004, "01/02/2016", "", ""))
    options = {"kinds": ["placement"], "complete_to": EXTRACT, "replacing": True}
    with pytest.raises(ContractError, match="must not come after the child's death"):
        add_events(sources, folder, problems=problems, **options)


def test_the_synthetic_spells_survive_the_return(achieved, achieved_folder, tmp_path):
    write_returns(achieved, tmp_path / "returns")
    files = [tmp_path / "returns" / "ssda903_episodes.csv"]
    key = tmp_path / "returns" / "key.csv"
    cutoff = achieved.extract_date
    sources, problems = placement_spells(files, key, extract_date=cutoff)
    trial = add_events(
        sources,
        achieved_folder,
        kinds=["placement"],
        complete_to=cutoff,
        provenance="synthetic",
        replacing=True,
        problems=problems,
    )
    columns = ["participant_id", "event", "event_date", "end_date"]
    one, two = (
        t.events[columns].sort_values(columns, ignore_index=True)
        for t in (achieved, trial)
    )
    assert one.equals(two)


def test_nobodys_real_records_become_examples(toy, tmp_path):
    with pytest.raises(ArgumentError, match="must be 'synthetic': examples"):
        write_returns(toy, tmp_path)
