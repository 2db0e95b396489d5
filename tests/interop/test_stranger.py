"""A device that a stranger wrote from FORMAT.md alone, at a real hub behind a real broker; it shares no line with this program."""

import contextlib
import dataclasses
import random
import time
from pathlib import Path
from types import SimpleNamespace

import paho.mqtt.client as mqtt
import pytest
from cryptography import x509

from agent.wire.alert import Alert
from agent.wire.looks import Look
from agent.wire.receipt import LooksMessage
from hub import enroll, site
from hub.scoring.scorer import Scorer
from hub.site import open_keys
from hub.store import Store
from hub.store.derived import score_message
from hub.store.rides import put_ride, ride_words
from tests.interop import stranger, stranger_papers
from tests.interop.stranger_keys import Refused, encode, kid, raw, sha256
from tests.support.processes import free_port
from tests.support.world import running_hub, start_site_broker

HERE = Path(__file__).parent
FEATURES = stranger.schema_features(HERE.parents[1] / "agent" / "wire" / "schema_v1.json")
DAYS = stranger.schema_days(HERE.parents[1] / "agent" / "wire" / "days_v2.json")
TEXT = "My heart's summaries go to the test service."
# what a hub says of a row (section 5)
STORED, DUPLICATE, FORK, BAD_WORDS, UNKNOWN_CONSENT, EXPIRED, WITHDRAWN = 0, 1, 10, 11, 12, 13, 14
TOO_NEW, BAD_CONSENT, NOT_GRANTED, RESTORED = 15, 16, 18, 21


@dataclasses.dataclass
class Site:
    """A hub's folder with a broker and a running hub."""

    hub: Path
    folder: Path
    receiver: object = None

    def device(self):
        keys, bundle = stranger_papers.Keys(), stranger_papers.Bundle.read(site.invite(self.hub))
        return stranger.Device.enrolled(keys, bundle, enroll.admit(self.hub, stranger_papers.request(keys, bundle)))

    def stored(self, device):
        """(start, end, purpose, consent hash, values) of this device's windows, as the hub's store has them."""
        keys = open_keys(self.hub)
        with Store(self.hub, keys) as store:
            own = kid(raw(device.keys.sign))
            found = [one.message for one in store.summaries() if one.device == own]
            counters = store.counters()
        keys.close()
        return SimpleNamespace(windows=[as_sent(message) for message in found], counters=counters)


def as_sent(message):
    values = [[v.feature_id, v.v, v.n, v.coverage, v.edited, v.ci_low, v.ci_high] for v in message.values]
    return ["summary", 1, message.purpose, message.consent_hash, message.start_utc_s, message.end_utc_s, values]


@pytest.fixture(scope="module")
def at_work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stranger")
    made = Site(folder / "hub", folder)
    site.init(made.hub, site.Site("test-site", "Test service", "127.0.0.1", free_port(), synthetic=True, database=""))
    broker = start_site_broker(made)
    try:
        with running_hub(made) as made.receiver:
            yield made
    finally:
        broker.stop()


def agreed(device, client, ids=(1, 2)):
    """A consent with the features that it names, stored at the hub; the record."""
    now = int(time.time())
    record = device.record([["heart", "care", device.bundle.operator]], TEXT, now - 3600, now + 30 * 86_400)
    assert device.say(client, device.consent(record)) == STORED
    assert device.say(client, device.features(record, list(ids))) == STORED
    return record


def window(record, values, n=0):
    start = int(time.time()) // 300 * 300 - 600 - 300 * n
    return ["summary", 1, "care", sha256(record), start, start + 300, values]


VALUES = [
    [1, stranger.coded(FEATURES[1], 71.3), 300, 990, 12, stranger.coded(FEATURES[1], 70.9), 716 - 200 + 1],
    [2, 0, 0, 0, 0, 0, 0],
]


