"""Formulas of skin conductance: which samples can be read, the noise of a record, responses, and the numbers of a window."""
