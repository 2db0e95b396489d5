"""Mutated envelopes, directories, answers and enrollment papers: nothing crashes, nothing wrong is accepted.

make fuzz ROOM=wire ENVELOPES=1000000 PAPERS=100000 SEED=1        a table: refusals by name, crashes, wrongly accepted

Half are mutated outside, as a stranger would; half inside, and then sealed and signed by those whose keys are enrolled,
so that decoder and schema are reached. What an enrolled device may say is not for the hub to doubt: of those, an
acceptance is wrong where a second reading, by cbor2 and the rules of FORMAT.md, says no.
"""

import contextlib
import os
import random
import struct
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import cbor2

from agent.errors import WireRefused
from agent.model import CodedDay
from agent.wire import alert, codec, directory, enroll, envelope, erasure, looks, message, receipt, score
from agent.wire.envelope import Sender
from agent.wire.keys import SEED_BYTES, SignKey, kid, receive_public
from agent.wire.labels import Label, down_topic
from agent.wire.plaintext import encode_plaintext
from hub.receive import verify
from tests.support.hub_messages import data_message, send_consent
from tests.support.wire_rules import is_answers, is_directory, is_erasure, is_plaintext, is_request, is_score
from tests.support.world import START_UTC_S, make_world

EDGES = (0, 1, 23, 24, 255, 256, 65_535, 65_536, 2**32, 2**53 - 1, 2**53, 2**63, 2**64 - 1)
STRANGE = (b"\xf4", b"\xf6", b"\xfb\x7f\xf8" + bytes(6), b"\x20", b"\x5f\x41\x00\xff", b"\x9f\x00\xff", b"\xa1\x00\x00",
           b"\xa2\x01\x00\x01\x00", b"\xc1\x00", b"\xd8\x1c\x81\x00", b"\xc2\x41\x01", b"\x7f\x61\x61\xff")  # fmt: skip
GRANTS = tuple(message.Grant(signal, purpose, "Test service") for signal, purpose in (("context", "score"), ("heart", "group"), ("heart", "score")))  # fmt: skip
DAY = START_UTC_S // 86_400
CONTEXT = message.ContextMessage(
    "score", bytes(32), DAY, (message.NotedShift(DAY * 86_400 + 25_200, DAY * 86_400 + 54_000, 1),),
    (message.NotedChange(DAY * 86_400 + 60, 2, 0), message.NotedChange(DAY * 86_400 + 60, 3, DAY * 86_400 + 90)),
    (message.ClockOffset(DAY * 86_400, 1560),),
    (message.NotedAnswer(DAY * 86_400 + 9, 1, 5), message.NotedAnswer(DAY * 86_400 + 9, 6, 11)),
)  # fmt: skip
DAYS = message.DaysMessage(
    "score", bytes(32), DAY, (CodedDay(302, 2, 1000), CodedDay(321, 65, 930), CodedDay(344, 1, 0))
)
SCORE = score.Score("0123456789abcdef", START_UTC_S, DAY, 1, 9, START_UTC_S, "weeks 1", 3, 61.5, 50.0, 70.25, "",
                    (("ln_rmssd", -4.5), ("hr_bpm", 16.0)))  # fmt: skip
ASKS = tuple(
    message.AskMessage(bytes(32), START_UTC_S, *said)
    for said in ((1, 0, "Please look at my weeks.\nI sleep badly. \u00c4"), (2,), (3, 7), (4, 7))
)
ALERT = alert.Alert("0123456789abcdef", START_UTC_S, 3, START_UTC_S, "silent_days", "with_person", DAY, START_UTC_S, 0)
LOOK = looks.Look(1, START_UTC_S, "A. Member", "member", "person")
NO_SCORE = replace(SCORE, index=None, low=None, high=None, reason="thin", points=())


