"""Formulas of an accelerometer: its unit by gravity, its calibration, and how much and how long it moves."""