@pytest.mark.broker
@pytest.mark.process
def test_a_strangers_device_enrolls_sends_erases_and_holds_the_signed_receipt(at_work):
    device = at_work.device()
    assert device.bundle.words.count(" ") == 7
    with device.connected() as client:
        assert device.say(client, ["schema", 2]) == STORED
        assert device.wait(lambda: device.place is not None)
        assert abs(device.place[1] - time.time()) < 60
        record = agreed(device, client)
        sent = [window(record, VALUES, n) for n in range(3)]
        assert device.say(client, sent[2], sent[1]) == STORED  # two messages in one envelope
        assert device.say(client, sent[0]) == STORED
        assert device.say(client, ["cover"]) == STORED
        assert device.place[2:] == (len(device.rows), device.rows[-1].head_before)
        assert at_work.stored(device).windows == sent[::-1]
        assert device.send(client, device.rows[3]) == DUPLICATE
        assert at_work.stored(device).windows == sent[::-1]

        asked = int(time.time())
        assert device.say(client, ["erase", device.serial, asked]) == STORED
        assert device.wait(lambda: device.erased)
    assert at_work.stored(device).windows == []
    root, name, times = stranger_papers.read_erase_receipt(device.erase_receipt())[1:]
    assert (root, name, times[:2], times[4]) == (device.bundle.root, device.name, [device.serial, asked], 0)
    assert (device.faults, device.notices) == ([], [])
    forged = dataclasses.replace(device, erased=[[*device.erased[0][:2], [*times[:4], 7], device.erased[0][3]]])
    with pytest.raises(Refused, match="bad_signature"):
        stranger_papers.read_erase_receipt(forged.erase_receipt())


@pytest.mark.broker
@pytest.mark.process
def test_a_strangers_device_is_scored_and_reads_the_score_that_comes_back(at_work):
    device, other = at_work.device(), at_work.device()
    now = int(time.time())
    today = now // 86_400
    with device.connected() as client, Scored(at_work.hub) as scorer:
        assert device.say(client, ["schema", 2]) == STORED
        operator = device.bundle.operator
        record = device.record([["nothing", "care", operator]], TEXT, now - 60 * 86_400, now + 86_400)
        more = [[signal, "score", operator] for signal in ("context", "heart", "schedule", "sleep")]
        sent = days_of_windows(record, today)
        assert device.say(client, device.consent(record)) == STORED
        assert device.say(client, *sent[0]) == UNKNOWN_CONSENT  # the statement names the purpose, and is not here yet
        first = device.rows[-1]
        nights = list(days_of_sleep(record, today))
        assert device.say(client, nights[0]) == UNKNOWN_CONSENT
        assert device.say(client, device.features(record, [1, 2, 302, 321], more)) == STORED
        assert device.send(client, first) == STORED
        noted = [
            "context",
            1,
            "score",
            sha256(record),
            today - 3,
            [[(today - 3) * 86_400 + 7, (today - 3) * 86_400 + 9, 2]],
        ]
        assert device.say(client, [*noted, [], [[(today - 3) * 86_400, 1440 + 120]], []]) == STORED
        for messages in sent[1:]:
            assert device.say(client, *messages) == STORED
        for night in nights:
            assert device.say(client, night) == STORED
        steps = [331, stranger.coded(DAYS[331], 4000), 1000]
        assert device.say(client, [*nights[0][:5], [steps]]) == NOT_GRANTED
        too_long = [321, stranger.coded(DAYS[321], DAYS[321]["high"]) + 1, 1000]
        assert device.say(client, [*nights[0][:5], [too_long]]) == BAD_WORDS
        assert (
            device.say(client, [*nights[0][:4], today - 59, []]) == NOT_GRANTED
        )  # it may have begun before the consent
        assert device.say(client, [*nights[0][:4], today, []]) == EXPIRED  # it may end after the consent
        while scorer.score_once():
            pass
        assert device.say(client, ["cover"]) == STORED
        assert device.wait(lambda: device.scores)
        revision, (index, low, high), points = device.scores[max(device.scores)]
        assert low <= index <= high
        assert {1, 2, 13, 14} <= set(points) <= {1, 2, 13, 14, 15}
        assert abs(sum(points.values()) - (index - 50)) < 0.05
        assert device.faults == []
        # the same detector refuses a changed score, and one for another device
        (answer,) = [one for one in scorer.sent(kid(raw(device.keys.sign))) if one.day == max(device.scores)]
        body, signature = answer.message
        with pytest.raises(Refused, match="bad_signature"):
            device.take_score(body[:-1] + bytes([body[-1] ^ 1]), signature)
        with pytest.raises(Refused, match="another_device"):
            other.take_score(body, signature)
        device.scores[answer.day] = (revision + 1, None, {})
        with pytest.raises(Refused, match="older_score"):
            device.take_score(body, signature)


