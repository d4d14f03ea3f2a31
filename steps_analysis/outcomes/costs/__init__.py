"""What the arms cost, and what is had for it."""
