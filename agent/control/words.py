"""Sentences that the running agent and its offline stand-in both say."""


def erased(windows: int, *, asks_hub: bool) -> str:
    """What an erasure did."""
    here = f"{windows} windows, your check-ins and notes, and every word of the ledger are gone here"
    return f"{here}; the hub is asked to erase." if asks_hub else f"{here}; this machine is enrolled at no hub."