@pytest.mark.broker
@pytest.mark.process
def test_a_strangers_device_asks_the_team_and_reads_alerts_and_looks(at_work):
    device, other = at_work.device(), at_work.device()
    hub, which = at_work.receiver, kid(raw(device.keys.sign))
    with device.connected() as client:
        assert device.say(client, ["schema", 2]) == STORED
        record = agreed(device, client)
        assert device.say(client, device.ask(record, "see", words="Please look.\nI sleep badly.")) == STORED
        assert device.say(client, device.ask(record, "hold", alert=1)) == STORED
        for bad in (device.ask(record, "see", words="a\tb"), device.ask(record, "hold"), device.ask(record, "seen")):
            assert device.say(client, bad) == BAD_WORDS
        assert device.say(client, device.ask(b"another record", "see")) == UNKNOWN_CONSENT
        newer = device.ask(record, "see")
        newer[4] = 99
        assert device.say(client, newer) == TOO_NEW

        alert = Alert(device.name, device.serial, 1, 5, "silent_days", "with_person", 20_000, int(time.time()), 0)
        signed = alert.signed(hub.keys.sign_key("score"), hub.keys.site)
        before, sent = bytes(32), []
        with hub.store.checked() as db:
            put_ride(db, hub.keys, which, "alert", 1, 5, ride_words(signed))
            for number in (1, 2, 3):
                data = Look(number, int(time.time()), f"Member {number}", "member", "person").encode()
                sent.append(LooksMessage(before, (data,)))
                put_ride(db, hub.keys, which, "looks", number, 0, ride_words(sent[-1]))
                before = sha256(before, data)
        assert device.say(client, ["cover"]) == STORED
        assert device.wait(lambda: device.alerts and len(device.looks) == 3)
    assert device.alerts == {1: (5, "silent_days", "with_person", 0)}
    assert [row[1:] for row in device.looks.values()] == [(f"Member {n}", "member", "person") for n in (1, 2, 3)]
    assert device.faults == []
    # the same detectors refuse what is changed, older, for another device, or left out
    body = signed.body
    for bad, why in (((body[:-1] + b"\x07", signed.signature), "bad_signature"), ((body, bytes(64)), "bad_signature")):
        with pytest.raises(Refused, match=why):
            device.take_alert(*bad)
    with pytest.raises(Refused, match="another_device"):
        other.take_alert(body, signed.signature)
    device.alerts[1] = (6, *device.alerts[1][1:])
    with pytest.raises(Refused, match="older_alert"):
        device.take_alert(body, signed.signature)
    device.take_looks(sent[1].before, list(sent[1].looks))
    other_look = Look(2, 1, "Somebody else", "lead", "person").encode()
    for before, listed in ((sent[1].before, [other_look]), (bytes(32), [sent[2].looks[0]])):
        with pytest.raises(Refused, match="looks_changed"):
            device.take_looks(before, listed)
    with pytest.raises(Refused, match="malformed"):
        device.take_looks(bytes(32), [sent[0].looks[0], sent[2].looks[0]])


def days_of_windows(record, today):
    """Lists of summaries that share an envelope: 30 days of nine windows."""
    dice, hashed = random.Random(4), sha256(record)
    windows = []
    for day in range(today - 30, today):
        for place in range(9):
            start = day * 86_400 + 8 * 3600 + place * 3600
            values = [(1, dice.gauss(66, 4)), (2, dice.uniform(28, 55))]
            coded = [[one, stranger.coded(FEATURES[one], value), 300, 990, 3, 0, 0] for one, value in values]
            windows.append(["summary", 2, "score", hashed, start, start + 300, coded])
    return [windows[n : n + 15] for n in range(0, len(windows), 15)]