class Mutator:
    """Seeded changes of bytes and of what they encode."""

    def __init__(self, seed):
        self.chance = random.Random(seed)

    def bytes(self, given):
        """One to three changes of a byte string; never the same again."""
        changed = bytearray(given)
        for _ in range(self.chance.randint(1, 3)):
            self._one(changed)
        return bytes(changed) if bytes(changed) != given else bytes([*changed, 0])

    def _one(self, changed):
        chance, at = self.chance, self.chance.randrange(len(changed) + 1)
        match chance.randrange(8):
            case 0 | 1 | 2 if at < len(changed):
                changed[at] ^= 1 << chance.randrange(8)
            case 3 if at < len(changed):
                changed[at] = chance.choice((0, 0x18, 0x1B, 0x5F, 0x7F, 0x80, 0x9F, 0xFF))
            case 4:
                del changed[at : at + chance.choice((1, 7, 32))]
            case 5:
                changed[at:at] = chance.randbytes(chance.choice((1, 7, 32)))
            case 6:
                changed[at : at + 32] = changed[: len(changed[at : at + 32])]
            case _:
                changed += changed[:1] or b"\0"

    def tree(self, item):
        """An item with one node changed: another number, length, type, order, depth."""
        places = list(_places(item))
        path = self.chance.choice(places)
        return _with(item, path, self._other(_at(item, path)))

    def _other(self, node):
        chance = self.chance
        if chance.random() < 0.15:
            return chance.choice((0, 2**53, b"", "", [], [[]], node, [node], [node, node], "summary", bytes(32)))
        if isinstance(node, int):
            return chance.choice((*EDGES, node + 1, max(0, node - 1)))
        if isinstance(node, bytes):
            return self.bytes(node)[: chance.choice((None, len(node)))]
        if isinstance(node, str):
            return chance.choice((node + "x", node[:-1], node.upper(), "\u0000", "erase", "cover", "notice", "é" * 30))
        shuffled = list(node)
        match chance.randrange(4):
            case 0:
                chance.shuffle(shuffled)
            case 1 if shuffled:
                shuffled.pop(chance.randrange(len(shuffled)))
            case 2 if shuffled:
                shuffled.insert(chance.randrange(len(shuffled)), chance.choice(shuffled))
            case _:
                shuffled.append(chance.choice((0, b"", [], "x")))
        return shuffled

    def loosely(self, item):
        """Encoded as a careless or hostile encoder would: longer heads, tags, floats, maps, bytes left over."""
        found = self._loose(item, 0.03)
        return found + b"\0" if self.chance.random() < 0.05 else found

    def _loose(self, item, share):
        chance = self.chance
        if chance.random() < share:
            return chance.choice(STRANGE)
        wide = chance.random() < share
        if isinstance(item, int):
            return _head(0, item, wide)
        if isinstance(item, bytes):
            return _head(2, len(item), wide) + item
        if isinstance(item, str):
            return _head(3, len(item.encode()), wide) + item.encode()
        return _head(4, len(item), wide) + b"".join(self._loose(part, share) for part in item)

    def words(self, given):
        """Words mutated inside: as a tree, as loose encoding, or as bytes."""
        match self.chance.randrange(4):
            case 0:
                return self.bytes(given)
            case 1:
                return self.loosely(codec.decode(given))
            case 2:
                return self.loosely(self.tree(codec.decode(given)))
            case _:
                changed = codec.decode(given)
                for _ in range(self.chance.randint(1, 2)):
                    changed = self.tree(changed)
                return self._loose(changed, 0.0)


def _head(major, number, wide):
    """A CBOR head; ``wide`` takes eight bytes where fewer would do. A number beyond 64 bits is cut."""
    number &= 2**64 - 1
    if wide or number >= 2**32:
        return bytes([major << 5 | 27]) + struct.pack(">Q", number)
    for low, form, end in ((24, ">B", 256), (25, ">H", 65_536), (26, ">I", 2**32)):
        if number < 24:
            return bytes([major << 5 | number])
        if number < end:
            return bytes([major << 5 | low]) + struct.pack(form, number)
    raise AssertionError


def _places(item, path=()):
    yield path
    if isinstance(item, list):
        for at, part in enumerate(item):
            yield from _places(part, (*path, at))


def _at(item, path):
    for step in path:
        item = item[step]
    return item


def _with(item, path, other):
    if not path:
        return other
    copy = list(item)
    copy[path[0]] = _with(copy[path[0]], path[1:], other)
    return copy


class Tally:
    """What became of the mutated."""

    def __init__(self):
        self.made, self.refused, self.crashed, self.wrong, self.right = 0, Counter(), Counter(), [], 0

    @contextlib.contextmanager
    def one(self, told):
        """Judge one: refused by name, accepted and right, accepted and wrong, or crashed."""
        self.made += 1
        try:
            yield
        except WireRefused as refused:
            self.refused[refused.reason] += 1
        except Exception as error:
            self.crashed[f"{type(error).__name__}: {told()[:40].hex()}"] += 1
        else:
            self.right += 1

    def accepted(self, data, *, is_right):
        if not is_right:
            self.right -= 1
            self.wrong.append(data)


