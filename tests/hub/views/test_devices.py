"""What whoever runs a study sees of devices: a table in a terminal, checks for monitoring, and no more than is theirs."""

import contextlib
import json
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from agent.errors import WrongUse
from agent.outbox import consents
from agent.system import output
from agent.wire.message import CoverMessage
from hub.cli import main
from hub.site import open_keys
from hub.views import Reader, view_named
from hub.views.device_checks import CHECKS
from hub.views.open_hub import OpenHub
from tests.support.hub_messages import data_message, seal, send_consent
from tests.support.terminal import on_terminal
from tests.support.world import CODED, another_person, deliver, make_world

ROOT = Path(__file__).parents[3]
HOUR = 12  # windows


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def site(request, tmp_path):
    """A person who wore the strap for an hour today and two hours yesterday, as the hub stored it."""
    base = request.getfixturevalue("server").base() if request.param == "postgresql" else ""
    world = make_world(tmp_path, database=base)
    receiver = world.receiver()
    record = send_consent(world, receiver)
    midnight = int(time.time()) // 86_400 * 86_400
    starts = [midnight + 300 * n for n in range(HOUR)] + [midnight - 86_400 + 300 * n for n in range(2 * HOUR)]
    sealed = (seal(world, [data_message(record, start=start)], seq) for seq, start in enumerate(starts, start=1))
    receiver.handle([(world.topic, envelope) for envelope in sealed])
    yield world
    world.close()


def label(world, text):
    with contextlib.closing(open_keys(world.hub)) as keys:
        keys.people.put_label(keys.devices.named(world.identity.device).kid, text)


def shown(capsys, site, *options, code=0):
    capsys.readouterr()
    assert main(["show", str(site.hub), "--devices", *options]) == code
    printed = capsys.readouterr()
    return [json.loads(line) for line in printed.out.splitlines()], printed.err


def test_a_device_is_shown_with_label_contact_wear_consent_and_certificate(site, capsys):
    label(site, "P07")
    ((row,), _) = shown(capsys, site)
    today = datetime.now(UTC).date()
    assert row["label"] == "P07"
    assert row["heard"] == today.isoformat()
    assert row["admitted"] == today.isoformat()
    hours = row["worn_hours"]
    assert list(hours) == [(today - timedelta(days=n)).isoformat() for n in range(6, -1, -1)]
    assert list(hours.values()) == [0, 0, 0, 0, 0, 2.0, 1.0]
    assert 0 < row["windows_share_01"] <= round(3 * HOUR / (6 * 288), 3)
    assert (row["consent"], row["purposes"]) == ("in force", ["care"])
    assert row["consent_ends_utc"] > row["certificate_ends_utc"] > today.isoformat()
    assert row["schema"] == 1


def test_withheld_numbers_are_no_worn_time_and_a_late_window_counts_for_its_day(site, capsys):
    (receiver,) = site.receivers
    with site.outbox() as outbox:
        record = consents.in_force(outbox)
    midnight = int(time.time()) // 86_400 * 86_400
    withheld = tuple(type(value)(value.feature_id, 0) for value in CODED)
    empty = data_message(record, start=midnight + 300 * 50, values=withheld)
    late = data_message(record, start=midnight - 3 * 86_400)
    for seq, message in ((200, empty), (201, late)):
        receiver.handle([(site.topic, seal(site, [message], seq))])
    ((row,), _) = shown(capsys, site)
    assert list(row["worn_hours"].values()) == [0, 0, 0, pytest.approx(1 / HOUR, abs=0.01), 0, 2.0, 1.0]


def test_a_cover_is_heard_and_says_nothing_about_wear(site, capsys):
    (receiver,) = site.receivers
    before = shown(capsys, site)[0][0]["worn_hours"]
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2), tick=True):
        receiver.handle([(site.topic, seal(site, [CoverMessage()], 300))])
        ((row,), _) = shown(capsys, site)
        assert row["heard"] == datetime.now(UTC).date().isoformat()
        assert list(row["worn_hours"].values())[:5] == list(before.values())[2:]


@pytest.mark.parametrize(("days", "code"), [("3", 1), ("5", 0)])
def test_a_device_silent_for_n_days_fails_a_check_by_its_id(site, capsys, days, code):
    label(site, "P07")
    with time_machine.travel(datetime.now(UTC) + timedelta(days=4), tick=True):
        rows, said = shown(capsys, site, "--silent-days", days, code=code)
    assert len(rows) == 1, "the rows are printed as ever"
    assert ("FAIL device_silent" in said) == bool(code)
    assert ("P07" in said) == bool(code)


