"""`make licences`: the licences of every artefact, judged by `packaging/licences.toml`.

licence_report.py INTO ARTEFACT...: writes INTO/licences.md and INTO/licences.json. Exit code 1 where a component has no
licence, or one that the table does not accept for it. Each run plants such components and must find them.
"""

import dataclasses
import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import boolean
from artefacts import Part, licences, parts
from license_expression import ExpressionError, Licensing, get_spdx_licensing

_TEXTS: Final = ("Apache-2.0", "GPL-", "LGPL-", "MPL-2.0")
"""Whose text each Debian has in /usr/share/common-licenses, so that it need not lie in the package once more."""
_OPERATORS: Final = re.compile(r" (?:AND|OR) |[()]")
_PLANTED: Final = {
    "a component without a licence": {"licences": ()},
    "a licence that no row accepts": {"licences": ("AGPL-3.0-only",)},
    "words that are no licence of SPDX": {"licences": ("see the web page",)},
    "a licence that is accepted for another component alone": {"licences": ("GPL-2.0-or-later",)},
    "one of two that is not accepted": {"licences": ("MIT AND AGPL-3.0-only",)},
    "a library that no row names": {"carried": (("libsecret-0a1b2c3d.so.1", None),)},
    "a library of a licence that is not accepted": {"carried": (("libsecret.so", "SSPL-1.0"),)},
    "a part inside, of a licence that is not accepted": {"inside": (("crate 1.0", "SSPL-1.0"),)},
    "a licence without its text": {"files": ()},
}


def main() -> int:
    """Write the report; 1 where something is not as it must be."""
    into, *named = (Path(word) for word in sys.argv[1:])
    rows = licences.table()
    found = [part for artefact in named for part in parts(artefact, rows)]
    wrong = [f"{part.artefact}: {part.name} {part.version}: {one}" for part in found for one in faults(part, rows)]
    wrong += [f"planted, and not found: {name}" for name in unseen(rows)]
    wrong += [] if found else ["no artefact: run 'make deb' first"]
    into.mkdir(parents=True, exist_ok=True)
    table = [dataclasses.asdict(part) for part in found]
    (into / "licences.json").write_text(json.dumps(table, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    (into / "licences.md").write_text("".join(_report(found, rows)), encoding="utf-8")
    print("".join(f"  {one}\n" for one in wrong), end="")
    libraries, inside = (sum(len(getattr(part, name)) for part in found) for name in ("carried", "inside"))
    artefacts = len({part.artefact for part in found})
    print(f"{artefacts} artefacts, {len(found)} components, {libraries} libraries carried, {inside} parts built in")
    print("FAILED" if wrong else f"all accepted; {len(_PLANTED)} planted faults found: {into}/licences.md")
    return 1 if wrong else 0


def faults(part: Part, rows: licences.Table) -> list[str]:
    """What keeps a component from being shipped."""
    found = [] if part.licences else ["no licence"]
    found += [one for text in part.licences for one in refused(text, part.name, rows)]
    for library, text in part.carried:
        said = ["no row of [[carried]]"] if text is None else refused(text, part.name, rows)
        found += [f"{library}: {one}" for one in said]
    found += [f"{name} inside: {one}" for name, text in part.inside for one in refused(text, part.name, rows)]
    known = all(text.startswith(_TEXTS) for text in part.licences)
    if not part.files and not known and part.name != "wardbeat":
        found.append("no licence file")
    return found


def refused(text: str, component: str, rows: licences.Table) -> list[str]:
    """Why an expression is not accepted for a component; empty where it is. Of an OR one side is enough."""
    try:
        expression = _spdx().parse(text, validate=True, strict=True)
    except (ExpressionError, ValueError):
        return [f"{text!r} is no licence of SPDX"]
    allowed = {
        row.id
        for row in rows.accepted
        if not row.components or any(licences.same_name(one, component) for one in row.components)
    }
    return [] if _holds(expression, allowed) else [f"{text} is not accepted for it"]


def unseen(rows: licences.Table) -> list[str]:
    """Which planted faults the same look does not find."""
    good = Part("planted", "planted", "1", ("MIT",), ("planted-1.dist-info/licenses/LICENSE",), (), ())
    if faults(good, rows):
        return ["the good component is refused"]
    return [name for name, change in _PLANTED.items() if len(faults(dataclasses.replace(good, **change), rows)) != 1]


@cache
def _spdx() -> Licensing:
    return get_spdx_licensing()


def _holds(expression: boolean.Expression, allowed: set[str]) -> bool:
    if isinstance(expression, boolean.OR):
        return any(_holds(one, allowed) for one in expression.args)
    if isinstance(expression, boolean.AND):
        return all(_holds(one, allowed) for one in expression.args)
    return str(expression) in allowed


def _report(found: list[Part], rows: licences.Table) -> Iterator[str]:
    yield "# Licences\n\nWardbeat is under Apache-2.0. Its packages pass the following on, unchanged.\n"
    shipped = [text for part in found for text in (*part.licences, *(said for _, said in part.carried if said))]
    single = {one for text in shipped for one in _OPERATORS.split(text)}
    duties = [row for row in rows.accepted if row.duty and row.id in single]
    if duties:
        yield "\n## What passing them on asks for\n\nBeyond keeping the licence files that the packages hold:\n\n"
        yield from (f"* **{row.id}**: {row.duty} {row.reason}\n" for row in duties)
    for artefact in sorted({part.artefact for part in found}):
        yield f"\n## {artefact}\n\n| component | version | licence | licence files | carries | built in |\n"
        yield "|---|---|---|---|---|---|\n"
        for part in (one for one in found if one.artefact == artefact):
            carried = "<br>".join(f"{name}: {text or 'unknown'}" for name, text in part.carried)
            files = "<br>".join(name.partition(".dist-info/")[2] or name.rsplit("/", 1)[-1] for name in part.files)
            built_in = "<br>".join(sorted({f"{name}: {text}" for name, text in part.inside}))
            yield f"| {part.name} | {part.version} | {', '.join(part.licences)} | {files} | {carried} | {built_in} |\n"


if __name__ == "__main__":
    sys.exit(main())
