"""A hub that believes no row of its database that nobody signed, and no table that it did not create."""

import contextlib
import shutil
import sqlite3

import pytest
from sqlalchemy import insert, make_url, select, update

from agent import cli
from agent.errors import CheckFailed, OutboxBroken, WrongUse
from agent.outbox import consents, damage
from agent.outbox.limits import Limits
from agent.windows.history import History
from agent.wire.consent import ConsentRecord
from agent.wire.keys import SignKey, kid
from agent.wire.message import Grant
from hub import backup
from hub.keys.tables import DATA_KEY
from hub.site import open_keys, read_root
from hub.store.tables import CONSENT, DEVICE
from tests.support.hub_messages import data_message, reasons_by_seq, seal, send_consent
from tests.support.world import OPERATOR, START_UTC_S, deliver, make_world

pytestmark = pytest.mark.process

NOW = START_UTC_S
FOREVER = 2**40


def record_of(world, serial, from_utc_s=NOW - 300):
    """A consent that the person never gave."""
    grants = (Grant("heart", "care", OPERATOR),)
    return ConsentRecord(serial, "give", world.identity.device, "care", bytes(32), from_utc_s, FOREVER, grants)


def plant(receiver, world, record, signature):
    """A row as whoever may write the database writes it."""
    row = {"device": kid(world.identity.sign.public), "serial": record.serial, "hash": record.hash}
    row |= {"record": record.encode(), "signature": signature, "from_utc_s": record.from_utc_s}
    with receiver.store._engine.begin() as db:
        db.execute(insert(CONSENT), row)


def send(world, receiver, record, seq):
    answers = receiver.handle([(world.topic, seal(world, [data_message(record)], seq))])
    return reasons_by_seq(world, answers)[seq]


@pytest.fixture
def silent(either):
    """A person without consent, and their hub."""
    either.close()
    url = _url(either)
    world = either if url else make_world(either.folder / "silent", consent=False)
    receiver = world.receiver()
    yield world, receiver
    world.close()


def _url(world):
    with contextlib.closing(open_keys(world.hub)) as keys:
        return keys.text("database")


# ---- rows


@pytest.mark.parametrize("forged", ["unsigned", "signed by another key", "signed by the device key"])
def test_a_consent_row_that_the_person_did_not_sign_admits_nothing(silent, forged):
    world, receiver = silent
    key = {"signed by another key": SignKey.of(bytes(32)), "signed by the device key": world.identity.sign}.get(forged)
    record = record_of(world, NOW)
    plant(receiver, world, record, bytes(64) if key is None else record.signed(key, world.identity.site).signature)
    assert send(world, receiver, record, 1) == "consent_unknown"
    assert receiver.store.summaries() == []


def test_the_same_row_with_the_persons_signature_admits(world):
    receiver = world.receiver()
    record = send_consent(world, receiver)
    assert send(world, world.receiver(), record, 1) == "stored", "the row alone, read by a hub that did not receive it"


def test_a_forged_row_keeps_no_true_consent_out(world):
    receiver = world.receiver()
    with world.outbox() as outbox:
        true = consents.in_force(outbox)
    forged = record_of(world, true.serial)
    plant(receiver, world, forged, bytes(64))
    assert send_consent(world, receiver).hash == true.hash
    assert send(world, receiver, true, 1) == "stored"
    assert send(world, receiver, forged, 2) == "consent_unknown"


def test_a_forged_row_ends_no_later_consent(world):
    receiver = world.receiver()
    first = send_consent(world, receiver)
    plant(receiver, world, record_of(world, FOREVER, from_utc_s=0), bytes(64))
    with world.outbox() as outbox:
        consents.withdraw(outbox, world.identity.sign, world.identity.site, NOW + 600)
        deliver(world, outbox, receiver)
    device = receiver.keys.devices.of(kid(world.identity.sign.public))
    assert first.serial <= device.withdrawn_serial < FOREVER


@pytest.mark.parametrize("ends", [{"withdrawn_serial": FOREVER}, {"erased_serial": FOREVER}, {"revoked": 1}])
def test_a_forged_end_withdraws_erases_and_revokes_nothing(either, ends, caplog):
    world, receiver = either, either.receiver()
    record = send_consent(world, receiver)
    assert send(world, receiver, record, 1) == "stored"
    which = kid(world.identity.sign.public)
    with receiver.store._engine.begin() as db:
        db.execute(update(DEVICE).where(DEVICE.c.device == which).values(ends))
    again = world.receiver()
    device = again.keys.devices.of(which)
    assert (device.withdrawn_serial, device.erased_serial, device.revoked) == (0, -1, False)
    with again.keys._reads.connect() as db:
        assert db.execute(select(DATA_KEY.c.key)).all(), "no key is destroyed"
    assert send(world, again, record, 2) == "stored"
    assert "not written by this hub" in caplog.text


# ---- tables

