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
from steps_analysis.reporting import Column, Items, Paragraph, Table, excerpt, show
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
# What staff ask each week, with no file open that could show an arm: which visits are
# done or overdue, who is still seen; and, of Child A's forum, the agenda.

# %%
assistant = read_trial("../data/synthetic/achieved", role="research_assistant")
day = date(2016, 12, 31)
states = visit_schedule(assistant, on=day)["state"].str.replace("_", " ")
counts = tuple(states.value_counts().sort_index().items())
heads = Column(key="state", heading="State"), Column(key="n", heading="Visits")
planned = Table(name="visits", caption="Visits planned", columns=heads, rows=counts)
seen = retention(assistant, on=day).iloc[-1]
kept = count_of(seen["seen"], seen["reached"])
words = f"Families seen at 20 months, of all for whom that visit is over: {kept}."
show(planned, Paragraph(words), stamp=assistant.stamp)

# %%
child_a = read_trial("../data/synthetic/child_a", role="commissioner")
agenda = forum_diary(child_a, site="Borough A", on=date(2014, 2, 10)).agenda
show(
    Items(tuple(agenda["referral_id"] + ": " + agenda["outcome"])), stamp=child_a.stamp
)

# %% [markdown]
# ## What it cannot say

# %%
show(*excerpt(report, "limitations"), stamp=stamp)

# %% [markdown]
# **Reading.** Feasibility leads: the trial was made to learn whether families can be
# found, asked and followed, and the effects are estimates on the way there. `steps
# evaluate data/synthetic/achieved` writes the same document as a page, with every table
# as CSV; `steps monitor` and `steps forum` write what staff and a forum read.
