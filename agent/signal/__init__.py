"""Formulas of heart and face: pure functions of numbers; no clock, file, network or global."""
