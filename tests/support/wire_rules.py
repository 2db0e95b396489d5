"""FORMAT.md once more, by another hand: cbor2 reads, and each rule stands here as one expression.

A second opinion for `tests/fuzz/wire.py`: it shares no code with `agent.wire` but the tables of features and of codes.
"""

import io
import itertools
import json
import re
import unicodedata
from pathlib import Path

import cbor2

END = 2**53
LAST_SECOND = 253_402_300_799  # of the year 9999
SCHEMA = json.loads((Path(__file__).parents[2] / "agent" / "wire" / "schema_v1.json").read_text())
CODES = json.loads((Path(__file__).parents[2] / "agent" / "wire" / "codes_v2.json").read_text())
DAYS = json.loads((Path(__file__).parents[2] / "agent" / "wire" / "days_v2.json").read_text())
DAY_TOPS = {row["id"]: round((row["high"] - row["low"]) / row["step"]) + 1 for row in DAYS["days"]}
SCALES = {row["id"]: round((row["high"] - row["low"]) / row["step"]) + 1 for row in CODES["scales"]}
FIRST_PURPOSES, DAY_S = {"care", "research", "workplace"}, 86_400
FEATURES = {row["id"]: round((row["high"] - row["low"]) / row["step"]) + 1 for row in SCHEMA["features"]}


def item_of(words):
    """What the bytes encode in the narrow profile, or None."""
    try:
        stream = io.BytesIO(words)
        item = cbor2.CBORDecoder(stream).decode()
        if stream.read() or not _is_narrow(item, 8) or cbor2.dumps(item) != words:
            return None
    except (cbor2.CBORError, ValueError, TypeError, RecursionError, MemoryError, OverflowError):
        return None
    return item


def _is_narrow(item, depth):
    if depth < 0 or isinstance(item, (bool, float)) or item is None:
        return False
    if isinstance(item, int):
        return 0 <= item < END
    if isinstance(item, list):
        return all(_is_narrow(part, depth - 1) for part in item)
    return isinstance(item, (bytes, str))


def shaped(item, *shape):
    """Whether an item is an array of these: int (any), a number (bytes of that length), bytes, str, a set of texts, list."""
    return isinstance(item, list) and len(item) == len(shape) and all(map(_fits, item, shape))


def _fits(part, form):
    if isinstance(form, set):
        return isinstance(part, str) and part in form
    if isinstance(form, int) and not isinstance(form, bool):
        return isinstance(part, bytes) and len(part) == form
    return isinstance(part, form)


def is_plaintext(words):
    item = item_of(words)
    if not shaped(item, 16, int, int, 32, list) or not item[4]:
        return False
    if not all(isinstance(one, list) and one and isinstance(one[0], str) for one in item[4]):
        return False
    kinds = {one[0] for one in item[4]}
    alone = not kinds & {"consent", "erase", "renew", "schema", "features", "ask"} or len(item[4]) == 1
    return len(kinds) == 1 and alone and all(_is_message(one) for one in item[4])


def _is_message(one):
    rest = one[1:]
    match one[0]:
        case "cover":
            return not rest
        case "probe":
            return shaped(rest, 16)
        case "renew":
            return shaped(rest, bytes)
        case "erase":
            return shaped(rest, int, int)
        case "schema":
            return shaped(rest, int) and rest[0] >= 1
        case "features":
            return shaped(rest, 32, list, list, 64) and _is_ids(rest[1]) and _are_grants(rest[2])
        case "context":
            return _is_context(rest)
        case "days":
            return _is_days(rest)
        case "ask":
            return _is_ask(rest)
        case "consent":
            return shaped(rest, bytes, 64)
        case "gap":
            return (
                shaped(rest, 16, int, int, int, {"age", "rows", "bytes", "file"})
                and 1 <= rest[3] <= rest[2] - rest[1] + 1
            )
        case "summary":
            return _is_summary(rest)
    return False


def _is_summary(rest):
    if not shaped(rest, int, {*FIRST_PURPOSES, "score"}, 32, int, int, list):
        return False
    rows = rest[5]
    if (
        rest[0] != (1 if rest[1] in FIRST_PURPOSES else 2)
        or not rest[3] < rest[4]
        or not rows
        or not all(shaped(row, *[int] * 7) for row in rows)
    ):
        return False
    ids = [row[0] for row in rows]
    return ids == sorted(set(ids)) and all(_is_value(*row) for row in rows)


def _is_ids(ids):
    return 1 <= len(ids) <= 256 and all(isinstance(one, int) for one in ids) and ids == sorted(set(ids))


def _are_grants(grants):
    if len(grants) > 64 or not all(shaped(one, str, {"score", "group"}, str) for one in grants):
        return False
    return _ascend(grants) and all(max(len(one[0]), len(one[2])) <= 64 for one in grants)


def _is_context(rest):
    if not shaped(rest, int, {*FIRST_PURPOSES, "score"}, 32, int, list, list, list, list) or rest[0] != 1:
        return False
    begins, parts = rest[3] * DAY_S, rest[4:]
    if begins > LAST_SECOND or not all(len(part) <= 24 for part in parts):
        return False
    for part, width in zip(parts, (3, 3, 2, 3), strict=True):
        if not all(shaped(row, *[int] * width) and begins <= row[0] < begins + DAY_S for row in part) or not _ascend(
            part
        ):
            return False
    shifts, changes, offsets, answers = parts
    return (
        all(0 < end - start <= 36 * 3600 and _has("shifts", kind) for start, end, kind in shifts)
        and all((not until or until > at) and _has("changes", kind) for at, kind, until in changes)
        and all(minutes <= 2880 for _, minutes in offsets)
        and all(1 <= v <= SCALES.get(scale, 0) for _, scale, v in answers)
    )


