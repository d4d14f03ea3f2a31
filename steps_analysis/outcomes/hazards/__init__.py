"""One Cox model, for whatever is at risk in (start, stop]."""
