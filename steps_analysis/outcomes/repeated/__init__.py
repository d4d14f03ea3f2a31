"""How often did it happen: rates, means over time, models of repeated events."""