def _is_days(rest):
    if (
        not shaped(rest, int, {*FIRST_PURPOSES, "score"}, 32, int, list)
        or rest[0] != 1
        or rest[3] * DAY_S > LAST_SECOND
    ):
        return False
    rows = rest[4]
    if not all(
        shaped(row, int, int, int) and 1 <= row[1] <= DAY_TOPS.get(row[0], 0) and row[2] <= 1000 for row in rows
    ):
        return False
    return all(one[0] < two[0] for one, two in itertools.pairwise(rows))


def _is_ask(rest):
    if not shaped(rest, int, 32, int, int, int, str) or rest[0] != 1 or rest[2] > LAST_SECOND:
        return False
    names = {row["id"]: row["name"] for row in CODES["asks"]}
    name, about, words = names.get(rest[3]), rest[4], rest[5]
    if name is None or (about > 0) != (name in ("hold", "seen")) or (words and name != "see"):
        return False
    plain = (unicodedata.category(letter)[0] not in "CZ" for letter in words.replace("\n", "").replace(" ", ""))
    return len(words) <= 500 and all(plain)


def _has(table, code):
    return any(row["id"] == code for row in CODES[table])


def _ascend(rows):
    return all(one < two for one, two in itertools.pairwise(rows))


def _is_value(which, value, n, coverage, edited, low, high):
    if which not in FEATURES or (value == 0 and any((n, coverage, edited, low, high))):
        return False
    return max(value, low, high) <= FEATURES[which] and max(coverage, edited) <= 1000


def is_answers(words):
    item = item_of(words)
    second = shaped(item, int, 16, list, int, int, int, 32) and item[3] >= 2 and item[4] <= LAST_SECOND
    return (second or shaped(item, int, 16, list)) and all(_is_answer(one) for one in item[2])


def _is_answer(one):
    if not isinstance(one, list) or not one or not isinstance(one[0], str):
        return False
    if one[0] not in ("certificate", "erased", "notice", "receipt", "score", "alert", "looks"):
        return True  # of a newer hub: passed over
    if shaped(one, {"score", "alert"}, bytes, 64):
        return True  # what its body says, `is_score` and `is_alert` judge
    if shaped(one, {"looks"}, 32, list):
        return 1 <= len(one[2]) <= 40 and all(isinstance(look, bytes) for look in one[2])
    if shaped(one, {"certificate"}, bytes):
        return True
    if shaped(one, {"erased"}, str, list, 64):
        return shaped(one[2], int, int, int, int, int)
    if shaped(one, {"notice"}, int, 16, int, int):
        return True
    if not shaped(one, {"receipt"}, 16, int, 32, list) or len(one[4]) > 40:
        return False
    return all(shaped(entry, int, 32, int) for entry in one[4])


def is_directory(words):
    item = item_of(words)
    if (
        not shaped(item, int, int, int, int, list, list, list, list)
        or item[3] not in (0, 1)
        or not item[4]
        or max(item[1:3]) > LAST_SECOND
    ):
        return False
    kems = all(shaped(kem, 1216, int) and kem[1] <= LAST_SECOND for kem in item[4])
    signs = all(_fits(key, 32) for keys in item[5:7] for key in keys)
    return kems and signs and all(_fits(key, 8) for key in item[7])


def is_request(words):
    """Its names, lengths and flag; whether its keys are sound and sign is what the mutation changed, or did not."""
    item = item_of(words)
    return shaped(item, str, 16, 32, 1216, 32, bytes, int, bytes, 32) and item[6] in (0, 1) and len(item[7]) in (0, 32)


def is_erasure(words):
    item = item_of(words)
    return shaped(item, str, 32, int) and re.fullmatch("[A-Za-z0-9-]{1,64}", item[0]) is not None


def is_score(body):
    """The body of a score, whoever signed it."""
    item = item_of(body)
    if not shaped(item, str, int, int, int, int, int, str, int, int, int, int, int, list):
        return False
    day, made_utc_s, model, known, index, low, high, reason, points = item[2], *item[5:]
    if day * DAY_S > LAST_SECOND or made_utc_s > LAST_SECOND or known > 7 or max(index, low, high) > 10_001:
        return False
    if not 1 <= len(model) <= 32 or not model.isprintable() or not all(shaped(one, int, int) for one in points):
        return False
    if not all(_has("channels", code) and v <= 20_000 for code, v in points):
        return False
    codes = [code for code, _ in points]
    if index == 0:
        return low == high == 0 and not points and _has("reasons", reason)
    return reason == 0 and bool(points) and 1 <= low <= index <= high and codes == sorted(set(codes))


def is_alert(body):
    """The body of an alert, whoever signed it."""
    item = item_of(body)
    if not shaped(item, str, *[int] * 8):
        return False
    number, rule, state, since_day, made_utc_s, team_utc_s = item[2], *item[4:]
    is_timed = since_day * DAY_S <= LAST_SECOND and max(made_utc_s, team_utc_s) <= LAST_SECOND
    return number >= 1 and _has("rules", rule) and _has("alert_states", state) and is_timed


def is_look(data):
    """One look of a list."""
    item = item_of(data)
    if not shaped(item, int, int, str, int, int) or item[0] < 1 or item[1] > LAST_SECOND:
        return False
    is_name = 1 <= len(item[2]) <= 64 and item[2].isprintable()
    return is_name and _has("team_roles", item[3]) and _has("views", item[4])
