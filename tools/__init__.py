"""What `run` calls: set-up, commands, checks, drift. Not part of the package."""
