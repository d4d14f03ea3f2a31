"""
Procedures that look at earlier allocations only.

Each is a frozen value whose heart is one function of the counts, `probability`: what is
P(next is treatment)? (But for `random_blocks` and `hadamard`, where it depends on the
order too.) `coins` favour the arm that is behind, `graded_coins` the more, the further
it is behind; `tolerances` and `maximal` keep to a largest imbalance; `urns` and
`block_urn` change their content as they go; `blocks`, `truncated` and `hadamard` fix
the totals; `brick_tunnel` holds an unequal ratio as tightly as can be. Declaring or
printing a procedure draws nothing.
"""
