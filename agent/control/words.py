"""Sentences that the running agent and its offline stand-in both say."""


def erased(windows: int, *, asks_hub: bool) -> str:
    """What an erasure did."""
    here = f"{windows} windows, your check-ins and notes, and the contents of the ledger were deleted here"
    return (
        f"{here}; the hub is asked to erase its copy."
        if asks_hub
        else f"{here}; this machine is not enrolled at a hub."
    )
