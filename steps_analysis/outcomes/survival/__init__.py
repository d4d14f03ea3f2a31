"""How soon did it happen: curves, their contrasts, the log-rank tests."""
