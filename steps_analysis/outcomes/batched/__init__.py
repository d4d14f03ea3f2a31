"""What would thousands of trials say? Compiled analyses, one trial after the other."""
