"""Judging a statistic by the allocations that might have been drawn."""
