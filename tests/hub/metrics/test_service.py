"""`hub metrics`: nothing that a person does moves the text, and no address but this machine's is opened."""

import contextlib
import json
import re
import time
import urllib.error
import urllib.request

import pytest

from agent.errors import AlreadyRunning, KeysMissing, WrongUse
from agent.outbox import consents
from hub.care.web.tls import own_certificate
from hub.keys.staff_certificates import ca_file
from hub.metrics.address import Address
from hub.metrics.exposition import published
from hub.metrics.service import Metrics
from hub.process_state import SignOfLife
from hub.site import open_keys
from hub.store.tables import CHANGED, POST
from tests.support.processes import free_port, start_wardbeat, wait_for
from tests.support.scored import Scored
from tests.support.world import START_UTC_S, deliver, make_world, owning

_DAY_S = 86_400


@pytest.fixture
def site(tmp_path):
    """A person who consented to a score, and a week of windows."""
    world = make_world(tmp_path)
    person = Scored.made(world)
    person.days(3)
    person.send()
    yield person
    world.close()


def at_the_turn(days):
    """A moment shortly after a midnight that is so many days ahead."""
    return (int(time.time()) // _DAY_S + days) * _DAY_S + 20


def texts(site, change=lambda: None):
    """What a week of scrapes says, with a change in its middle; the disk that others fill too is left out."""
    found = []
    with contextlib.closing(Metrics(site.world.hub)) as metrics:
        for day in range(1, 8):
            if day == 4:
                change()
            found.append(published(metrics.read(at_the_turn(day))))
    (site.world.hub / "metrics.json").unlink()
    return [[line for line in text.splitlines() if "disk_free" not in line] for text in found]


def put_in(site, change):
    """What a person puts into the outbox, carried to the hub."""

    def carried():
        with site.world.outbox() as outbox:
            change(outbox)
            deliver(site.world, outbox, site.receiver)

    return carried


CHANGES = {
    "a withdrawal": lambda world: lambda box: consents.withdraw(box, world.identity.sign, world.identity.site, START_UTC_S + 9),
    "a pause": lambda world: lambda box: consents.pause(box, START_UTC_S + 9),
    "an erasure": lambda world: lambda box: consents.erase(box, world.identity.sign, world.identity.site, START_UTC_S + 9),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_week_of_scrapes_is_the_same_byte_by_byte_whatever_one_person_does(site, change):
    quiet = texts(site)
    assert texts(site, put_in(site, CHANGES[change](site.world))) == quiet
    assert any(line.startswith("wardbeat_hub_day_envelopes{") for line in quiet[-1])


def test_a_day_of_windows_and_a_score_that_is_due_move_nothing(site):
    quiet = texts(site)

    def worn():
        site.days(1, seed=5, first=START_UTC_S // _DAY_S + 20)
        site.send()

    assert texts(site, worn) == quiet


def test_a_count_that_is_published_as_it_is_would_be_seen(site, monkeypatch):
    """The same comparison finds a planted metric: the rows that wait to be scored."""
    from hub.metrics import exposition, rows

    planted = rows.MetricRow("due", "Rows that wait.", lambda one: iter([((), one.database.counters["stored"])]))
    monkeypatch.setattr(exposition, "METRICS", (*rows.METRICS, planted))
    quiet = texts(site)

    def worn():
        site.days(1, seed=5, first=START_UTC_S // _DAY_S + 20)
        site.send()

    assert texts(site, worn) != quiet


def test_a_message_to_the_team_counts_once_it_was_tried(site):
    with owning(site.world.hub) as db:
        db.execute(CHANGED.delete())
        row = {"number": 1, "channel": "mail", "made_utc_s": int(time.time()) - 1300, "due_utc_s": 0, "count": 1}
        db.execute(POST.insert(), {**row, "tries": 0})
        db.execute(POST.insert(), {**row, "number": 2, "made_utc_s": int(time.time()) - 1250, "tries": 3})
    with contextlib.closing(Metrics(site.world.hub)) as metrics:
        assert "wardbeat_hub_post_waiting_seconds 1200.0" in published(metrics.read(int(time.time())))


def test_the_database_user_that_reads_no_person_reads_all_of_it(server, tmp_path):
    world = make_world(tmp_path, database=server.base(), users=True)
    person = Scored.made(world)
    person.days(1)
    person.send()
    with contextlib.closing(Metrics(world.hub)) as metrics:
        reading = metrics.read(int(time.time()))
        assert reading.database is not None
        assert reading.database.counters["stored"] > 0
        assert "wardbeat_hub_database_up 1.0" in published(reading)
        with metrics._store._engine.connect() as db, pytest.raises(Exception, match="permission denied"):
            db.exec_driver_sql("SELECT device FROM due")
    world.close()


def test_a_scorer_that_works_and_one_that_was_killed_are_told_from_each_other(site):
    now = int(time.time())
    sign = SignOfLife(site.world.hub, "score")
    sign.clear()
    sign.alive()
    with contextlib.closing(Metrics(site.world.hub)) as metrics:
        for later, up, behind in ((20, 1.0, 0.0), (300, 0.0, 300.0)):
            text = published(metrics.read(now + later))
            assert f'wardbeat_hub_process_up{{process="score"}} {up}' in text
            assert f'wardbeat_hub_process_behind_seconds{{process="score"}} {behind}' in text
        sign.end()
        assert "process_up" not in published(metrics.read(now)), "whoever stops a process knows it"


def test_a_database_that_is_away_is_said_and_the_rest_stays(site):
    site.world.close()
    site.world.receivers.clear()
    with contextlib.closing(Metrics(site.world.hub)) as metrics:
        (site.world.hub / "hub.db").rename(site.world.hub / "away")
        (site.world.hub / "hub.db").mkdir()
        text = published(metrics.read(int(time.time())))
        assert "wardbeat_hub_database_up 0.0" in text
        assert "wardbeat_hub_kem_key_days" in text
        (site.world.hub / "hub.db").rmdir()
        (site.world.hub / "away").rename(site.world.hub / "hub.db")
        assert "wardbeat_hub_database_up 1.0" in published(metrics.read(int(time.time())))


def test_a_key_that_was_made_meanwhile_counts(site):
    with contextlib.closing(Metrics(site.world.hub)) as metrics:
        later = int(time.time()) + 20 * _DAY_S
        assert "wardbeat_hub_directory_days -" in published(metrics.read(later))
        with contextlib.closing(open_keys(site.world.hub)) as keys:
            keys.kems.add(later)
            keys.issue_directory(later)
        text = published(metrics.read(later))
        assert "wardbeat_hub_directory_days 2.0" in text
        assert "wardbeat_hub_kem_key_days 45.0" in text or "wardbeat_hub_kem_key_days 44.0" in text


def test_the_certificates_of_the_care_view_are_counted(site):
    with contextlib.closing(Metrics(site.world.hub)) as metrics:
        now_utc_s = int(time.time())
        assert 'certificate="view"' not in published(metrics.read(now_utc_s))
        own_certificate(site.world.hub, "127.0.0.1")
        ca_file(site.world.hub)
        text = published(metrics.read(now_utc_s))
    assert re.search(r'wardbeat_hub_certificate_days\{certificate="view"\} 82[45]\.0', text)
    assert 'certificate="staff-ca"' in text


def test_one_process_reads_a_folder(site):
    with contextlib.closing(Metrics(site.world.hub)), pytest.raises(AlreadyRunning):
        Metrics(site.world.hub)


def test_without_a_hub_nothing_is_made(tmp_path):
    with pytest.raises(KeysMissing):
        Metrics(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text", ["0.0.0.0:9466", "10.1.2.3:9466", "[::]:9466", ":9466", "hub.example:9466", "localhost.example:1"]
)
def test_an_address_that_others_reach_is_refused_by_name(text):
    with pytest.raises(WrongUse, match="not an address of this machine alone") as refused:
        Address.parsed(text)
    assert text in str(refused.value)


@pytest.mark.parametrize("text", ["127.0.0.1", "127.0.0.1:0", "127.0.0.1:70000", "127.0.0.1:x", "", "127.0.0.1:\u0661"])
def test_what_is_no_address_is_refused(text):
    with pytest.raises(WrongUse, match="is not HOST:PORT"):
        Address.parsed(text)


def test_an_address_of_this_machine_is_taken():
    assert Address.parsed("127.0.0.1:9466") == Address("127.0.0.1", 9466)
    assert str(Address.parsed("[::1]:80")) == "http://[::1]:80"


def asked(port, path="/metrics", **headers):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()


@pytest.mark.process
def test_the_command_answers_on_loopback_and_says_that_it_lives(site):
    port, log = free_port(), site.world.folder / "metrics.log"
    process = start_wardbeat("hub", "metrics", site.world.hub, "--listen", f"127.0.0.1:{port}", log=log)
    try:
        wait_for(lambda: " runs" in log.read_text(), 30, "the metrics")
        assert "wardbeat_hub_database_up 1.0" in asked(port)
        for path, headers, code in (("/", {}, 404), ("/metrics", {"Host": "evil.example"}, 403)):
            with pytest.raises(urllib.error.HTTPError) as refused:
                asked(port, path, **headers)
            assert refused.value.code == code
            refused.value.close()
        state = site.world.hub / "process.metrics.json"
        wait_for(state.exists, what="its sign of life")
        assert not json.loads(state.read_text())["is_ended"]
    finally:
        process.stop()
    assert json.loads(state.read_text())["is_ended"]
