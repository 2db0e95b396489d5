"""Straps, relays and libraries that repeat, drop or make up intervals, recognised by content and clock."""
