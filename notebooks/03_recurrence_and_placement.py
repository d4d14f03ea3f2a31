# %% [markdown]
# # 3. Recurrence and placement
#
# **Question.** By the end of follow-up, how did the arms differ in new
# placements away from home and in reported recurrence of harmful sexual behaviour?
#
# Reported is not proven. The data are synthetic: not about any real child, family or
# borough.

# %%
import numpy as np
from lifelines import KaplanMeierFitter

from steps_analysis import read_trial
from steps_analysis.evaluation.estimand_words import reading
from steps_analysis.evaluation.outcome_sections import outcome_section
from steps_analysis.outcomes import answer, spells
from steps_analysis.reporting import Callout, Column, Table, excerpt, phrase, show

trial = read_trial("../data/synthetic/achieved")
placement, recurrence = answer(trial, "E1"), answer(trial, "E2")
section = outcome_section(trial, {"E1": placement, "E2": recurrence})

# %% [markdown]
# ## Placement: the primary outcome

# %%
show(*excerpt(section, "e1-arms", "e1-effects"), stamp=trial.stamp)

# %%
said = f"{placement.outcome.label}: {phrase(placement.effect)}."
show(Callout("note", f"{said} {reading(placement, trial.protocol)}"), stamp=trial.stamp)

# %% [markdown]
# ## Reported recurrence: custody competes

# %%
show(*excerpt(section, "e2-arms", "e2-incidence", "e2-effects"), stamp=trial.stamp)

# %%
said = f"{recurrence.outcome.label}: {phrase(recurrence.effect)}."
show(
    Callout("note", f"{said} {reading(recurrence, trial.protocol)}"), stamp=trial.stamp
)

# %% [markdown]
# ## The same curve through lifelines
#
# For those who know it: `KaplanMeierFitter` gives the same survival curve. Here is the
# MST-PSB arm, custody counted as the end of observation.

# %%
arm = trial.protocol.treatment
followed = spells(trial, recurrence.outcome.code)
followed = followed[followed["participant_id"].map(trial.arms()) == arm.code]
fitter = KaplanMeierFitter().fit(followed["time"], followed["event"])
ours = recurrence.survival[arm.code]
theirs = fitter.predict(ours.time).to_numpy()
np.testing.assert_allclose(ours.value, theirs, rtol=1e-12)

# %%
columns = (
    Column(key="day", heading="Days from randomisation", decimals=0),
    Column(key="ours", heading="steps_analysis", unit="%"),
    Column(key="lifelines", heading="lifelines", unit="%"),
)
table = Table(
    name="two-curves",
    caption=f"Families with no reported recurrence yet, {arm.label}",
    columns=columns,
    rows=tuple(zip(ours.time, 100 * ours.value, 100 * theirs, strict=True)),
)
show(table, stamp=trial.stamp)

# %% [markdown]
# **Reading.** The intervals hold every difference these data are compatible with, in
# either direction; a trial of this size estimates and does not decide. "Not shown to
# differ" is not "no difference".
