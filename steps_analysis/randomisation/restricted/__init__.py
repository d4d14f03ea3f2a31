"""
Procedures that look at earlier allocations only.

Each is a frozen value whose heart is one function of the counts, `probability`: what is
P(next is treatment)? `coins` favour the arm that is behind, `tolerances` stop at a
largest imbalance, `urns` change their content as they go, `blocks` fix the totals.
Declaring or printing a procedure draws nothing.
"""
