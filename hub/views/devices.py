"""The admitted devices: how each of them works, what its person consented to, how much the strap was worn.

How it works is read from the key store and from days of contact. A device sends at a constant rate, so `heard` says
nothing about the person; `worn_hours` does, and is for whoever holds the keys (see `hub.views.wear`).
"""

import time
from collections.abc import Iterator
from typing import Any, Final

from agent.errors import Missing
from agent.wire.message import PURPOSES
from hub.keys.certificates import certificate_end_utc_s
from hub.keys.devices import Device
from hub.store.records import SignedRecord, last_given, standing
from hub.views.open_hub import OpenHub
from hub.views.utc import day_text, ends_utc_s, moment_text
from hub.views.wear import hours_text, share_text, worn

_DAY_S: Final = 86_400
_NO_CONSENT: Final[dict[str, Any]] = {"consent": "none", "purposes": [], "consent_ends_utc": None}
_NO_WEAR: Final = {"worn_hours": None, "windows_share_01": None}


def rows(hub: OpenHub) -> Iterator[dict[str, Any]]:
    """One object for each device, by its random name. While the database is away, what stands in it is null."""
    now_utc_s, labels = int(time.time()), hub.keys.people.labels()
    try:
        heard = hub.store.contacts()
    except (Missing, OSError):  # away, or another hub's
        heard = None
    for device in hub.keys.devices.all():
        issued = hub.keys.devices.certificates(device.kid)
        last = None if heard is None else heard.get(device.kid)
        yield {
            "device": device.device,
            "kid": device.kid.hex(),
            "label": labels.get(device.kid),
            "revoked": device.revoked,
            "admitted": day_text(issued[0][1] // _DAY_S) if issued else None,
            "heard": None if last is None else day_text(last),
            "certificate_ends_utc": moment_text(certificate_end_utc_s(issued[-1][0])) if issued else None,
            "schema": device.schema,
            **(_unknown() if heard is None else _person(hub, device, now_utc_s)),
        }


def _unknown() -> dict[str, Any]:
    return {"consent": None, "purposes": None, "consent_ends_utc": None, **_NO_WEAR}


def _person(hub: OpenHub, device: Device, now_utc_s: int) -> dict[str, Any]:
    records = hub.store.records(device)
    return {**_consent(device, records, now_utc_s), **worn(hub, device, records, PURPOSES, now_utc_s)}


def _consent(device: Device, records: list[SignedRecord], now_utc_s: int) -> dict[str, Any]:
    given = last_given(records)
    if given is None:
        return dict(_NO_CONSENT)
    return {
        "consent": standing(device, given, now_utc_s),
        "purposes": sorted({grant.purpose for grant in given.grants}),
        "consent_ends_utc": moment_text(ends_utc_s(given)),
    }


def _consent_text(row: dict[str, Any]) -> str:
    if row["consent"] is None:
        return "?"
    if row["consent"] != "in force":
        return str(row["consent"])
    return f"{', '.join(row['purposes'])} to {row['consent_ends_utc'][:10]}"


COLUMNS: Final = (
    ("label", lambda row: row["label"] or ""),
    ("device", lambda row: row["device"] + (" revoked" if row["revoked"] else "")),
    ("last heard", lambda row: row["heard"] or "never"),
    ("worn h, 7 days", lambda row: hours_text(row["worn_hours"])),
    ("windows", lambda row: share_text(row["windows_share_01"])),
    ("consent", _consent_text),
    ("cert. ends", lambda row: (row["certificate_ends_utc"] or "")[:10]),
    ("schema", lambda row: str(row["schema"])),
)
