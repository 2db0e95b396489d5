"""The register of consents and the rules of retention: signed files that prove themselves."""

import contextlib
import json
import time

import pytest
import time_machine
from sqlalchemy import func, select

from agent.cli import main
from agent.errors import WireRefused
from agent.outbox import consents
from agent.wire.context import DAY_S
from agent.wire.keys import kid
from agent.wire.labels import Label
from hub import retention
from hub.register import read_register, write_register
from hub.scoring.fold import KEPT_DAYS
from hub.scoring.scorer import Scorer
from hub.signed_lines import read_signed
from hub.site import open_keys
from hub.store.tables import DIGEST, ROW, SCORE
from tests.support.hub_messages import data_message, reasons_by_seq, seal, send_consent
from tests.support.scored import FIRST_DAY, Scored, drained, made_again, said, scores_of
from tests.support.world import START_UTC_S, another_person, deliver, make_world, owning, reading

NOW = START_UTC_S


pytestmark = pytest.mark.postgres


@pytest.fixture(params=["sqlite", "one user", "a user for each process"])
def world(request, tmp_path):
    """Each kind of database."""
    base = "" if request.param == "sqlite" else request.getfixturevalue("server").base()
    made = make_world(tmp_path, database=base, users="each" in request.param)
    yield made
    made.close()


def withdrawn(world, receiver):
    """The person withdraws; the hub knows."""
    with world.outbox() as outbox:
        consents.withdraw(outbox, world.identity.sign, world.identity.site, int(time.time()))
        deliver(world, outbox, receiver)


def lines_of(file):
    return [json.loads(line) for line in file.read_bytes().splitlines()]


# ---- the register


def test_every_consent_is_in_the_register_with_a_signature_that_holds(world, tmp_path):
    receiver = world.receiver()
    send_consent(world, receiver)
    person = Scored.made(another_person(world, tmp_path / "second"), receiver)
    file = tmp_path / "register.jsonl"
    counts = write_register(world.hub, file, int(time.time()))
    read = read_register(file.read_bytes())
    given = [line for line in read.lines[1:] if line["device"] == person.world.identity.device]
    assert [line["state"] for line in given] == ["in force", "in force"]
    assert {grant["purpose"] for grant in given[-1]["grants"]} == {"care", "score"}
    assert "hr_mean_bpm" in given[-1]["numbers"]
    assert all(line["label"] is None for line in read.lines[1:])
    assert counts.total() == len(read.lines) - 1 == 3
    assert read.site == "test-site"


def test_a_register_that_somebody_changed_is_refused_by_name(world, tmp_path):
    receiver = world.receiver()
    send_consent(world, receiver)
    file = tmp_path / "register.jsonl"
    write_register(world.hub, file, int(time.time()))
    good = file.read_bytes()
    assert read_register(good)
    lines = good.splitlines(keepends=True)
    for bad in (good.replace(b"care", b"hare", 1), lines[0] + lines[-1], lines[0] + lines[1] * 2 + lines[-1]):
        with pytest.raises(WireRefused) as refused:
            read_register(bad)
        assert refused.value.reason == "bad_signature"
    for bad in (b"", b"{}\n", good[:-200], b"\n".join(lines[:-1])):
        with pytest.raises(WireRefused):
            read_register(bad)


def test_a_hub_that_signs_what_nobody_agreed_to_is_caught(world, tmp_path, monkeypatch):
    """The hub's own signature does not stand for a person's."""
    receiver = world.receiver()
    send_consent(world, receiver)
    from hub import register

    honest = register._consent

    def altered(*given):
        line = honest(*given)
        return line | {"grants": [{**grant, "purpose": "research"} for grant in line["grants"]]}

    monkeypatch.setattr(register, "_consent", altered)
    file = tmp_path / "register.jsonl"
    write_register(world.hub, file, int(time.time()))
    with pytest.raises(WireRefused, match="line 2") as refused:
        read_register(file.read_bytes())
    assert refused.value.reason == "bad_consent"


