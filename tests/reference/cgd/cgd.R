# Reference figures for the CGD report, by R's survival. Run: Rscript cgd.R > cgd.csv
library(survival)
options(digits = 17)
rows <- read.csv(file.path("..", "..", "..", "data", "public", "cgd", "source", "cgd.csv"))
rows$interferon <- as.numeric(rows$treat == "rIFN-g")
first <- rows[rows$enum == 1, ]
out <- function(name, value) cat(sprintf("%s,%.15g\n", name, value))
cat("name,value\n")

# First infection, followed for twelve months at most.
horizon <- round(12 * 365.25 / 12)
first$event <- as.numeric(first$status == 1 & first$tstop <= horizon)
first$time <- pmin(first$tstop, horizon)
at <- round(9 * 365.25 / 12)
for (arm in c("rIFN-g", "placebo")) {
  fit <- survfit(Surv(time, event) ~ 1, data = first[first$treat == arm, ],
                 conf.type = "log-log")
  one <- summary(fit, times = at)
  out(paste0(arm, ".n"), fit$n)
  out(paste0(arm, ".events"), sum(fit$n.event[fit$time <= at]))
  out(paste0(arm, ".incidence"), 1 - one$surv)
  out(paste0(arm, ".incidence_se"), one$std.err)
  out(paste0(arm, ".incidence_lower"), 1 - one$upper)
  out(paste0(arm, ".incidence_upper"), 1 - one$lower)
  out(paste0(arm, ".infections"), sum(rows$status[rows$treat == arm]))
}
out("log_rank", survdiff(Surv(time, event) ~ interferon, data = first)$chisq)
cox <- summary(coxph(Surv(time, event) ~ interferon, data = first, ties = "efron",
                     control = coxph.control(eps = 1e-12)))
out("cox.coefficient", cox$coefficients[1, "coef"])
out("cox.se", cox$coefficients[1, "se(coef)"])
out("cox.ratio", cox$conf.int[1, "exp(coef)"])
out("cox.lower", cox$conf.int[1, "lower .95"])
out("cox.upper", cox$conf.int[1, "upper .95"])

# Repeated infections: Andersen-Gill with a robust standard error.
ag <- summary(coxph(Surv(tstart, tstop, status) ~ interferon + cluster(id), data = rows,
                    ties = "efron", control = coxph.control(eps = 1e-12)))
out("ag.coefficient", ag$coefficients[1, "coef"])
out("ag.se", ag$coefficients[1, "se(coef)"])
out("ag.robust_se", ag$coefficients[1, "robust se"])
out("ag.ratio", ag$conf.int[1, "exp(coef)"])
out("ag.lower", ag$conf.int[1, "lower .95"])
out("ag.upper", ag$conf.int[1, "upper .95"])

# Any infection within six months, of those followed for six months or infected before.
six <- round(6 * 365.25 / 12)
ends <- tapply(rows$tstop, rows$id, max)
infected <- tapply(rows$status == 1 & rows$tstop <= six, rows$id, any)
arms <- tapply(rows$interferon, rows$id, max)
known <- infected | ends >= six
table <- table(arms[known], infected[known])
out("six.treatment_events", table["1", "TRUE"])
out("six.treatment_n", sum(table["1", ]))
out("six.control_events", table["0", "TRUE"])
out("six.control_n", sum(table["0", ]))
out("six.fisher", fisher.test(table)$p.value)
