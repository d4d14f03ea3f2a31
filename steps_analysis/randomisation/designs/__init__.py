"""
Designs that allocate a whole list at once.

Where everybody is known before anybody is allocated (sites, schools, the families of a
waiting list), all their covariates can be used together: `rerandomisation` draws lists
until one is balanced enough, `matched_pairs` pairs the most alike and tosses a coin in
each pair, `constrained_clusters` and `stepped_wedge` draw among the allocations of
clusters that are balanced enough. All lists a design can draw are equally likely, so
each design can list them, draw among them and say whether one is among them; from that
follows `design_test`. Families who arrive one by one need a procedure instead.
"""