def test_the_register_at_the_command_line(either, tmp_path, capsys):
    receiver = either.receiver()
    send_consent(either, receiver)
    file = tmp_path / "register.jsonl"
    assert main(["hub", "register", str(either.hub), str(file), "--labels"]) == 0
    assert json.loads(capsys.readouterr().out) == {"in force": 1}
    assert main(["hub", "register", str(either.hub), str(file)]) == 2
    assert main(["hub", "register", str(either.hub), str(file), "--verify"]) == 0
    file.write_bytes(file.read_bytes().replace(b"in force", b"in farce"))
    assert main(["hub", "register", str(either.hub), str(file), "--verify"]) == 1


# ---- retention


def rows_of(hub):
    with owning(hub) as db:
        return db.execute(select(func.count()).select_from(ROW).where(ROW.c.kind == "summary")).scalar()


def stored_on(world, receiver, record, days_ago, seq):
    """A window that arrived so many days before today."""
    with time_machine.travel(time.time() - days_ago * DAY_S, tick=True):
        answers = receiver.handle([(world.topic, seal(world, [data_message(record, start=NOW + 300 * seq)], seq))])
    assert reasons_by_seq(world, answers) == {seq: "stored"}


def test_what_arrived_long_ago_goes_and_the_receipt_says_so(world):
    receiver = world.receiver()
    with time_machine.travel(time.time() - 60 * DAY_S, tick=True):
        record = send_consent(world, receiver)
    for seq, days_ago in enumerate((50, 41, 40, 39, 0), start=901):
        stored_on(world, receiver, record, days_ago, seq)
    with contextlib.closing(open_keys(world.hub)) as keys:
        retention.put_rules(keys, retention.Rules(arrived_days=40))
    now_utc_s = int(time.time())
    counted, receipt = retention.apply(world.hub, now_utc_s, only_count=True)
    assert ([one.rows for one in counted], receipt, rows_of(world.hub)) == ([2], None, 5)
    deleted, receipt = retention.apply(world.hub, now_utc_s)
    assert [(one.device, one.rule, one.rows) for one in deleted] == [(world.identity.device, "arrived", 2)]
    assert rows_of(world.hub) == 3
    read = read_signed(Label.RETENTION, receipt.read_bytes())
    assert read.lines[1] == {"kind": "deleted", "device": world.identity.device, "rule": "arrived", "rows": 2, "keys_destroyed": False}  # fmt: skip
    with pytest.raises(WireRefused):
        read_signed(Label.REGISTER, receipt.read_bytes())
    assert retention.apply(world.hub, now_utc_s) == ([], None)
    again = receiver.handle([(world.topic, seal(world, [data_message(record, start=NOW + 300 * 901)], 901))])
    assert reasons_by_seq(world, again) == {901: "fork"}, "nobody brings it back: its place is settled"


def test_everything_of_a_person_goes_after_the_last_consent_and_no_dump_opens_it(world, tmp_path):
    receiver = world.receiver()
    other = another_person(world, tmp_path / "other")
    ended_utc_s = START_UTC_S + 10 * DAY_S
    with time_machine.travel(ended_utc_s, tick=True):
        record = send_consent(world, receiver)
        kept = send_consent(other, receiver)
        for person, of, seq in ((world, record, 901), (other, kept, 902)):
            receiver.handle([(person.topic, seal(person, [data_message(of)], seq))])
        withdrawn(world, receiver)
    names = receiver.keys.data_keys.names()
    with contextlib.closing(open_keys(world.hub)) as keys:
        retention.put_rules(keys, retention.Rules(ended_days=90))
    assert retention.apply(world.hub, ended_utc_s + 89 * DAY_S) == ([], None)
    deleted, _ = retention.apply(world.hub, ended_utc_s + 91 * DAY_S)
    assert [(one.device, one.rule, one.rows, one.keys_destroyed) for one in deleted] == [
        (world.identity.device, "ended", 1, True)
    ]
    receiver.keys.refresh()
    gone = names - receiver.keys.data_keys.names()
    assert gone
    assert rows_of(world.hub) == 1
    with reading(world.hub) as store:
        assert [row.device for row in store.rows_after(0, 100, "summary")] == [kid(other.identity.sign.public)]


