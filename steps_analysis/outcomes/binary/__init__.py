"""Did it happen: proportions, two-by-two tables, standardised risks."""