class Room:
    """A hub, an enrolled device, and one good one of everything."""

    def __init__(self, folder):
        self.world = make_world(folder)
        self.receiver = self.world.receiver()
        self.keys, self.store = self.receiver.keys, self.receiver.store
        record = send_consent(self.world, self.receiver)
        self.sender = self.world.identity.sender()
        self.public = self.world.identity.directory().directory.kems[-1].public
        stream, digest = bytes(range(16)), bytes(32)
        kinds = (
            (data_message(record),), (data_message(record), data_message(record, start=START_UTC_S + 300)), (message.CoverMessage(),),
            (message.ProbeMessage(bytes(16)),), (message.RenewMessage(b"csr"),), (message.GapMessage(stream, 3, 9, 7, "age"),),
            (message.EraseMessage(1, START_UTC_S),), (message.ConsentMessage(b"x" * 90, bytes(64)),),
            (message.SchemaMessage(2),), (message.FeaturesMessage(digest, (1, 2, 161), GRANTS, bytes(64)),),
            (replace(data_message(record), purpose="score"),), (CONTEXT,), (DAYS,), *((one,) for one in ASKS),
        )  # fmt: skip
        self.words = [encode_plaintext(message.Plaintext(stream, 4, 7 + n, digest, one)) for n, one in enumerate(kinds)]
        self.answers = receipt.encode_answers(
            receipt.Answers(
                1, stream,
                (receipt.Receipt(stream, 9, digest, tuple(receipt.Entry(n, digest, 1) for n in range(1, 6))),
                 receipt.Notice(1, stream, 4, 2), receipt.Certificate(b"der"), receipt.Erased("x", 1, 2, 3, 4),
                 receipt.ScoreMessage(SCORE.encode(), bytes(64)), receipt.AlertMessage(ALERT.encode(), bytes(64)),
                 receipt.LooksMessage(digest, (LOOK.encode(), replace(LOOK, number=2).encode()))),
                2, START_UTC_S, receipt.Place(9, digest),
            )
        )  # fmt: skip
        self.down = Sender(
            self.keys.sign_key("receipt"),
            bytes(32),
            self.keys.site,
            down_topic(self.keys.site, self.world.identity.device),
        )
        self.consent_key, self.recovery_key = (SignKey.of(os.urandom(SEED_BYTES)) for _ in range(2))
        request = enroll.Request(
            self.keys.site, bytes(enroll.CODE_BYTES), self.world.identity.sign.public,
            self.world.identity.receive.public, self.consent_key.public, b"csr", True, b"",
            self.recovery_key.public,
        )  # fmt: skip
        self.wish = erasure.Wish(self.keys.site, self.recovery_key.public, START_UTC_S).encode()
        self.request = request.encode()

    def seal(self, words, seq):
        return self.sender.seal(receive_public(self.public), kid(self.public), (bytes(range(16)), seq), words)

    def answer(self, words):
        me = self.world.identity.receive.public
        return self.down.seal(receive_public(me), kid(me), (bytes(16), 1), words)

    def read_envelope(self, data):
        return verify.opened(self.keys, verify.authentic(self.keys, self.world.topic, data))

    def read_directory(self, published):
        return directory.verified(published, self.keys.site, self.keys.value("root public"), 0).directory


