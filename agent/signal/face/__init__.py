"""Formulas of the face: geometry, neutral level, facial actions, lids, and the gates before them."""
