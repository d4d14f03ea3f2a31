"""
What a procedure does on average: balance, predictability, certainty.

`exact` says it without drawing, wherever a chain of states is small enough: `counts`
(two arms), `many_arms`, `blocks` (one after the other, `rows` of
listed ones) and `strata`; `enumeration` goes
through every sequence of a small trial instead, and `simulated` through drawn ones.
`judging` says what one allocation means, `results` holds the answers.
"""
