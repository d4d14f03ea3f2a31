# %% [markdown]
# # 2. Referral volumes by borough
#
# **Question.** How many children were identified and referred in each borough, and do
# boroughs differ by more than chance?
#
# What is shown here is a release: small counts are hidden, other counts are hidden or
# rounded so that these cannot be worked out, and the result is attacked before anyone
# sees it. The data are synthetic: not about any real child, family or borough.

# %%
from steps_analysis import read_trial
from steps_analysis.disclosure import TOTAL
from steps_analysis.evaluation.boroughs import borough_release, borough_section
from steps_analysis.referrals import rate
from steps_analysis.reporting import Items, Paragraph, phrase, show

# %% [markdown]
# A commissioner opens referrals and sites; what could show an arm stays closed.

# %%
trial = read_trial("../data/synthetic/achieved", role="commissioner")
sorted(dict(trial.tables()))

# %% [markdown]
# ## The release

# %%
show(*borough_section(trial).blocks, stamp=trial.stamp)

# %% [markdown]
# ## What an outsider can learn
#
# The audit solves the published table as a system of equations, as a curious reader
# could, and asks which values each hidden count may still have.

# %%
release = borough_release(trial)
show(Items(release.audit.findings), stamp=trial.stamp)

# %% [markdown]
# ## All boroughs together

# %%
referrals = int(release.published.loc[TOTAL, TOTAL])
child_years = release.population.sum() * len(release.years)
overall = rate(referrals, child_years, per=10_000, method="byar")
show(
    Paragraph(f"In all boroughs, from the published total: {phrase(overall)}."),
    stamp=trial.stamp,
)

# %% [markdown]
# **Reading.** More referrals may mean better identification, so a high rate is not a
# bad one, and boroughs are not ranked. Where a point lies within the limits, chance
# alone could explain its distance from the target; outside them, the funnel does not
# say why.
