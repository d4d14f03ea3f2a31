"""How much does an answer depend on what was decided, or is not known?"""
