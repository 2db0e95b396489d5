"""Wardbeat's agent: measurements come in at one side, only sealed summaries go out at the other."""

__version__ = "0.1.0"
