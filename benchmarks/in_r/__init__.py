"""Time R's packages, where R and they are installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

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
    words, why_not = answer("-e", SCRIPTS[package].format(n=n, trials=trials))
    try:
        return float(words.split()[-1]) / trials, ""
    except (IndexError, ValueError):
        return 0.0, why_not or "no answer"


def seconds_by_name(script: str, *arguments: int) -> tuple[dict[str, float], str]:
    """Run a script of this folder that prints names and seconds; or say why not."""
    file = str(Path(__file__).parent / script)
    words, why_not = answer(file, *map(str, arguments))
    lines = [line.rsplit(maxsplit=1) for line in words.splitlines() if line.strip()]
    try:
        return {name: float(seconds) for name, seconds in lines}, why_not
    except ValueError:
        return {}, "no answer"


def answer(*words: str) -> tuple[str, str]:
    """Run R; give what it prints, or why it does not."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        return "", "no R here"
    try:
        done = subprocess.run(
            [rscript, "--vanilla", *words],
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=True,
        )
    except subprocess.TimeoutExpired:
        return "", f"more than {TIMEOUT} s"
    except subprocess.CalledProcessError as error:
        return "", (error.stderr.strip().splitlines() or ["no answer"])[0]
    return done.stdout, ""
