# %% [markdown]
# # 1. Allocation and balance
#
# **Question.** How should families be allocated, and are the two arms alike in what was
# known of the families before treatment?
#
# The trial below is synthetic: it is not about any real child, family or borough.

# %%
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from steps_analysis import read_trial
from steps_analysis.evaluation.allocation_comparison import compare_allocation
from steps_analysis.evaluation.allocation_report import allocation_report
from steps_analysis.evaluation.balance_section import balance_section
from steps_analysis.randomisation import (
    CompleteRandomisation,
    draw_sequences,
    from_spec,
)
from steps_analysis.reporting import count, excerpt, show, show_plot

trial = read_trial("../data/synthetic/achieved")

# %% [markdown]
# The protocol says how families are allocated: by minimisation, which gives each
# family, with high probability, the arm that leaves the factors best balanced.

# %%
procedure = from_spec(trial.protocol.allocation)
procedure

# %% [markdown]
# ## What the procedure does
#
# The list of this trial is one of many that the procedure could have drawn for the same
# families. Here it draws some more, and so does the toss of a coin.

# %%
families, seed = trial.participants, trial.protocol.analysis.seed
n, n_lists = len(families), 1_000
tossed = draw_sequences(CompleteRandomisation(), n, n_lists, seed=seed)
minimised = draw_sequences(procedure, n, n_lists, factors=families, seed=seed)
sizes = {"minimisation": minimised.sum(axis=1), "coin toss": tossed.sum(axis=1)}
lists = pd.DataFrame(sizes).melt(var_name="procedure", value_name="families")
lists = lists.value_counts(sort=False).rename("lists").reset_index()

# %%
axes = Figure(figsize=(7, 3), layout="constrained").subplots()
names = {"x": "families", "weights": "lists", "hue": "procedure"}
look = {"palette": ["#12436D", "#F46A25"], "multiple": "dodge", "shrink": 0.8}
sns.histplot(lists, **names, **look, hue_order=list(sizes), discrete=True, ax=axes)
sns.despine(ax=axes)
arm = trial.protocol.treatment.label
axes.set(xlabel=f"Families allocated to {arm}, of {n}", ylabel="Number of lists")
show_plot(
    axes.figure,
    caption=f"Families allocated to {arm} in {count(n_lists)} lists of each procedure",
    alt="With minimisation the bars stand close to half of the families; with the toss "
    "of a coin they spread much further to either side.",
    data=lists,
    stamp=trial.stamp,
)

# %% [markdown]
# ## What balance costs
#
# Balance has a price: where the arms must be kept alike, the next arm can be guessed,
# and somebody who guesses can choose, without meaning harm, whom to bring when. Nine
# procedures allocate the same synthetic families here, and answer the same questions.

# %%
compared = compare_allocation(trial.protocol, n=n, n_draws=1_000)
report = allocation_report(compared)
show(*excerpt(report, "recommendation"), stamp=report.stamp)

# %%
show(*excerpt(report, "procedures", "trade-off", "questions"), stamp=report.stamp)

# %% [markdown]
# The answer changes with the number of families, the number of boroughs and what each
# question counts: `steps balance --n 80 --weights factors=12` asks again.

# %% [markdown]
# ## What it did in this trial

# %%
show(*balance_section(trial).blocks, stamp=trial.stamp)

# %% [markdown]
# **Reading.** Minimisation keeps the arms alike in size and in the factors it was told
# of, though with few families a single child moves a difference far. No p-value stands
# here, for it would test the lottery and not the families.