CODE = {
    "a trigger": "CREATE TRIGGER evil AFTER INSERT ON seen BEGIN DELETE FROM consent; END",
    "a view": "CREATE VIEW evil AS SELECT * FROM site",
    "an index over an expression": "CREATE INDEX evil ON seen (hex(digest))",
    "a partial index": "CREATE INDEX evil ON seen (kem) WHERE seq > 0",
    "a computed column": "ALTER TABLE seen ADD COLUMN evil AS (hex(digest))",
    "a default": "ALTER TABLE seen ADD COLUMN evil DEFAULT 7",
    "a table": "CREATE TABLE evil (name TEXT)",
    "a view in place of a table": "ALTER TABLE counter RENAME TO real; CREATE VIEW counter AS SELECT * FROM real",
}
KEYS_CODE = [
    "CREATE TRIGGER evil AFTER UPDATE ON device BEGIN UPDATE device SET revoked = 0; END",
    "CREATE VIEW evil AS SELECT * FROM data_key",
]


def altered(file, code):
    with contextlib.closing(sqlite3.connect(file)) as db:
        db.executescript(code)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file


@pytest.mark.parametrize("kind", CODE)
def test_a_data_file_that_brings_code_is_neither_restored_nor_opened(world, tmp_path, kind):
    send_consent(world, world.receiver())
    world.close()
    keys_file, data = backup.back_up_keys(world.hub, tmp_path), backup.back_up_data(world.hub, tmp_path)
    root = read_root(world.hub / "root.key")
    with pytest.raises(WrongUse, match="is not as this program makes it"):
        backup.restore(tmp_path / "new", root, keys_file, altered(data, CODE[kind]), NOW)
    assert not (tmp_path / "new").exists()
    altered(world.hub / "hub.db", CODE[kind])
    before = (world.hub / "hub.db").read_bytes()
    with pytest.raises(CheckFailed, match="is not as this program makes it"):
        world.receiver()
    assert cli.main(["hub", "show", str(world.hub)]) == 1
    assert (world.hub / "hub.db").read_bytes() == before


@pytest.mark.parametrize("code", KEYS_CODE)
def test_a_key_store_that_brings_code_is_not_opened(world, code):
    altered(world.hub / "keys.db", code)
    with pytest.raises(CheckFailed, match="'evil'"):
        open_keys(world.hub)


POSTGRES_CODE = [
    """CREATE FUNCTION evil() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
    CREATE TRIGGER evil BEFORE INSERT ON seen FOR EACH ROW EXECUTE FUNCTION evil()""",
    "CREATE RULE evil AS ON INSERT TO seen DO INSTEAD NOTHING",
    "ALTER TABLE seen ENABLE ROW LEVEL SECURITY",
    "CREATE TABLE evil () INHERITS (consent)",
    "ALTER TABLE seen ADD CONSTRAINT evil CHECK (seq < 5)",
    "ALTER TABLE seen ALTER COLUMN kem SET DEFAULT 'x'",
    "CREATE INDEX evil ON seen (encode(digest, 'hex'))",
    "ALTER TABLE counter RENAME TO real; CREATE VIEW counter AS SELECT * FROM real",
    "ALTER TABLE counter ALTER COLUMN n TYPE numeric",
]


@pytest.mark.parametrize("code", POSTGRES_CODE)
def test_code_at_the_tables_in_postgresql_is_refused(large, server, code):
    send_consent(large, large.receiver())
    large.close()
    large.receivers.clear()
    with server.connect(make_url(_url(large)).database) as db:
        db.execute(code)
    with pytest.raises(CheckFailed, match="is not as this program makes it"):
        large.receiver()


def test_no_connection_trusts_what_a_schema_calls(world):
    receiver = world.receiver()
    for engine in (receiver.store._engine, receiver.keys._engine):
        with engine.connect() as db:
            assert db.exec_driver_sql("PRAGMA trusted_schema").scalar_one() == 0
    with world.outbox() as outbox:
        assert outbox.db.execute("PRAGMA trusted_schema").fetchone() == (0,)


# ---- the agent's own files


def test_an_outbox_that_brings_code_is_set_aside(world):
    path = world.settings.state_dir / "outbox.db"
    altered(path, "CREATE TRIGGER evil AFTER INSERT ON ledger BEGIN DELETE FROM pause; END")
    with damage.opened(path, world.vault, None, keep=Limits(), now_utc_s=NOW) as outbox:
        words = [words for _, words in outbox.notices()]
    assert any("set aside" in one for one in words)
    assert len(list(path.parent.glob("outbox.broken-*.db"))) == 1


def test_a_history_that_brings_code_is_not_opened(world):
    path = world.settings.state_dir / "history.db"
    History(path, world.vault).close()
    altered(path, "CREATE TRIGGER evil AFTER INSERT ON summary BEGIN DELETE FROM told; END")
    with pytest.raises(OutboxBroken, match="a trigger named 'evil'"):
        History(path, world.vault)


def test_files_of_other_versions_without_code_are_opened(world, tmp_path):
    path = world.settings.state_dir / "outbox.db"
    altered(path, "CREATE TABLE later (name TEXT) STRICT; ALTER TABLE pause ADD COLUMN later INTEGER")
    with world.outbox() as outbox:
        assert outbox.head()
    shutil.copy(path, tmp_path)
