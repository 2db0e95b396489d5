"""Exports with bytes put in, cut out, turned and doubled, and the days that an export names: found without the agent.

An import may give a value only for a day that a record of the original or of the mutated export names. The days are
looked for in the bytes themselves: ``2025-06-02``, ``06/02/25``, milliseconds, and the seconds of FIT. Forms in UTC may
move a day.
"""

import io
import random
import re
import struct
import zipfile
from collections.abc import Iterable
from datetime import date

from tests.support import fit_monitoring
from tests.support.health_exports import SAMPLES, Sample, zipped

PIECES = [
    b"\0", b"\xff", b"\xff\xff\xff\xff", b"nan", b"-1", b"1e400", b",", b";", b"\n", b"{", b"]", b'"', b"<", b">", b"&#x0;", b"&lol;", b"99999999",
    b"2025-06-02", b"1970-01-01", b"2099-12-31", b"06/31/25", b"24:00:00", b"+9900", b"-0500", b"null", b"[[[[[[", b"PT99999H", b"0", b"9", b" ",
]  # fmt: skip
IN_UTC = ("garmin", "samsung", "fit")
_DAY = re.compile(rb"(\d{4})-(\d\d)-(\d\d)")
_AMERICAN = re.compile(rb"(\d\d)/(\d\d)/(\d\d)")
_MILLISECONDS = re.compile(rb"\d{12,13}")
_FIT_DAY = (date(1989, 12, 31) - date(1970, 1, 1)).days


def turned(data: bytes, random_: random.Random) -> bytes:
    """One to four changes of some bytes."""
    found = bytearray(data)
    for _ in range(random_.randint(1, 4)):
        at = random_.randrange(max(len(found), 1))
        kind = random_.randrange(6)
        if kind == 0 and found:
            found[at] ^= 1 << random_.randrange(8)
        elif kind == 1:
            found[at : at + random_.randint(0, 12)] = random_.choice(PIECES)
        elif kind == 2:
            del found[at : at + random_.randint(1, 60)]
        elif kind == 3:
            found[at:at] = found[at : at + random_.randint(1, 300)]
        elif kind == 4 and (digits := [i for i, byte in enumerate(found[at : at + 200], at) if 48 <= byte <= 57]):
            found[random_.choice(digits)] = random_.randrange(48, 58)
        elif random_.random() < 0.1:
            del found[at:]
    return bytes(found)


def mutated(sample: Sample, random_: random.Random) -> bytes:
    """A changed export; in an archive mostly one of its files, in FIT half the time with right sums."""
    data = sample.data
    if data[:2] == b"PK" and random_.random() < 0.85:
        files = members(data)
        name = random_.choice(sorted(files))
        return zipped({**files, name: turned(files[name], random_)})
    if sample.format == "fit" and random_.random() < 0.5:
        return fit_monitoring.packed(turned(data[14:-2], random_))
    return turned(data, random_)


def members(data: bytes) -> dict[str, bytes]:
    """The files of an archive; none where it is damaged."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except Exception:  # whatever it says of damaged bytes, no file of it can be read
        return {}


def named_days(sample: Sample, data: bytes) -> set[int]:
    """Days that an export of this format names."""
    texts = [data, *(text for name, inside in members(data).items() for text in (name.encode(), inside))]
    days = {found for text in texts for found in _written(text)}
    if sample.format == "fit":
        seconds = {struct.unpack_from("<I", data, at)[0] for at in range(max(len(data) - 3, 0))}
        # sixteen bits of time move on by up to eighteen hours a message
        days |= {second // 86_400 + _FIT_DAY + late for second in seconds for late in range(8)}
    return days | {day + way for day in days for way in (-1, 1)} if sample.format in IN_UTC else days


def _written(text: bytes) -> Iterable[int]:
    parts = [tuple(int(part) for part in found) for found in _DAY.findall(text)]
    parts += [(2000 + int(year), int(month), int(day)) for month, day, year in _AMERICAN.findall(text)]
    for year, month, day in parts:
        try:
            yield (date(year, month, day) - date(1970, 1, 1)).days
        except ValueError:
            continue
    yield from (int(found) // 86_400_000 for found in _MILLISECONDS.findall(text))


def wrong_days(sample: Sample, data: bytes, days: Iterable[int]) -> set[int]:
    """Days with a value that neither the original nor the changed export names."""
    return set(days) - named_days(sample, sample.data) - named_days(sample, data)


def drawn(seed: int, count: int) -> Iterable[tuple[Sample, bytes]]:
    """Changed exports, by turns of all formats."""
    random_ = random.Random(seed)
    for number in range(count):
        sample = SAMPLES[number % len(SAMPLES)]
        yield sample, mutated(sample, random_)
