"""The stored windows in order of arrival, page by page."""

from collections.abc import Iterator
from typing import Any, Final

from hub.store.stored_rows import SUMMARY
from hub.views.open_hub import OpenHub
from hub.views.summaries import values_of

_UNREADABLE: Final = {"start_utc_s": None, "end_utc_s": None, "features": None}


def rows(hub: OpenHub) -> Iterator[dict[str, Any]]:
    """One object for each window of the page; only the rows of the page are decrypted.

    To read on, pass the ``arrival`` of the last object as ``--after``. A row whose data key is destroyed is one object
    with null for bounds and features.
    """
    for row in hub.store.rows_after(hub.page.after, hub.page.most, SUMMARY):
        windows = [values_of(window) for window in row.summaries()] or [_UNREADABLE]
        for values in windows:
            yield {
                "arrival": row.arrival,
                "device": hub.name_of(row.device),
                "device_kid": row.device.hex(),
                **values,
            }
