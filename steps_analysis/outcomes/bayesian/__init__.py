"""What is to be believed of risks, given what was seen and believed before."""
