"""Counts for Prometheus: no person, and no number that one person can move."""
