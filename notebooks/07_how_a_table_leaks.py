# %% [markdown]
# # 7. How a table leaks, and how it is stopped
#
# **Question.** If small counts are hidden in a table, what can be worked out all the
# same, and what has to be done so that it cannot?
#
# Every count here is made up: synthetic data, not about any real child, family or
# borough.

# %%
from steps_analysis.disclosure import (
    Release,
    audit,
    breakdowns,
    controlled_rounding,
    plan_release,
)
from steps_analysis.evaluation.leaks import RULE, leaks, leaks_section, made_up
from steps_analysis.reporting import Items, show
from steps_analysis.trial_data import STAMP

counts = made_up(seed=20140618)

# %% [markdown]
# ## What the usual ways give away
#
# Each way of publishing is attacked: what is printed is a system of equations, and
# whoever can subtract can solve it.

# %%
found = leaks(seed=20140618)
show(*leaks_section(found).blocks, stamp=STAMP)

# %% [markdown]
# ## What is done about it
#
# The release is protected as a whole: tables, rates, percentages and later tables are
# one system. More counts are hidden, the fewest that will do, until every hidden count
# could still be any number of the hidden range. What an audit says of it:

# %%
show(Items(found[-1].ours.findings), stamp=STAMP)

# %% [markdown]
# ## Rounding instead of hiding
#
# Rounded one by one, counts no longer add up, and that tells. Rounded together they do,
# and nothing is exact.

# %%
release = Release().add_table("quarters", counts)
rounded = controlled_rounding(release, RULE, key="a published key")
page = rounded.to_frame("quarters")
inner = page.drop(index="Total", columns="Total")
said = [
    f"Each row adds up: {inner.sum(axis=1).eq(page['Total'].drop('Total')).all()}",
    f"Safe: {audit(rounded).safe}",
]
show(Items(said), stamp=STAMP)

# %% [markdown]
# ## Saying less, and more clearly
#
# Often the best protection is a coarser table in which little has to be hidden. The
# plan tries breakdowns from the finest on, and says why it gave one up: here, where at
# most a tenth may be hidden.

# %%
long = counts.rename_axis("borough").rename_axis("quarter", axis=1).stack()
years = dict(zip(counts.columns, counts.columns.str[:4], strict=True))
both = dict.fromkeys(counts.columns, "both years")
levels = {"quarter": {"year": years, "whole": both}}
found = breakdowns(long, rows="borough", levels=levels)
plan = plan_release(found, RULE, key="a published key", most_hidden=0.1)
show(Items([f"Published: {plan.name}.", plan.why]), stamp=STAMP)

# %% [markdown]
# **Reading.** Hiding small counts is not enough: totals, rates, percentages and what is
# published next year give them back. What leaves the building together has to be
# protected together, and attacked before it does.
