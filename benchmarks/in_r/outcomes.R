# Seconds that R's survival package takes for one analysis of n people, printed as
# lines "name seconds". Run by benchmarks/in_r; by hand:
#   Rscript --vanilla benchmarks/in_r/outcomes.R 200 500

suppressMessages(library(survival))
words <- as.numeric(commandArgs(trailingOnly = TRUE))
n <- words[1]
repeats <- words[2]

# Drawn as benchmarks/outcomes.py draws: times in whole days, so that there are ties.
set.seed(1)
arm <- rep(0:1, length.out = n)
free <- ceiling(rexp(n, exp(0.3 * arm) / 900))
time <- pmin(free, 609)
event <- as.integer(free <= 609)
people <- data.frame(time, event, arm)
y <- Surv(time, event)
x <- matrix(arm, ncol = 1)
control <- coxph.control()

each <- function(name, job) {
  job()
  taken <- system.time(for (i in seq_len(repeats)) job())[["elapsed"]]
  cat(name, taken / repeats, "\n")
}

each("coxph.fit", function() {
  coxph.fit(x, y, strata = NULL, offset = NULL, init = NULL, control = control,
            weights = NULL, method = "efron", rownames = NULL)
})
each("survdiff.fit", function() survival:::survdiff.fit(y, arm + 1L, rep(1L, n)))
each("coxph", function() coxph(Surv(time, event) ~ arm, data = people))
each("survdiff", function() survdiff(Surv(time, event) ~ arm, data = people))

# The model of benchmarks/outcomes.py with seven covariates, of 432 people.
more <- data.frame(
  time = pmin(ceiling(rexp(432, 1 / 150)), 52), event = rbinom(432, 1, 0.26),
  matrix(rbinom(432 * 6, 1, 0.5), ncol = 6), prior = rpois(432, 3)
)
each("coxph, 7 covariates", function() coxph(Surv(time, event) ~ ., data = more))
