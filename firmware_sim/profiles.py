"""Straps as they are met in the field: what `StrapSpec` says of each, and where that is known from.

| profile | what it does | known from |
|---|---|---|
| h10 | one link; drops it 45 s after it was taken off the skin | Polar's SDK notes |
| verity | optical: heart rate without intervals | Heart Rate Service: RR is optional |
| tickr | up to three links, tells skin contact | maker's support page |
| garmin_dual | two links; asks for an interval of 250 to 500 ms, and its packets wait for it | its PPCP |
| stops_30 | leaves 30 s after connecting | bluepy #53 |
| stalls_100 | after 100 s nothing more comes over a link that is up | field reports |
| stops_150 | leaves 150 s after connecting | OpenHRV #39 |
| rejects_parameters | leaves with 0x3B 30 s after its wish for an interval was refused | bluepy #53 |
| needs_bond | tells its beats only to whom it is paired with, and drops the link after pairing | bleak #1943 |
| tells_when_held | while held it goes on advertising, but nobody can connect | Polar's broadcast |
"""

from typing import Any, Final

STRAP_PROFILES: Final[dict[str, dict[str, Any]]] = {
    "plain": {},
    "h10": {"maker": "Polar Electro Oy", "model": "H10", "energy": False, "off_skin_s": 45.0},
    "verity": {"maker": "Polar Electro Oy", "model": "Verity Sense", "energy": False, "intervals": False},
    "tickr": {"maker": "Wahoo Fitness", "model": "TICKR", "links": 3},
    "garmin_dual": {"maker": "Garmin", "model": "HRM-Dual", "links": 2, "interval_ms": (250, 500)},
    "stops_30": {"drops_after_s": 30.0},
    "stalls_100": {"stalls_after_s": 100.0},
    "stops_150": {"drops_after_s": 150.0},
    "rejects_parameters": {"interval_ms": (312, 500), "insists": True},
    "needs_bond": {"bond": True},
    "tells_when_held": {"tells_when_held": True},
}
