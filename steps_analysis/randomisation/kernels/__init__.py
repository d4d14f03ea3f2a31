"""
Compiled drawing: many trials at once, as fast as the machine allows.

Three kinds of small compiled loops, joined block by block in `drawing`: numbers
(`filling`, `profiles`), arms from numbers (`tables`, `blocks`, `margins`), and what is
made of the arms (`tallies`). `programs` decides which loop a procedure has; one
without is walked, with the same numbers. `numbers` defines them, in plain NumPy.

Importing a compiled loop imports the compiler, so callers import `drawing` and `fresh`
within their functions.
"""
