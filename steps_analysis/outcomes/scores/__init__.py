"""Questionnaires, and how they change."""
