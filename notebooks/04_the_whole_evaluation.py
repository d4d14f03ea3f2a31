# %% [markdown]
# # 4. The whole evaluation
#
# **Question.** What does the trial say, all in all, and can a full trial be done?
#
# One call gives the results as numbers and the report made of them. The data are
# synthetic: not about any real child, family or borough.

# %%
from datetime import date

from steps_analysis import evaluate, read_trial
from steps_analysis.pathway import forum_diary, retention, visit_schedule
from steps_analysis.reporting import Column, Paragraph, Table, excerpt, show
from steps_analysis.reporting.numerals import count_of

trial = read_trial("../data/synthetic/achieved")
evaluation = evaluate(trial)
report, stamp = evaluation.document, evaluation.document.stamp

# %% [markdown]
# ## Main points

# %%
show(*excerpt(report, "summary"), stamp=stamp)

# %% [markdown]
# ## Who took part
#
# From the referral to the analysis. The sums of the boxes agree, or there is no figure.

# %%
show(*excerpt(report, "flow", "baseline"), stamp=stamp)

# %% [markdown]
# ## Whether a full trial can be done
#
# Each criterion was set beforehand. An interval that spans an edge says that the colour
# could have been another.

# %%
show(*excerpt(report, "progression"), stamp=stamp)

# %% [markdown]
# ## While the trial ran
#
# The same records answer what staff ask each week: which visits are done, due or
# overdue, and how many families are still seen. A research assistant opens no file that
# could show an arm.

# %%
assistant = read_trial("../data/synthetic/achieved", role="research_assistant")
day = date(2016, 12, 31)
visits = visit_schedule(assistant, on=day)
states = visits.value_counts(["visit_month", "state"], sort=False).reset_index()
states["state"] = states["state"].str.replace("_", " ")
heads = {"visit_month": "Visit, in months", "state": "State", "count": "Families"}
columns = tuple(Column(key=key, heading=heading) for key, heading in heads.items())
rows = tuple(states.itertuples(index=False, name=None))
planned = Table(name="visits", caption="Planned visits", columns=columns, rows=rows)
seen = retention(assistant, on=day).iloc[-1]
kept = count_of(seen["seen"], seen["reached"])
words = f"Families seen at 20 months, of all for whom that visit is over: {kept}."
show(planned, Paragraph(words), stamp=assistant.stamp)

# %% [markdown]
# A forum is asked before it meets. This is the agenda of the meeting that heard the
# worked case, Child A, in a fictional borough.

# %%
child_a = read_trial("../data/synthetic/child_a", role="commissioner")
diary = forum_diary(child_a, site="Borough A", on=date(2014, 2, 10))
heads = {"referral_id": "Referral", "concern": "Concern", "outcome": "State"}
columns = tuple(Column(key=key, heading=heading) for key, heading in heads.items())
rows = tuple(diary.agenda[[*heads]].itertuples(index=False, name=None))
agenda = Table(name="agenda", caption="Agenda", columns=columns, rows=rows)
show(agenda, stamp=child_a.stamp)

# %% [markdown]
# ## What it cannot say

# %%
show(*excerpt(report, "limitations"), stamp=stamp)

# %% [markdown]
# **Reading.** Feasibility leads: the trial was made to learn whether families can be
# found, asked and followed, and the effects are estimates on the way there. `steps
# evaluate data/synthetic/achieved` writes the same document as a page, with every table
# as CSV; `steps monitor` and `steps forum` write what staff and a forum read.
