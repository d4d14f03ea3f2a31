"""What happened first, where one thing keeps another from happening."""
