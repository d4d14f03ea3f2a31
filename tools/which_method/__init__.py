"""Which interval or test for a small trial of rare events? A simulation study.

Each family of methods is one proof of `tools.measured`; `verdicts` recommends by rule
and `page` writes docs/which-method.md from what was measured.
"""
