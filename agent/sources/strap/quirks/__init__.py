"""Straps, relays and libraries that repeat, drop or make up intervals, told by content and clock: one row a quirk."""
