"""A bill of materials as a program that is not ours sees it: the schema of CycloneDX 1.6, and SPDX's own expressions.

The schema comes with `cyclonedx-python-lib`; no network is used.
"""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from license_expression import ExpressionError, get_spdx_licensing

_SCHEMA: Final = JsonStrictValidator(SchemaVersion.V1_6)
_SPDX: Final = get_spdx_licensing()


def faults(text: str) -> list[str]:
    """What keeps a document from being a bill of CycloneDX 1.6 with licences that SPDX knows."""
    error = _SCHEMA.validate_str(text)
    found = [f"schema: {str(error)[:200]}"] if error is not None else []
    try:
        bill = json.loads(text)
    except ValueError:
        return found
    return found + [f"no expression of SPDX: {one}" for one in sorted(set(_expressions(bill))) if not _is_valid(one)]


def unseen(text: str) -> list[str]:
    """Which of the planted faults the same look does not find; each is planted into a small copy of the document."""
    bill = json.loads(text)
    small = {**bill, "components": [dict(one, components=one["components"][:1]) for one in bill["components"][:2]]}
    if faults(json.dumps(small)):
        return ["the copy itself is refused"]
    missed = []
    for name, plant in PLANTED.items():
        broken = copy.deepcopy(small)
        plant(broken)
        if not faults(json.dumps(broken)):
            missed.append(name)
    return missed


def _of_first(key: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda bill: bill["components"][0].update({key: value})


PLANTED: Final[dict[str, Callable[[dict[str, Any]], None]]] = {
    "an identifier that SPDX does not know": _of_first("licenses", [{"license": {"id": "Ward-1.0"}}]),
    "an expression that SPDX does not know": _of_first("licenses", [{"expression": "MIT OR Ward-1.0"}]),
    "an expression beside a licence": _of_first("licenses", [{"expression": "MIT"}, {"license": {"id": "MIT"}}]),
    "a component without a name": lambda bill: bill["components"][0].pop("name"),
    "a key that is unknown": _of_first("licence", "MIT"),
    "a hash that is too short": lambda bill: bill["components"][0]["components"][0]["hashes"][0].update(content="ab"),
    "two components with one reference": lambda bill: bill["components"].append(bill["components"][0]),
    "a serial number that is none": lambda bill: bill.update(serialNumber="1"),
}


def _expressions(bill: dict[str, Any]) -> Iterator[str]:
    for part in bill.get("components", []):
        yield from (one["expression"] for one in part.get("licenses", []) if "expression" in one)
        yield from _expressions(part)


def _is_valid(expression: str) -> bool:
    try:
        _SPDX.parse(expression, validate=True, strict=True)
    except (ExpressionError, ValueError):
        return False
    return True
