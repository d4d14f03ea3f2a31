"""The questions of a protocol, answered."""