def envelopes(room, count, seed, read=None):
    """(outside, inside) tallies."""
    read, mutate = read or room.read_envelope, Mutator(seed)
    outside, inside = Tally(), Tally()
    good = [room.seal(words, 1 + n) for n, words in enumerate(room.words)]
    for n in range(count // 2):
        changed = _outside(mutate, good, n)
        if changed in good:  # a change that changed nothing
            changed = mutate.bytes(changed)
        with outside.one(lambda changed=changed: changed):
            read(changed)
            outside.accepted(changed, is_right=False)
    for n in range(count - count // 2):
        words = mutate.words(room.words[n % len(room.words)])
        if len(words) > envelope.MAX_WORDS_BYTES:
            continue
        with inside.one(lambda words=words: words):
            read(room.seal(words, mutate.chance.choice(EDGES[1:10])))
            inside.accepted(words, is_right=is_plaintext(words))
    return outside, inside


def _outside(mutate, good, n):
    """A stranger's change: bytes, a field of another envelope, bytes moved from ciphertext to header, another number."""
    one = good[n % len(good)]
    row = codec.decode(one)
    match n % 5:
        case 0:
            return mutate.bytes(one)
        case 1:
            at = mutate.chance.randrange(len(one))
            return one[:at] + bytes([one[at] ^ (1 << mutate.chance.randrange(8))]) + one[at + 1 :]
        case 2:
            other = codec.decode(mutate.chance.choice([two for two in good if two != one]))
            at = mutate.chance.randrange(3)
            return codec.encode([other[place] if place == at else part for place, part in enumerate(row)])
        case 3:
            moved = mutate.chance.choice((1, 7, 32))
            return codec.encode([row[0] + row[1][:moved], row[1][moved:], row[2]])
        case _:
            header = mutate.tree(codec.decode(row[0]))
            return mutate._loose([mutate._loose(header, 0.02), row[1], row[2]], 0.0)


def signed_papers(room):
    """Of each kind: (a good one, its reader, its words, who signs words, the second reading)."""
    published = room.keys.published()
    cert, cert_signature, body, _ = codec.decode(published)
    key = room.keys.sign_key("directory")
    proofs = room.world.identity.sign, room.consent_key, room.recovery_key

    def directory_of(words):
        return codec.encode([cert, cert_signature, words, key.sign(Label.DIRECTORY, room.keys.site, words)])

    def request_of(words):
        return enroll.signed_request(_Bare(words, room.keys.site), *proofs)

    def wish_of(words):
        return erasure.signed_wish(_Bare(words, room.keys.site), room.recovery_key)

    opened = room.world.identity.open_answers
    return {
        "directories": (published, room.read_directory, body, directory_of, is_directory),
        "answers": (room.answer(room.answers), opened, room.answers, room.answer, is_answers),
        "requests": (request_of(room.request), enroll.verified_request, room.request, request_of, is_request),
        "erasures": (wish_of(room.wish), erasure.verified_wish, room.wish, wish_of, is_erasure),
    }


def papers(room, count, seed):
    """Tallies of directories, answers, requests and erasures, outside and inside."""
    mutate, found = Mutator(seed), {}
    rows = signed_papers(room)
    for name, (good, read, words, sign, is_right) in rows.items():
        outside, inside = Tally(), Tally()
        for _ in range(count // 8):
            changed = mutate.bytes(good)
            with outside.one(lambda changed=changed: changed):
                read(changed)
                outside.accepted(changed, is_right=False)
            other = mutate.words(words)
            if name == "answers" and len(other) > envelope.MAX_WORDS_BYTES:
                continue
            with inside.one(lambda other=other: other):
                read(sign(other))
                inside.accepted(other, is_right=is_right(other))
        found[f"{name}, outside"], found[f"{name}, inside"] = outside, inside
    found["scores, inside"] = bodies = Tally()
    for n in range(count // 8):
        body = mutate.words((SCORE, NO_SCORE)[n % 2].encode())
        with bodies.one(lambda body=body: body):
            score.decode_score(body)
            bodies.accepted(body, is_right=is_score(body))
    return found


class _Bare:
    """Words in the place of a request, so that the real signing serves them."""

    def __init__(self, words, site):
        self._words, self.site = words, site

    def encode(self):
        return self._words


def planted(room, seed):
    """The same detectors on readers that are wrong: a hub that checks no signature, and one that decodes loosely."""

    def trusting(data):
        envelope.decode(data)

    def loose(data):
        words = verify.authentic(room.keys, room.world.topic, data).sealed.open(
            room.keys.kems.of(kid(room.public)), room.keys.site, room.world.topic
        )
        cbor2.loads(words)  # reads what is there, and nothing of the rules

    outside, _ = envelopes(room, 2000, seed, trusting)
    _, inside = envelopes(room, 2000, seed, loose)
    return len(outside.wrong), len(inside.wrong), sum(inside.crashed.values())


def main():
    """The table."""
    count, of_papers = int(os.environ.get("ENVELOPES", "1000000")), int(os.environ.get("PAPERS", "100000"))
    seed = int(os.environ.get("SEED", "1"))
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        room = Room(Path(folder))
        trusting, loose, crashed = planted(room, seed)
        print(f"planted: no signature checked {trusting} accepted, loose decoder {loose} accepted, {crashed} crashed")
        bad += not (trusting and loose and crashed)
        began_s = time.monotonic()
        outside, inside = envelopes(room, count, seed)
        rows = {"envelopes, outside": outside, "envelopes, inside": inside, **papers(room, of_papers, seed)}
        print(f"{'':<22}{'mutated':>9}{'refused':>9}{'valid':>8}{'wrong':>7}{'crashed':>9}   refused most for")
        for name, tally in rows.items():
            most = ", ".join(f"{reason} {n}" for reason, n in tally.refused.most_common(4))
            crashes = sum(tally.crashed.values())
            print(
                f"{name:<22}{tally.made:>9}{sum(tally.refused.values()):>9}{tally.right:>8}{len(tally.wrong):>7}"
                f"{crashes:>9}   {most}"
            )
            for wrong in tally.wrong[:3]:
                print(f"   accepted: {wrong[:80].hex()}")
            for crash, n in tally.crashed.most_common(3):
                print(f"   crashed {n} times: {crash}")
            bad += bool(tally.wrong or tally.crashed)
        print(f"{time.monotonic() - began_s:.0f} s; 'valid': a device with its keys may say so, and two readers agree")
        room.world.close()
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