def days_of_sleep(record, today):
    """57 days: how long the night was, and whether a rest between shifts was short."""
    dice = random.Random(5)
    for day in range(today - 58, today - 1):
        short = int(day % 9 == 0)
        rows = [(302, short), (321, dice.gauss(7, 0.5) - short)]
        coded = [[one, stranger.coded(DAYS[one], value), 1000] for one, value in rows]
        yield ["days", 1, "score", sha256(record), day, coded]


class Scored(contextlib.closing):
    """A scorer of the hub's folder."""

    def __init__(self, hub):
        super().__init__(Scorer(hub))

    def __enter__(self):
        self.score_once = self.thing.score_once
        return self

    def sent(self, device):
        """Scores of a device as they are signed."""
        with self.thing.store.derived() as read:
            found = [score for of, score in read.scores() if of == device]
        signed = [(score.day, score_message(score.words)) for score in found]
        return [SimpleNamespace(day=day, message=(one.body, one.signature)) for day, one in signed]


@pytest.mark.broker
@pytest.mark.process
def test_protocol_3_1_1_a_fork_and_a_new_stream(at_work):
    device = at_work.device()
    with device.connected(mqtt.MQTTv311) as client:
        assert device.say(client, ["cover"]) == STORED
        assert device.place is None  # nothing was stated: answered in schema 1
        device.last_seq = 0
        assert device.say(client, ["cover"]) == FORK
        device.begin_stream()
        assert device.say(client, ["cover"]) == STORED
        assert device.notices == []
        device.before = device.stream, 0  # as a state that was restored would name it
        device.stream, device.last_seq, beyond = bytes(15) + b"s", 0, device.stream
        assert device.say(client, ["cover"]) == STORED
        assert device.wait(lambda: device.notices == [(RESTORED, beyond, 1, 0)])
    assert device.faults == []


@pytest.mark.broker
@pytest.mark.process
def test_a_new_certificate_comes_for_a_new_key_and_opens_the_next_connection(at_work):
    device = at_work.device()
    with device.connected() as client:
        key = stranger_papers.Keys().tls
        assert device.say(client, ["renew", stranger_papers.tls_request(key)]) == STORED
        assert device.wait(lambda: device.certificates)
    new = x509.load_der_x509_certificate(device.certificates[-1])
    with pytest.raises(Refused, match="malformed"):
        stranger_papers.check_certificate(new, device.keys, device.bundle, device.name)
    device.keys.tls, before, device.certificate = key, device.certificate, new
    stranger_papers.check_certificate(new, device.keys, device.bundle, device.name)
    assert new.not_valid_after_utc >= before.not_valid_after_utc
    with device.connected() as client:
        assert device.say(client, ["cover"]) == STORED


@pytest.mark.broker
@pytest.mark.process
def test_the_hub_refuses_what_the_person_did_not_sign_or_name(at_work):
    device, other = at_work.device(), at_work.device()
    with device.connected() as client:
        now = int(time.time())
        grants = [["heart", "care", device.bundle.operator]]
        record = device.record(grants, TEXT, now - 3600, now + 86_400)
        assert device.say(client, window(record, VALUES)) == UNKNOWN_CONSENT
        said = device.consent(record)
        assert device.say(client, [*said[:2], bytes([said[2][0] ^ 1]) + said[2][1:]]) == BAD_CONSENT
        named_wrong = device.record(grants, TEXT, now - 3600, now + 86_400, device=other.name)
        assert device.say(client, device.consent(named_wrong)) == BAD_CONSENT
        late = device.record(grants, TEXT, now - 3600, now + 86_400)
        waiting = window(late, VALUES)
        assert device.say(client, waiting) == UNKNOWN_CONSENT
        row = device.rows[-1]
        assert device.say(client, device.consent(late)) == STORED
        assert device.send(client, row) == STORED  # the same bytes, judged anew
        record = agreed(device, client, ids=(1,))
        assert device.say(client, other.features(record, [1, 2])) == BAD_CONSENT
        assert device.say(client, window(record, VALUES)) == NOT_GRANTED
        assert device.say(client, window(record, VALUES[:1])) == STORED
        too_high = [1, stranger.coded(FEATURES[1], FEATURES[1]["high"]) + 1, 1, 1, 0, 0, 0]
        assert device.say(client, window(record, [too_high])) == BAD_WORDS
        assert device.say(client, window(record, VALUES[:1], 20)) == NOT_GRANTED  # begins before the consent
        assert device.say(client, window(record, VALUES[:1], -10_000)) == EXPIRED  # ends after it
        assert device.say(client, ["a kind of a later schema"]) == TOO_NEW
        back = device.record([], "", now, now, gives=0)
        signed = device.keys.sign.sign(encode(["wardbeat/1/consent-withdraw", device.bundle.site, back]))
        assert device.say(client, ["consent", back, signed]) == STORED
        assert device.say(client, window(record, VALUES[:1], 1)) == WITHDRAWN
    assert len(at_work.stored(device).windows) == 2  # a withdrawal ends what comes; an erasure ends what is there
    assert (device.faults, device.notices) == ([], [])


