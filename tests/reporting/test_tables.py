import io
import re
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd
import pytest

from steps_analysis.reporting import Figure, data_csv, table_csv
from steps_analysis.reporting.present import present_table
from steps_analysis.reporting.tables import notes_csv
from steps_analysis.trial_data import STAMP


def read(text):
    return pd.read_csv(io.StringIO(text))


def test_estimates_take_three_columns_with_units(tables):
    frame = read(table_csv(tables["boroughs"]))
    assert list(frame.columns) == [
        "site",
        "referrals",
        "rate (per 10,000 a year)",
        "rate_lower (per 10,000 a year)",
        "rate_upper (per 10,000 a year)",
    ]
    assert list(frame.iloc[0]) == ["Borough A", "12", "4.6511628", "2.79", "6.98"]
    assert list(frame.iloc[1]) == ["Borough B", "[c]", "[c]", "[c]", "[c]"]


def test_mixed_units_stand_in_a_column_of_their_own(tables):
    frame = read(table_csv(tables["placement"]))
    assert list(frame["estimate"]) == ["-5", "0.5", "[x]"]
    assert list(frame["estimate_unit"]) == ["percentage points", "[z]", "[z]"]
    assert frame["n"].tolist() == [1073, 40, 40]


def test_shares_and_spreads_give_all_their_numbers(tables):
    frame = read(table_csv(tables["baseline"]))
    assert list(frame["mst_psb"]) == [14.25, 39.0, 0.0]
    assert list(frame["mst_psb_percent (%)"]) == ["[z]", "97.5", "[z]"]
    assert list(frame["mst_psb_sd"]) == ["1.872", "[z]", "[z]"]


def test_no_cell_is_blank_and_lines_end_in_lf(tables):
    for table in tables.values():
        text = table_csv(table, stamp=STAMP)
        assert "\r" not in text
        assert not read(text).isna().to_numpy().any()


def test_the_stamp_is_on_every_row_or_on_none(tables, make_document):
    for table in tables.values():
        frame = read(table_csv(table, stamp=STAMP))
        assert set(frame["stamp"]) == {STAMP}
        assert "stamp" not in read(table_csv(table)).columns
    stamped = read(notes_csv(make_document(stamp=STAMP)))
    assert set(stamped["stamp"]) == {STAMP}
    assert "stamp" not in read(notes_csv(make_document())).columns


def rounded(text, decimals):
    step = Decimal(1).scaleb(-decimals)
    number = Decimal(text).quantize(step, rounding=ROUND_HALF_UP)
    return f"{number + 0:,f}".replace("-", "−")


def test_numbers_for_machines_round_to_the_numbers_shown(tables):
    compared = 0
    for name, columns in {
        "placement": {"Estimate (95% CI)": "estimate", "Families analysed": "n"},
        "boroughs": {"Rate (per 10,000 a year; 95% CI)": "rate", "Referrals": ""},
    }.items():
        shown = present_table(tables[name])
        frame = pd.read_csv(io.StringIO(table_csv(tables[name])), dtype=str)
        for position, heading in enumerate(shown.headings):
            key = columns.get(heading)
            if not key:
                continue
            stems = [c for c in frame.columns if c.split(" ")[0].startswith(key)]
            stems = [c for c in stems if "_unit" not in c]
            for row, texts in enumerate(shown.rows):
                seen = re.findall(r"−?[\d,]+\.?\d*", texts[position])
                held = [frame[c][row] for c in stems]
                if texts[position].startswith("["):
                    assert all(text in ("[x]", "[c]") for text in held)
                    continue
                assert len(seen) == len(held)
                for text, number in zip(seen, held, strict=True):
                    places = len(text.partition(".")[2])
                    assert rounded(number, places) == text
                    compared += 1
    assert compared == 3 + 3 + 3 + 3


def test_every_drawing_writes_the_data_behind_it(drawings):
    for name, drawing in drawings.items():
        figure = Figure(name=name, caption="A", alt="A.", drawing=drawing)
        frame = read(data_csv(figure, stamp=STAMP))
        assert len(frame) == len(drawing.data())
        assert not frame.isna().to_numpy().any(), name
        assert set(frame["stamp"]) == {STAMP}


def test_notes_explain_what_the_file_itself_holds(make_document):
    frame = read(notes_csv(make_document()))
    marks = frame[frame["kind"] == "mark"].groupby("name")["text"].apply(list)
    assert [text[:3] for text in marks["baseline"]] == ["[z]"]
    assert [text[:3] for text in marks["placement"]] == ["[x]", "[z]"]
    captions = frame[frame["kind"] == "caption"]
    assert len(captions) == 3 + 9


@pytest.mark.parametrize("name", ["baseline", "boroughs"])
def test_same_table_same_bytes(tables, name):
    assert table_csv(tables[name]) == table_csv(tables[name])
