# %% [markdown]
# # 3. Recurrence and placement
#
# **Question.** By the end of follow-up, how did the arms differ in new
# placements away from home, in reported recurrence of harmful sexual behaviour, in
# proven offences and in difficulties, and how far does each answer hang on a choice?
#
# Reported is not proven. The data are synthetic: not about any real child, family or
# borough.

# %%
import numpy as np
from lifelines import KaplanMeierFitter

from steps_analysis import evaluate, read_trial
from steps_analysis.evaluation.estimand_words import reading
from steps_analysis.evaluation.sealed_plan import read_plan
from steps_analysis.outcomes import spells
from steps_analysis.reporting import Callout, excerpt, phrase, show

trial = read_trial("../data/synthetic/achieved")
plan = read_plan("../data/synthetic/achieved/analysis-plan.json")
evaluation = evaluate(trial, sealed_plan=plan)
report, answers = evaluation.document, evaluation.results.answers
placement, recurrence = answers["E1"], answers["E2"]

# %% [markdown]
# ## What was planned before anybody saw an arm

# %%
show(*excerpt(report, "plan"), stamp=trial.stamp)

# %% [markdown]
# ## Placement: the primary outcome, and what could change it

# %%
said = f"{placement.outcome.label}: {phrase(placement.effect)}."
note = Callout("note", f"{said} {reading(placement, trial.protocol)}")
show(*excerpt(report, "e1-arms", "e1-effects"), note, stamp=trial.stamp)

# %%
doubts = ("e1-missing-extremes", "e1-imputed", "e1-started", "e1-priors")
show(*excerpt(report, *doubts, "e5-effects"), stamp=trial.stamp)

# %% [markdown]
# ## Reported recurrence: custody competes, and one arm may be watched more closely

# %%
parts = ("e2-arms", "e2-incidence", "e2-effects", "e2-detection")
said = f"{recurrence.outcome.label}: {phrase(recurrence.effect)}."
note = Callout("note", f"{said} {reading(recurrence, trial.protocol)}")
show(*excerpt(report, *parts), note, stamp=trial.stamp)

# %% [markdown]
# ## Proven offences, difficulties and costs

# %%
parts = ("e3-effects", "e3-waiting-times", "e4-effects", "e4-shifted", "costs-sectors")
show(*excerpt(report, *parts), stamp=trial.stamp)

# %% [markdown]
# ## The same curve through lifelines
#
# For those who know it: `KaplanMeierFitter` gives the same survival curve.

# %%
arm = trial.protocol.treatment
followed = spells(trial, recurrence.outcome.code)
followed = followed[followed["participant_id"].map(trial.arms()) == arm.code]
fitter = KaplanMeierFitter().fit(followed["time"], followed["event"])
ours = recurrence.survival[arm.code]
np.testing.assert_allclose(ours.value, fitter.predict(ours.time), rtol=1e-12)

# %% [markdown]
# **Reading.** The intervals hold every difference these data are compatible with, in
# either direction; a trial of this size estimates and does not decide. "Not shown to
# differ" is not "no difference".
