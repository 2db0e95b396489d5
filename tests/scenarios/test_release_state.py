"""What release 0.1.0 left on a machine and at a hub is opened, continued and proven by the program of today."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from agent.outbox import consent_records, ledger, pauses
from agent.sources.strap import binding
from agent.weeks import report
from agent.windows.history import History
from agent.wire.consent import decode_record
from agent.wire.keys import kid
from tests.support import release_state
from tests.support.hub_messages import data_message, reasons_by_seq, seal
from tests.support.world import START_UTC_S, deliver, release_window


@pytest.fixture(params=[pytest.param("sqlite"), pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request):
    return request.getfixturevalue("server").base() if request.param == "postgresql" else ""


@pytest.fixture(params=release_state.releases())
def release(request):
    """Every release whose state is here; the next day."""
    held = release_state.manifest(request.param)
    later = datetime.fromtimestamp(held["clock_utc_s"], UTC) + timedelta(days=1)
    with time_machine.travel(later, tick=True):
        yield request.param


def test_the_fixture_of_the_first_release_is_here():
    assert release_state.releases()[0] == "release_0_1_0"


@pytest.fixture
def people(release, url, tmp_path):
    """(a person with rows, a person who withdrew)"""
    opened = release_state.opened(release, tmp_path, url)
    yield opened
    for person in opened:
        person.close()


def starts(receiver, person):
    return sorted(item.message.start_utc_s for item in receiver.store.summaries() if item.device == device_of(person))


def device_of(person):
    return kid(person.identity.sign.public)


@pytest.mark.process
def test_rows_that_waited_reach_the_hub_and_nothing_is_lost_or_doubled(release, url, people):
    held = release_state.manifest(release)
    kind = "postgresql" if url else "sqlite"
    person, _ = people
    receiver = person.receiver()
    before = [(item.message.start_utc_s, item.features()["rmssd_ms"][0]) for item in receiver.store.summaries()]
    assert [list(row) for row in before] == held[kind]["stored"]
    with person.outbox() as outbox:
        proven = ledger.verify(outbox, person.identity.open_answers)
        assert (proven.rows, proven.breaks) == (held[kind]["rows"], ())
        index, head = outbox.head()
        # opening begins a new stream; the chain goes on from the release's head
        assert index >= held[kind]["rows"]
        assert head.hex() == held[kind]["head"] or index > held[kind]["rows"]
        deliver(person, outbox, receiver)
        assert starts(receiver, person) == [START_UTC_S + 300 * n for n in range(held["settled"] + held["waiting"])]
        assert outbox.unsettled() == 0
        # and it goes on: a new window under the consent of that release
        outbox.put_released(release_window(person, outbox, held["settled"] + held["waiting"]), held["clock_utc_s"])
        deliver(person, outbox, receiver)
        assert len(starts(receiver, person)) == held["settled"] + held["waiting"] + 1
        assert ledger.verify(outbox, person.identity.open_answers).breaks == ()


@pytest.mark.process
def test_who_withdrew_stays_withdrawn(people):
    """Nothing leaves the machine, and the hub refuses what a manipulated one sends under the old consent."""
    _, second = people
    receiver = second.receiver()
    stored = starts(receiver, second)
    with second.outbox() as outbox:
        assert release_window(second, outbox) == ()
        deliver(second, outbox, receiver)
        kept = consent_records.records(outbox)[0]
    late = seal(second, [data_message(decode_record(kept), start=START_UTC_S + 3000)])
    assert reasons_by_seq(second, receiver.handle([(second.topic, late)])) == {1: "consent_withdrawn"}
    assert starts(receiver, second) == stored


@pytest.mark.process
def test_history_strap_and_private_hours_are_read(release, tmp_path):
    held = release_state.manifest(release)
    person, _ = release_state.opened(release, tmp_path)
    history = History(person.settings.state_dir / "history.db", person.vault)
    assert len(list(history.summaries())) == held["settled"] + held["waiting"]
    assert [(one.what, one.name) for one in history.told()] == [("shift", "night")]
    assert report.weeks(history, person.profile, held["clock_utc_s"])["weeks"]
    history.close()
    assert binding.bound(person.settings.state_dir).serial == "sim-0001"
    with person.outbox() as outbox:
        assert pauses.hours(outbox) == (pauses.Hours(22 * 60, 6 * 60),)


@pytest.mark.process
def test_a_damaged_fixture_is_found(release, tmp_path):
    """The same check on a copy whose ledger lost a row."""
    person, _ = release_state.opened(release, tmp_path)
    with person.outbox(renew_stream=False) as outbox:
        outbox.db.execute("DELETE FROM ledger WHERE idx = 3")
        with pytest.raises(ledger.LedgerBroken, match="3"):
            ledger.verify(outbox, person.identity.open_answers)
