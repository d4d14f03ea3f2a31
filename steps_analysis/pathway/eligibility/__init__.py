"""Who may join the trial, and whom does Stepping Stones accept?"""
