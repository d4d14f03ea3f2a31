"""
Designs that allocate a whole list at once.

Where everybody is known before anybody is allocated (sites, schools, the families of a
waiting list), all their covariates can be used together: `rerandomisation` draws lists
until one is balanced enough, `matched_pairs` pairs the most alike and tosses a coin in
each pair. Families who arrive one by one need a procedure instead.
"""