def test_a_device_that_was_never_heard_is_silent_since_its_admission(site, capsys):
    another_person(site, site.folder / "other")
    with time_machine.travel(datetime.now(UTC) + timedelta(days=4), tick=True):
        receiver = site.receivers[0]
        receiver.handle([(site.topic, seal(site, [CoverMessage()], 300))])
        rows, said = shown(capsys, site, "--silent-days", "3", code=1)
    assert len(rows) == 2
    assert said.count("FAIL device_silent") == 1
    assert "never heard" in said


def test_a_certificate_that_ends_is_a_check(site, capsys):
    _, said = shown(capsys, site, "--certificate-days", "30")
    assert "ok   device_certificate" in said
    _, said = shown(capsys, site, "--certificate-days", "400", code=1)
    assert "FAIL device_certificate" in said


@pytest.mark.parametrize(
    "options", [("--devices", "--silent-days", "0"), ("--counters", "--silent-days", "3"), ("--silent-days", "3")]
)
def test_checks_of_anything_but_devices_and_of_no_days_are_refused(site, options):
    with pytest.raises(WrongUse):
        main(["show", str(site.hub), *options])


def test_a_withdrawn_consent_is_named_as_that(site, capsys):
    (receiver,) = site.receivers
    with site.outbox() as outbox:
        consents.withdraw(outbox, site.identity.sign, site.identity.site, int(time.time()))
        deliver(site, outbox, receiver)
    ((row,), _) = shown(capsys, site)
    assert row["consent"] == "withdrawn"


def test_a_care_team_reads_wear_of_those_alone_who_consent_to_care(tmp_path):
    research = make_world(tmp_path, profile="research", fresh=True)
    send_consent(research, research.receiver())
    with OpenHub(research.hub) as hub:
        assert list(view_named("wear").rows(hub, Reader.CARE)) == []
        assert len(list(view_named("wear").rows(hub, Reader.OPERATOR))) == 1
    research.close()


def test_a_consent_to_a_score_alone_shows_a_care_team_nobody(tmp_path):
    """Its record names the profile's own purpose, and nothing for it."""
    scored = make_world(tmp_path / "scored", consent=False)
    scored.give_consent(int(time.time()) - 3600, ("score",))
    cared = make_world(tmp_path / "cared", from_utc_s=int(time.time()) - 3600)
    for world in (scored, cared):
        send_consent(world, world.receiver())
        with OpenHub(world.hub) as hub:
            shown_to_team = len(list(view_named("wear").rows(hub, Reader.CARE)))
        assert shown_to_team == (1 if world is cared else 0)
        world.close()


@pytest.mark.process
def test_a_terminal_shows_tables_and_json_on_demand(tmp_path):
    world = make_world(tmp_path)
    send_consent(world, world.receiver())
    label(world, "P07")
    wide = {"COLUMNS": "200", "LINES": "50"}
    code, seen = on_terminal("hub", "show", world.hub, "--devices", typed=[], env=wide)
    assert code == 0, seen
    head, row = [line for line in seen.splitlines() if line.strip()]
    assert head.split("  ")[0] == "label"
    assert re.match(rf"P07 +{world.identity.device} +\d{{4}}-\d\d-\d\d", row)
    assert head.index("consent") == row.index("care to")
    code, seen = on_terminal("hub", "show", world.hub, "--devices", "--json", typed=[], env=wide)
    assert json.loads(seen)["label"] == "P07"
    code, seen = on_terminal("hub", "show", world.hub, typed=[], env={"COLUMNS": "80"})
    assert re.search(r"^site +test-site", seen, re.MULTILINE), seen
    assert re.search(r"^processes +none ran here", seen, re.MULTILINE), seen
    assert "{" not in seen
    world.close()


def test_every_check_is_documented_with_its_option():
    text = (ROOT / "docs/hub.md").read_text(encoding="utf-8")
    for check in CHECKS:
        assert f"`{check.check_id}`" in text
        assert check.option in text


def test_a_label_cannot_command_a_terminal_or_a_spreadsheet(site):
    for bad in ("=1+1", "a\nb", "\x1b[2J", "x" * 41, "-a", "a,b"):
        with pytest.raises(WrongUse):
            label(site, bad)
    label(site, "Münster 3/12")
    assert output.printable("Münster 3/12") == "Münster 3/12"
