"""Which reference cases are tested now, and why not the others."""

import re
from pathlib import Path

LATER = "issue 5 builds it"
OTHER = "another part of the package"
NOT_YET = {
    "na_aml": LATER + ": Nelson-Aalen",
    "perm_lr_12": OTHER + ": randomisation tests",
    "coin_lr_12": OTHER + ": permutation variance",
    "coin_lr_aml": OTHER + ": permutation variance",
    "coin_lr_weights_aml": OTHER + ": permutation variance",
    "perm_rmst_12": LATER + ": permutation RMST",
    "maxcombo_rossi": LATER + ": MaxCombo",
    "maxcombo_aml": LATER + ": MaxCombo",
    "maxcombo_precise_rossi": LATER + ": MaxCombo",
    "maxcombo_precise_aml": LATER + ": MaxCombo",
    "modest_aml": LATER + ": modestly weighted log-rank",
    "trend_logrank_larynx": LATER + ": trend test",
    "robincar2_surv_rossi": LATER + ": covariate-adjusted log-rank",
    "zph_rossi_km": LATER + ": proportional hazards test",
    "zph_rossi_rank": LATER + ": proportional hazards test",
    "zph_rossi_identity": LATER + ": proportional hazards test",
    "zph_rossi_log": LATER + ": proportional hazards test",
    "cox_pred_rossi": LATER + ": adjusted curves",
    "ate_rossi_cox": LATER + ": adjusted curves",
    "aiptw_rossi": LATER + ": adjusted curves",
    "firthcox_rossi": LATER + ": penalty",
    "firthcox_monotone": LATER + ": penalty",
    "firthcox_monotone1": LATER + ": penalty",
    "firthlogit_zero": LATER + ": penalty",
    "firthlogit_rossi": LATER + ": penalty",
    "flic_rossi": LATER + ": penalty",
    "flac_rossi": LATER + ": penalty",
    "brglm2_AS_mean_rossi": LATER + ": penalty",
    "brglm2_AS_median_rossi": LATER + ": penalty",
    "rmst_rossi_26": LATER + ": restricted mean",
    "rmst_rossi_52": LATER + ": restricted mean",
    "rmst_rossi_adj": LATER + ": restricted mean",
    "rmst_survfit_rossi": LATER + ": restricted mean",
    "pseudo_aml": LATER + ": pseudo-values",
    "cr_cuminc_test_cmprsk": LATER + ": Gray's test",
    "finegray_mgus2_1": LATER + ": Fine-Gray",
    "finegray_coxph_pcm": LATER + ": Fine-Gray",
    "poisson_id": LATER + ": modified Poisson",
    "rate_exact": LATER + ": exact rate ratio",
    "ghoshlin_reg_bladder1": "mets assumes untied times and breaks these monthly ones",
    "cloglog_discrete": LATER + ": grouped time",
    "strat_2x2": LATER + ": Mantel-Haenszel",
    "gee_ohio_independence": LATER + ": GEE",
    "gee_ohio_exchangeable": LATER + ": GEE",
    "gee_ohio_ar1": LATER + ": GEE",
    "cr_lm_cgd": LATER + ": small-sample cluster variance",
    "glmer_ohio": LATER + ": mixed models",
    "mi_pool_scalar": LATER + ": multiple imputation",
    "tipping_binary": LATER + ": tipping point",
    "bayes_betabin": LATER + ": Bayes",
    "bayes_robustmix": LATER + ": Bayes",
    "power_basic": LATER + ": power",
    "cond_power": LATER + ": power",
    "precision": LATER + ": power",
    "npmle_ic60": LATER + ": interval censoring",
    "ictest_ic60": LATER + ": interval censoring",
    "turnbull_survfit_ic60": LATER + ": interval censoring",
    "survreg_ic60_weibull": LATER + ": interval censoring",
    "survreg_ic60_loglogistic": LATER + ": interval censoring",
    "survreg_ic60_lognormal": LATER + ": interval censoring",
    "survreg_ic60_exponential": LATER + ": interval censoring",
    "icsp_ic60_ph": LATER + ": interval censoring",
    "icsp_ic60_po": LATER + ": interval censoring",
    "kidney_frailty_gamma": LATER + ": frailty",
    "rats_frailty_gaussian": LATER + ": frailty",
    "frailtyEM_kidney": LATER + ": frailty",
}


def named_in_tests():
    here = Path(__file__).parent
    text = "".join(f.read_text(encoding="utf-8") for f in here.rglob("test_*.py"))
    named = re.findall(r'figures\[f?"([^"]+)"\]', text)
    return [re.sub(r"\{\w+\}", r"[\\w-]+", name) for name in named]


def test_every_case_is_tested_or_has_a_reason(document):
    patterns = named_in_tests()
    tested = {
        case
        for case in document["cases"]
        if any(re.fullmatch(pattern, case) for pattern in patterns)
    }
    assert set(document["cases"]) - tested == set(NOT_YET)
