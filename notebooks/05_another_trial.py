# %% [markdown]
# # 5. Another trial
#
# **Question.** Does the same code evaluate a real, published trial that nobody here
# designed, and does it agree with R?
#
# The trial of gamma interferon in chronic granulomatous disease: patients in many
# centres, repeated serious infections. Source and licence of the data are in
# `data/public/cgd/README.md`.

# %%
import numpy as np
import pandas as pd

from steps_analysis import evaluate, read_trial
from steps_analysis.reporting import Column, Paragraph, Table, excerpt, phrase, show

trial = read_trial("../data/public/cgd")
evaluation = evaluate(trial)
report = evaluation.document
trial.provenance

# %%
show(*excerpt(report, "summary"), stamp=trial.stamp)

# %%
parts = ("g1-incidence", "g1-effects", "g2-mean-events", "g2-effects")
show(*excerpt(report, *parts), stamp=trial.stamp)

# %% [markdown]
# These data hold no referrals and no visits, so the sections made of them are left out,
# and the report says so.

# %%
show(*excerpt(report, "about"), stamp=trial.stamp)

# %% [markdown]
# ## The same figures by R
#
# `tests/reference/cgd/cgd.R` computes them with the R package survival.

# %%
by_r = pd.read_csv("../tests/reference/cgd/cgd.csv", index_col="name")["value"]
first, repeated, early = evaluation.results.answers.values()
cox, log_rank, fisher = first.relative[-1], first.tests[-1], early.tests[0]
ours = {
    "cox.ratio": ("First infection: hazard ratio", cox.value),
    "cox.lower": ("First infection: hazard ratio, lower limit", cox.lower),
    "cox.upper": ("First infection: hazard ratio, upper limit", cox.upper),
    "log_rank": ("First infection: log-rank statistic", log_rank.statistic),
    "ag.ratio": ("All infections: rate ratio", repeated.effect.value),
    "ag.lower": ("All infections: rate ratio, lower limit", repeated.effect.lower),
    "ag.upper": ("All infections: rate ratio, upper limit", repeated.effect.upper),
    "six.fisher": ("Any infection in six months: exact p-value", fisher.p_value),
}
figures = pd.DataFrame(ours, index=["figure", "ours"]).T.assign(r=by_r)
np.testing.assert_allclose(figures["ours"].astype(float), figures["r"], rtol=1e-8)

# %%
columns = (
    Column(key="figure", heading="Figure"),
    Column(key="ours", heading="steps_analysis", decimals=6),
    Column(key="r", heading="R", decimals=6),
)
table = Table(
    name="agreement",
    caption="The same figures, computed here and by R",
    columns=columns,
    rows=tuple(figures.itertuples(index=False, name=None)),
)
show(table, Paragraph(f"Serious infections: {phrase(repeated.effect)}."), stamp=None)

# %% [markdown]
# **Reading.** Every figure agrees with R. The trial was stopped early after a planned
# look at a large difference, and a trial so stopped tends to overstate it.
