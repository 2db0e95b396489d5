"""Why a health export is refused as a whole, and why single records of it are not read. Each has its words once."""

from typing import Final

from agent.errors import ImportRefused

REFUSALS: Final = {
    "not_a_file": ("this path is no file that can be opened", "Check the path."),
    "not_known": (
        "this is no health export that can be read",
        "Give the file or the zip as the maker's export produced it.",
    ),
    "not_described": (
        "the maker has not described this form of its export publicly",
        "Send the values to Apple Health, and give its export.",
    ),
    "nothing_of_use": (
        "it holds no sleep, no steps and no heart rate",
        "Export again, and include sleep, activity and heart rate.",
    ),
    "damaged": ("it is damaged or cut off", "Export or copy it again."),
    "entities": ("it declares XML entities, which no export needs", "Export it again from the phone."),
    "too_large": ("it is larger than the limits for an import", "Export a shorter time."),
    "too_many": ("it holds more records than an import may keep", "Export a shorter time."),
    "encrypted": ("the archive is encrypted", "Unpack it with its password, and give the file inside."),
    "several_people": (
        "it holds records of more than one person",
        "Export your own account or profile alone.",
    ),
    "another_person": (
        "it belongs to another person than the one imported before",
        "Give your own export, or remove the values imported before.",
    ),
    "unfit_columns": ("the columns given do not fit this file", "Confirm the columns that are proposed for it."),
    "too_slow": ("reading it took too long", "Export a shorter time."),
    "failed": ("the process that reads it ended early", "Try again; if it ends again, export a shorter time."),
    "cancelled": ("the import was cancelled, and nothing was kept", ""),
}
"""Reason -> (what is wrong, what to do)."""

UNREAD: Final = {
    "before_2000": "dated before 2000: a device whose clock was reset",
    "future": "dated more than a day ahead",
    "backwards": "ends before it begins",
    "bad_date": "a date that cannot be read",
    "bad_value": "a value that cannot be read",
    "implausible_value": "a value that no person has",
    "unit": "a unit that is not known",
    "overlap": "overlaps a sleep of a better source",
    "no_zone": "a time that names no zone where its form needs one",
}
"""Reason of a record that is not read -> its words."""


def refused(reason: str, name: str = "") -> ImportRefused:
    """The error of a reason.

    Args:
        reason: A name of `REFUSALS`.
        name: The format's title, or empty. Never a word of the file.
    """
    words, remedy = REFUSALS[reason]
    return ImportRefused(reason, f"{name}: {words}" if name else words, remedy)
