"""A whole export: files of one moment in a new folder, or nothing; with a dictionary, and a note of what left."""

import csv
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

from agent.errors import WrongUse
from agent.wire.message import PURPOSES, DaysMessage
from hub.export.days import DAY_FORMATS, FILE, HEADING, ExportDay, rows_of_day
from hub.export.formats import FORMATS, dictionary
from hub.export.rows import ExportRow, pseudonym, rows_of
from hub.keys.devices import Device
from hub.keys.keystore import KeyStore
from hub.store.store import Store

_STUDY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be exported.

    Attributes:
        study: Name of the study; its pseudonyms are its own.
        purposes: Only what was sent for these.
        recipient: To whom it goes, for the watermark; one line.
    """

    study: str
    purposes: tuple[str, ...]
    recipient: str

    def check(self) -> None:
        """Refuse names that could not stand in a file.

        Raises:
            WrongUse: Says which.
        """
        if not _STUDY.fullmatch(self.study):
            raise WrongUse(
                f"the study's name {self.study[:40]!r} is not valid",
                remedy="Use 1 to 32 letters, digits, '_' and '-'; the first is a letter or digit.",
            )
        unknown = [purpose for purpose in self.purposes if purpose not in PURPOSES]
        if unknown or not self.purposes:
            raise WrongUse(f"there is no purpose {unknown}", remedy=f"There are: {', '.join(PURPOSES)}.")
        if not 1 <= len(self.recipient) <= 100 or not self.recipient.isprintable():
            raise WrongUse("the recipient is not one printable line", remedy="Name who receives the export: --to NAME.")


def export(keys: KeyStore, store: Store, into: Path, asked: Asked, now_utc_s: int) -> dict[str, Any]:
    """Write the files; returns what the manifest says.

    Args:
        keys, store: Of the hub.
        into: A folder that is not there yet.
        asked: What.
        now_utc_s: The hub's clock.

    Raises:
        WrongUse: The folder is there, or a name is not valid.
    """
    asked.check()
    if into.exists():
        raise WrongUse(f"{into} is there already", remedy="Name a new folder; nothing is overwritten.")
    made = datetime.fromtimestamp(now_utc_s, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    synthetic = "SYNTHETIC, " if keys.synthetic else ""
    watermark = f"{synthetic}{keys.site}, study {asked.study}, to {asked.recipient}, {made}"
    partial = into.with_name(f".{into.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700, parents=True)
    try:
        manifest = _write(keys, store, partial, asked, watermark)
        partial.replace(into)
    finally:
        with suppress(FileNotFoundError):
            shutil.rmtree(partial)
    _note(keys, asked, manifest, made)
    return manifest


def _write(keys: KeyStore, store: Store, folder: Path, asked: Asked, watermark: str) -> dict[str, Any]:
    """All files in one pass: each window and each day is decrypted once."""
    people: set[str] = set()
    words_of = {row.file: row.words for row in FORMATS} | {FILE: "one row for each value of a day"}
    with ExitStack() as opened:
        files = {name: opened.enter_context(_File(folder / name)) for name in words_of}
        for row in FORMATS:
            files[row.file].add(row.heading)
        files[FILE].add(HEADING)
        for rows in _windows(keys, store, asked):
            people.add(rows[0].person)
            for row in FORMATS:
                for line in row.lines(rows, watermark):
                    files[row.file].add(line)
        for of_person in _days(keys, store, asked):
            people.add(of_person[0].person)
            for format_of_days in DAY_FORMATS:
                for line in format_of_days.lines(of_person, watermark):
                    files[format_of_days.file].add(line)
    written = {
        name: {"words": words, "lines": files[name].lines, "sha256": files[name].digest.hexdigest()}
        for name, words in words_of.items()
    }
    (folder / "dictionary.json").write_text(json.dumps(dictionary(), indent=1) + "\n", encoding="utf-8")
    with (folder / "dictionary.csv").open("w", encoding="utf-8", newline="") as out:
        table = csv.DictWriter(out, list(dictionary()[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(dictionary())
    about = {"watermark": watermark, "study": asked.study, "purposes": list(asked.purposes), "people": len(people)}
    manifest = {**about, "files": written}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return manifest


class _File:
    """A file that is written line by line, with its hash."""

    def __init__(self, path: Path) -> None:
        self._out = path.open("w", encoding="utf-8", newline="")
        self.digest, self.lines = hashlib.sha256(), 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._out.close()

    def add(self, line: str) -> None:
        if line:
            self._out.write(line)
            self.digest.update(line.encode())
            self.lines += 1


def _windows(keys: KeyStore, store: Store, asked: Asked) -> Iterator[list[ExportRow]]:
    """The rows of each window, person by person; only what stands under a signed consent that was not withdrawn."""
    for person, device, profiles in _people(keys, store, asked):
        for arrived in store.windows_of(device.kid):
            for window in arrived.summaries():
                profile = profiles.get(window.message.consent_hash)
                if profile is not None and window.message.purpose in asked.purposes:
                    yield list(rows_of(window, person, profile))


def _days(keys: KeyStore, store: Store, asked: Asked) -> Iterator[list[ExportDay]]:
    """The values of each person's days, under the same rule: of a day's statements the newest."""
    for person, device, profiles in _people(keys, store, asked):
        newest: dict[tuple[int, str], tuple[int, DaysMessage]] = {}
        for arrived in store.days_of(device.kid):
            for index, message in arrived.days():
                known = newest.get((message.day, message.purpose), (-1, message))
                if message.consent_hash in profiles and message.purpose in asked.purposes and index > known[0]:
                    newest[message.day, message.purpose] = (index, message)
        rows = [
            row
            for _, (_, message) in sorted(newest.items())
            for row in rows_of_day(message, person, profiles[message.consent_hash])
        ]
        if rows:
            yield rows


def _people(keys: KeyStore, store: Store, asked: Asked) -> Iterator[tuple[str, Device, dict[bytes, str]]]:
    """Pseudonym, device, and the profile of each signed consent that was not withdrawn.

    The order of people is that of their pseudonyms: it links nobody in two studies.
    """
    study = study_key(keys, asked.study)
    people = [(pseudonym(keys, study, device.kid), device) for device in keys.devices.all()]
    for person, device in sorted(people, key=lambda pair: pair[0]):
        ended = max(device.withdrawn_serial, device.erased_serial)
        records = (signed.record for signed in store.records(device))
        yield person, device, {record.hash: record.profile for record in records if record.serial > ended}


def study_key(keys: KeyStore, study: str) -> bytes:
    """The key of a study's pseudonyms; made at its first export."""
    name = f"study {study}"
    try:
        return keys.value(name)
    except KeyError:
        made = os.urandom(_KEY_BYTES)
        keys.put({name: made})
        return made


def _note(keys: KeyStore, asked: Asked, manifest: dict[str, Any], made: str) -> None:
    """Which exports there are, with their hashes: an erasure can name them."""
    known = json.loads(keys.text("exports") or "[]")
    digests = {name: of["sha256"] for name, of in manifest["files"].items()}
    entry = {"made": made, "study": asked.study, "to": asked.recipient, "people": manifest["people"], "sha256": digests}
    keys.put({"exports": json.dumps([*known, entry]).encode()})
