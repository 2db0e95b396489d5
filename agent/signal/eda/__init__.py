"""Formulas of skin conductance: what can be read, the noise of a record, responses, and the numbers of a window."""
