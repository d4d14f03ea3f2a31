# %% [markdown]
# # 4. The whole evaluation
#
# **Question.** What does the trial say, all in all, and can a full trial be done?
#
# One call gives the results as numbers and the report made of them. The data are
# synthetic: not about any real child, family or borough.

# %%
from steps_analysis import evaluate, read_trial
from steps_analysis.reporting import excerpt, show

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
# ## What it cannot say

# %%
show(*excerpt(report, "limitations"), stamp=stamp)

# %% [markdown]
# **Reading.** Feasibility leads: the trial was made to learn whether families can be
# found, asked and followed, and the effects are estimates on the way there. `steps
# evaluate data/synthetic/achieved` writes the same document as a page, with every table
# as CSV.
