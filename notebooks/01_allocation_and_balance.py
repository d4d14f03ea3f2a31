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

from steps_analysis import randomisation, read_trial
from steps_analysis.evaluation.allocation_comparison import compare_allocation
from steps_analysis.evaluation.allocation_report import allocation_report
from steps_analysis.evaluation.balance_section import balance_section
from steps_analysis.reporting import count, excerpt, show, show_plot

trial = read_trial("../data/synthetic/achieved")

# %% [markdown]
# ## What the procedure does
#
# The protocol says how families are allocated: by minimisation, which gives each
# family, with high probability, the arm that leaves the factors best balanced.

# %%
procedure = randomisation.from_spec(trial.protocol.allocation)
procedure

# %% [markdown]
# This trial's list is one of many. Here the procedure draws more, and so does a coin.

# %%
families, seed = trial.participants, trial.protocol.analysis.seed
n, n_lists = len(families), 1_000
coin, draw = randomisation.CompleteRandomisation(), randomisation.draw_sequences
tossed = draw(coin, n, n_lists, seed=seed)
minimised = draw(procedure, n, n_lists, factors=families, seed=seed)
lists = pd.DataFrame(
    {"minimisation": minimised.sum(axis=1), "coin toss": tossed.sum(axis=1)}
).melt(var_name="procedure", value_name="families")

# %%
axes = Figure(figsize=(7, 3), layout="constrained").subplots()
look = {"palette": ["#12436D", "#F46A25"], "multiple": "dodge", "shrink": 0.8}
sns.histplot(lists, x="families", hue="procedure", **look, discrete=True, ax=axes)
sns.despine(ax=axes)
arm = trial.protocol.treatment.label
axes.set(xlabel=f"Families allocated to {arm}, of {n}", ylabel="Number of lists")
show_plot(
    axes.figure,
    caption=f"Families allocated to {arm} in {count(n_lists)} lists of each procedure",
    alt="Minimisation: bars close to half of the families; the coin spreads further.",
    data=lists.value_counts(sort=False).rename("lists").reset_index(),
    stamp=trial.stamp,
)

# %% [markdown]
# ## What balance costs
#
# Where arms must be kept alike, the next one can be guessed, and who guesses can choose
# whom to bring. Procedures answer the same questions here, as in `steps balance`.

# %%
compared = compare_allocation(trial.protocol, n=n, n_draws=1_000)
report = allocation_report(compared)
show(*excerpt(report, "recommendation", "comparison", "questions"), stamp=report.stamp)

# %% [markdown]
# ## What it did in this trial

# %%
show(*balance_section(trial).blocks, stamp=trial.stamp)

# %% [markdown]
# **Reading.** Minimisation keeps the arms alike in size and in the factors it was told
# of, though with few families a single child moves a difference far. No p-value stands
# here, for it would test the lottery and not the families.
