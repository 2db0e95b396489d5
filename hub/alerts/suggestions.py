"""What an alert may suggest: rows of the reviewed list of `agent.scoring`, each with grade and source."""

from agent.scoring.data import table
from agent.scoring.messages import Suggestion


def suggestion(suggestion_id: str) -> Suggestion | None:
    """A reviewed suggestion; None for an empty id, or one that is not in the list.

    Args:
        suggestion_id: A value of ``id`` in the list.
    """
    listed = table("suggestions")
    for row in listed["rows"]:
        if row["id"] == suggestion_id:
            return Suggestion(row["text"], row["grade"], listed["grades"][row["grade"]], row["source"])
    return None