def test_scores_of_what_went_go_too_and_the_rest_is_scored_again(world):
    with time_machine.travel(time.time() - 50 * DAY_S, tick=True):
        person = Scored.made(world)
        person.days(60)
        batch, person.waiting = person.waiting, []
        person.receiver.handle(batch[:240])
    person.receiver.handle(batch[240:])
    with contextlib.closing(Scorer(world.hub)) as scorer, contextlib.closing(open_keys(world.hub)) as keys:
        drained(scorer)
        retention.put_rules(keys, retention.Rules(arrived_days=40))
        deleted, _ = retention.apply(world.hub, int(time.time()))
        assert [one.rows for one in deleted] == [240]
        drained(scorer)
        found = scores_of(scorer)
        made_again(scorer, [kid(world.identity.sign.public)])
        assert {day: said(one) for day, one in found.items()} == {
            day: said(one) for day, one in scores_of(scorer).items()
        }
    with owning(world.hub) as db:
        assert db.execute(select(func.min(SCORE.c.day))).scalar() >= FIRST_DAY
        assert db.execute(select(func.count()).select_from(DIGEST)).scalar() > 0
    assert retention.DERIVED_DAYS > KEPT_DAYS


def test_values_of_days_go_with_what_arrived_then(world):
    with time_machine.travel(time.time() - 50 * DAY_S, tick=True):
        person = Scored.made(world)
        person.say(person.values(FIRST_DAY + 1, sleep_h=7.0))
        person.send()
    person.say(person.values(FIRST_DAY + 2, sleep_h=6.0))
    person.send()
    with contextlib.closing(open_keys(world.hub)) as keys:
        retention.put_rules(keys, retention.Rules(arrived_days=40))
    deleted, _ = retention.apply(world.hub, int(time.time()))
    assert [one.rows for one in deleted] == [1]
    with reading(world.hub) as store:
        left = [message for row in store.rows_after(0, 99, "days") for _, message in row.days()]
    assert [message.day for message in left] == [FIRST_DAY + 2]


def test_rules_at_the_command_line(either, capsys):
    retain = ["hub", "retain", str(either.hub)]
    either.receiver()
    assert main(retain) == 2
    assert main([*retain, "--arrived-days", "7"]) == 2
    assert main([*retain, "--arrived-days", "400", "--ended-days", "90"]) == 0
    assert "Nothing is older" in capsys.readouterr().err
    assert main([*retain, "--ended-days", "0", "--count"]) == 0
    with contextlib.closing(open_keys(either.hub)) as keys:
        assert retention.rules_of(keys) == retention.Rules(arrived_days=400)


def test_a_consent_in_force_keeps_a_person(world):
    receiver = world.receiver()
    record = send_consent(world, receiver)
    receiver.handle([(world.topic, seal(world, [data_message(record)], 901))])
    with contextlib.closing(open_keys(world.hub)) as keys:
        retention.put_rules(keys, retention.Rules(ended_days=30))
    assert retention.apply(world.hub, int(time.time())) == ([], None)
    with world.outbox() as outbox:
        assert consents.in_force(outbox) is not None
    assert retention.apply(world.hub, record.until_utc_s + 29 * DAY_S) == ([], None)
    assert retention.apply(world.hub, record.until_utc_s + 31 * DAY_S)[0][0].rows == 1


def test_what_went_is_in_no_file_of_sqlite(tmp_path):
    """Not in the write-ahead log either, where a deleted row would stay readable to whoever has the keys."""
    world = make_world(tmp_path)
    receiver = world.receiver()
    with time_machine.travel(time.time() - 60 * DAY_S, tick=True):
        record = send_consent(world, receiver)
    stored_on(world, receiver, record, 50, 901)
    stored_on(world, receiver, record, 0, 902)
    with owning(world.hub) as db:
        rows = select(ROW.c.words).where(ROW.c.kind == "summary").order_by(ROW.c.arrival)
        old, new = (bytes(words) for words in db.execute(rows).scalars())
    with contextlib.closing(open_keys(world.hub)) as keys:
        retention.put_rules(keys, retention.Rules(arrived_days=40))
    retention.apply(world.hub, int(time.time()))
    files = b"".join(file.read_bytes() for file in world.hub.glob("hub.db*"))
    assert (old in files, new in files) == (False, True)
    world.close()
