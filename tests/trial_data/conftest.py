"""A valid data folder, small enough to check by eye, and a way to write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from steps_analysis.protocol import load_protocol
from steps_analysis.simulation import draw_trial
from steps_analysis.trial_data import contract_for, read_trial, write_trial
from tests.trial_data.damage.catalogue import Base

SMALL = Path(__file__).parents[1] / "protocol" / "small.toml"

PACKAGE = '{\n  "provenance": "real",\n  "extract_date": "2016-06-30"\n}\n'

SITES = """\
site,ring,population_10_17,opened_date,closed_date,forum_start_date,therapists
North,inner,10000,2014-01-01,2015-12-31,2014-01-10,3
South,outer,20000,2014-02-01,,,
West,,,,,,
"""

REFERRALS = """\
referral_id,family_id,site,referral_date,source,age_at_referral,age_at_first_harm,\
age_at_last_harm,sex,relationship,safety_plan
ref-1,fam-1,North,2014-03-01,police,14,11,13,male,cousin,true
ref-2,fam-1,North,2014-03-02,school,12,12,12,male,,false
ref-3,fam-2,South,2014-04-01,other,15,13,14,female,birth_sibling,
ref-4,fam-3,West,2014-05-01,health,16,16,16,male,known_child,true
ref-5,fam-4,West,2014-06-01,camhs,9,,,,,
"""

SCREENING = """\
referral_id,screened_date,eligible,reason,approached_date,consent,consent_date,route
ref-1,2014-03-05,true,,2014-03-06,true,2014-03-08,
ref-2,2014-03-05,true,,2014-03-06,true,2014-03-09,
ref-3,2014-04-05,true,,2014-04-06,true,2014-04-10,
ref-4,2014-05-05,true,,2014-05-07,true,2014-05-09,
ref-5,2014-06-05,false,age,,,,aim
"""

FORUM = """\
referral_id,papers_date,forum_date,concern
ref-1,2014-03-07,2014-03-14,high
ref-5,,2014-06-11,
"""

FORUM_ACTIONS = """\
referral_id,forum_date,recommendation,due_date,review_date,reviewed_date
ref-1,2014-03-14,trial_referral,2014-04-01,2016-12-01,
ref-5,2014-06-11,aim,,2014-09-01,2014-09-02
"""

PARTICIPANTS = """\
participant_id,site,randomisation_date,family_id,referral_id,placed_at_randomisation,sex
kid-1,North,2014-03-20,fam-1,ref-1,false,male
kid-2,North,2014-03-20,fam-1,ref-2,false,male
kid-3,South,2014-04-20,fam-2,ref-3,true,female
kid-4,West,2014-05-20,fam-3,ref-4,,male
"""

ALLOCATION = """\
participant_id,arm,ledger_entry
kid-1,new,1
kid-2,new,1
kid-3,usual,2
kid-4,usual,3
"""

TREATMENT = """\
participant_id,treatment_received,treatment_start_date,treatment_end_date,\
withdrew_treatment_date,contacts,fidelity
kid-1,mst_psb,2014-04-01,2014-10-01,,40,0.85
kid-3,aim,2014-05-01,,2014-06-01,6,
"""

VISITS = """\
participant_id,visit_month,due_date,completed_date,scale
kid-1,0,2014-03-20,2014-03-21,20
kid-1,6,2014-09-20,2014-09-25,12.5
kid-3,0,2014-04-20,,
kid-4,6,2014-11-20,,
"""

EVENTS = """\
participant_id,event,event_date,end_date,recorded_date,sanction_date,is_sexual
kid-1,offence,2014-08-01,,2014-08-10,2015-01-05,true
kid-3,placement,2014-02-01,2014-09-01,2014-02-02,,
kid-3,offence,2014-07-01,,2014-07-10,,false
kid-4,died,2015-07-01,,2015-07-02,,
"""

COSTS = """\
participant_id,sector,month_from,month_to,cost
kid-1,health,0,6,1200.5
kid-1,health,6,12,0
kid-1,justice,0,12,90
"""


def toy_files() -> dict[str, str]:
    """File name to text, of a folder that keeps its contract."""
    own = Path(__file__).parent / "toy.toml"
    return {
        "datapackage.json": PACKAGE,
        "protocol.toml": own.read_text(encoding="utf-8"),
        "sites.csv": SITES,
        "referrals.csv": REFERRALS,
        "screening.csv": SCREENING,
        "forum.csv": FORUM,
        "forum_actions.csv": FORUM_ACTIONS,
        "participants.csv": PARTICIPANTS,
        "allocation.csv": ALLOCATION,
        "treatment.csv": TREATMENT,
        "visits.csv": VISITS,
        "events.csv": EVENTS,
        "costs.csv": COSTS,
    }


@pytest.fixture
def files() -> dict[str, str]:
    """File name to text, of a folder that keeps its contract."""
    return toy_files()


@pytest.fixture(scope="session")
def bases(tmp_path_factory) -> list[Base]:
    """Sound folders: one written by hand, and trials drawn from two protocols."""
    place = tmp_path_factory.mktemp("bases")
    (place / "by hand").mkdir()
    for name, text in toy_files().items():
        (place / "by hand" / name).write_text(text, encoding="utf-8")
    trials = {
        "by hand": read_trial(place / "by hand"),
        "small": draw_trial(load_protocol(SMALL), n=8, seed=3),
        "steps-b": draw_trial(load_protocol(), n=4, seed=3),
    }
    for name, trial in trials.items():
        write_trial(trial, place / name)
    return [
        Base(
            files={path.name: path.read_bytes() for path in (place / name).iterdir()},
            rules={rule.name: rule for rule in contract_for(trial.protocol)},
            trial=read_trial(place / name),
        )
        for name, trial in trials.items()
    ]


@pytest.fixture
def written(tmp_path):
    """Write files, as text or bytes, into a folder."""

    def write(files: dict[str, str | bytes], name: str = "trial") -> Path:
        folder = tmp_path / name
        folder.mkdir()
        for file, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            (folder / file).write_bytes(data)
        return folder

    return write


@pytest.fixture
def folder(files, written) -> Path:
    """A folder that keeps its contract."""
    return written(files)
