"""
Procedures that look at the participants' factors.

Each is a frozen value that names the factors; the participants' levels are handed in
when allocating. A site is a factor like any other, and counts once.
"""