@pytest.mark.broker
@pytest.mark.process
def test_the_hub_answers_no_wrong_signature_and_no_foreign_topic(at_work):
    device, other = at_work.device(), at_work.device()
    before = at_work.stored(device).counters
    with device.connected() as client:
        good = device.row(["cover"])
        turned = good.envelope[:-1] + bytes([good.envelope[-1] ^ 1])
        client.publish(device.topic("up"), turned, qos=1)
        place = (device.stream, 2)
        misdirected = other.topic("up")  # sealed and signed for another's topic: there the broker lets nobody write
        kem, words = device.directory.kem, encode([bytes(16), 0, 2, bytes(32), [["cover"]]])
        wrong = stranger.seal_envelope(device.keys.sign, kem, device.bundle.site, misdirected, place, words)
        client.publish(device.topic("up"), wrong, qos=1)
        client.publish(misdirected, wrong, qos=1)
        assert (
            device.send(client, good) == STORED
        )  # all of it was read in order: the answer to the last is the only one
    after = at_work.stored(device).counters
    assert {name: after.get(name, 0) - before.get(name, 0) for name in ("bad_signature", "wrong_topic")} == {
        "bad_signature": 2,
        "wrong_topic": 0,
    }
    assert device.faults == []


@pytest.mark.broker
@pytest.mark.process
def test_a_wrong_head_or_a_cut_ledger_is_named_by_the_hubs_next_answer(at_work):
    device = at_work.device()
    with device.connected() as client:
        for message in (["schema", 2], ["cover"], ["cover"]):
            assert device.say(client, message) == STORED
        assert device.faults == []
        kept = [*device.rows]
        device.rows[2] = dataclasses.replace(kept[2], head_before=bytes(32))
        client.publish(device.topic("up"), kept[2].envelope, qos=1)
        device.wait(lambda: device.faults)
        device.rows, device.faults = kept[:1], []
        client.publish(device.topic("up"), kept[2].envelope, qos=1)
        device.wait(lambda: device.faults)
        assert set(device.faults) == {"ledger_cut"}


@pytest.mark.broker
@pytest.mark.process
def test_the_stranger_refuses_answers_that_are_not_the_hubs_or_not_for_it(at_work):
    device, other = at_work.device(), at_work.device()
    heard = []
    device.hear = heard.append  # what comes is kept, and judged below
    with device.connected() as client:
        client.publish(device.topic("up"), device.row(["cover"]).envelope, qos=1)
        device.wait(lambda: heard)
    del device.hear
    assert device.rows[0].code is None
    answer = heard[0]
    with pytest.raises(Refused, match="bad_signature"):
        device.hear(answer[:-1] + bytes([answer[-1] ^ 1]))
    with pytest.raises(Refused, match="kem_unknown"):
        other.hear(answer)
    renamed = dataclasses.replace(device, name=other.name)
    with pytest.raises(Refused, match="bad_signature"):
        renamed.hear(answer)
    later = dataclasses.replace(device, store=b"\xff" * 16)
    with pytest.raises(Refused, match="older_store"):
        later.hear(answer)
    assert device.rows[0].code is None
    device.hear(answer)
    assert device.rows[0].code == STORED
