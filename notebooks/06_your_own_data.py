# %% [markdown]
# # 6. Your own data in ten minutes
#
# **Question.** How do a trial's own records, in a workbook or in a local authority's
# return, become an evaluation?
#
# The records here are synthetic, about no real child, family or site, so that every
# step can be seen. With your own, each step is a command too: `steps new-trial`,
# `steps check`, `steps import`, `steps evaluate`.

# %%
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from openpyxl import load_workbook

from steps_analysis import evaluate, load_protocol
from steps_analysis.reporting import Column, Table, excerpt, show
from steps_analysis.simulation import draw_trial
from steps_analysis.trial_data import STAMP, ContractError, check_trial, new_trial
from steps_analysis.trial_data import importing as own

place = Path(mkdtemp())
mine, workbook = place / "mine", place / "own.xlsx"
sites, arms = ["North", "South", "West"], ["new", "usual"]
new_trial(mine, name="MINE", sites=sites, arms=arms, provenance="synthetic")
said = (Column(key="said", heading="What is said"),)

# %% [markdown]
# ## What a new folder still needs
#
# It holds a protocol, a table for everything that can be recorded, and a read-me that
# explains each column. The check says what is missing.

# %%
rows = tuple(zip(map(str, check_trial(mine)), strict=True))
show(Table(name="new", caption="A new folder", columns=said, rows=rows), stamp=STAMP)

# %% [markdown]
# ## A workbook with a slip in it
#
# A drawn trial plays the part of your records; one cell of its workbook is spoiled.

# %%
records = draw_trial(load_protocol(mine), "null", n=40, seed=20140618)
own.write_workbook(records, workbook)
book = load_workbook(workbook)
book["events"]["B2"] = "plaecment"
book.save(workbook)
options = {"extract_date": records.extract_date, "provenance": "synthetic"}
try:
    own.import_tables(own.read_workbook(workbook)[0], mine, **options)
except ContractError as error:
    rows = tuple(zip(map(str, error.problems), strict=True))
show(Table(name="slip", caption="One slip", columns=said, rows=rows), stamp=STAMP)

# %% [markdown]
# Nothing was written: sheet, row, rule and a hint are told, never what a cell holds.
# Mended, the workbook goes in; the placements are then taken from the return.

# %%
own.write_workbook(records, workbook)
sources, problems = own.read_workbook(workbook)
trial = own.import_tables(sources, mine, problems=problems, **options)
own.write_returns(trial, place)
files, cutoff = [place / "ssda903_episodes.csv"], trial.extract_date
spells, problems = own.placement_spells(files, place / "key.csv", extract_date=cutoff)
options = {"kinds": ["placement"], "complete_to": cutoff, "provenance": "synthetic"}
trial = own.add_events(spells, mine, problems=problems, replacing=True, **options)
rmtree(place)

# %%
report = evaluate(trial).document
show(*excerpt(report, "summary", "flow"), stamp=report.stamp)

# %% [markdown]
# **Reading.** The same report as for the shipped trial, for a protocol of three sites
# and two arms with names of their own. What the protocol does not state, such as how
# families were allocated, is left out of the report, which says so.
