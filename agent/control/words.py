"""Sentences that the running agent and its offline stand-in both say."""

from collections.abc import Sequence


def erased(windows: int, *, asks_hub: bool, copies: Sequence[str] = (), unknown: Sequence[str] = ()) -> str:
    """What an erasure did.

    Args:
        windows: How many were deleted.
        asks_hub: Whether a hub is asked, too.
        copies: Files that were overwritten and removed.
        unknown: Files of the state folder that are not Wardbeat's.
    """
    yours = "your check-ins, notes, imported days and journal"
    said = [f"{windows} windows, {yours}, and the contents of the ledger were deleted here"]
    if copies:
        said.append(f"copies were overwritten and removed: {', '.join(copies)}")
    if unknown:
        said.append(f"these files in the state folder are not Wardbeat's and were left: {', '.join(unknown)}")
    said.append("the hub is asked to erase its copy" if asks_hub else "this machine is not enrolled at a hub")
    return "; ".join(said) + "."
