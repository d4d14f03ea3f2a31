"""
Which procedure for this trial?

`criteria` says what a steering committee cares about and how it is measured,
`compare` measures it for several procedures on the same participants, and `recommend`
weighs what was measured and gives its reasons.
"""
