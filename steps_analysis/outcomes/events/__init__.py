"""What was seen of each participant: days at risk, and what ended them."""
