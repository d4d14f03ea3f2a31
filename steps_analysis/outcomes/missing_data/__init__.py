"""Values that are missing: imputed, pooled, and assumed to be what they must not be."""
