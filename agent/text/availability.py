"""Where suggestions may exist: nowhere by default, never where a profile forbids words of emotion."""

from agent.errors import PolicyDenied
from agent.tables.profiles import Profile
from agent.text.shipped import shipped_table
from agent.text.table import Table

_FORBIDDEN = "emotion"


def exists_in(profile: Profile) -> bool:
    """Whether suggestions may exist in a profile at all: not where it forbids the word *emotion*, as eu-workplace does.

    A workplace must not infer emotions (Regulation (EU) 2024/1689, Article 5(1)(f)).
    """
    return _FORBIDDEN not in profile.forbidden_words


def table_for(profile: Profile, *, is_on: bool) -> Table | None:
    """The table, if the person's settings switch suggestions on; the file is not opened otherwise.

    Args:
        profile: In force.
        is_on: The setting `days.suggest_moods`.

    Raises:
        PolicyDenied: Switched on in a profile where suggestions do not exist.
        ModelMissing: The file is damaged, or may not be switched on.
    """
    if not is_on:
        return None
    if not exists_in(profile):
        raise PolicyDenied(
            f"the profile {profile.name} has no suggestions for words", remedy="Set days.suggest_moods to false."
        )
    return shipped_table()
