"""Time R's randomisation packages, where R and they are installed."""

from __future__ import annotations

import shutil
import subprocess

TIMEOUT = 300  # seconds for one of them

# Each prints the seconds that {trials} trials of {n} participants take.
SCRIPTS = {
    "randomizeR": """
        suppressMessages(library(randomizeR))
        cat(system.time(genSeq(ebcPar({n}, 2/3), {trials}, seed = 1))[["elapsed"]])
    """,
    "carat": """
        suppressMessages(library(carat))
        levels <- c(14, 2, 2, 3)
        shares <- unlist(lapply(levels, function(k) rep(1 / k, k)))
        cat(system.time(evalRand.sim(
            n = {n}, N = {trials}, Replace = TRUE, cov_num = 4, level_num = levels,
            pr = shares, method = "PocSimMIN", weight = rep(1, 4), p = 0.8
        ))[["elapsed"]])
    """,
    "Minirand": """
        suppressMessages(library(Minirand))
        set.seed(1)
        levels <- c(14, 2, 2, 3)
        people <- sapply(levels, function(k) sample(k, {n}, replace = TRUE))
        cat(system.time(for (trial in seq_len({trials})) {{
            arms <- rep(100, {n})
            arms[1] <- sample(2, 1)
            for (j in 2:{n}) arms[j] <- Minirand(
                covmat = people, j, covwt = rep(1, 4) / 4, ratio = c(1, 1), ntrt = 2,
                trtseq = c(1, 2), method = "Range", result = arms, p = 0.8
            )
        }})[["elapsed"]])
    """,
}


def seconds_per_trial(package: str, *, n: int, trials: int) -> tuple[float, str]:
    """Give the seconds one trial takes; or none, and in a word why not."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        return 0.0, "no R here"
    code = SCRIPTS[package].format(n=n, trials=trials)
    try:
        done = subprocess.run(
            [rscript, "--vanilla", "-e", code],
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=True,
        )
        return float(done.stdout.split()[-1]) / trials, ""
    except subprocess.TimeoutExpired:
        return 0.0, f"more than {TIMEOUT} s"
    except (subprocess.CalledProcessError, IndexError, ValueError) as error:
        words = str(getattr(error, "stderr", "") or error).strip().splitlines()
        return 0.0, words[0] if words else "no answer"
