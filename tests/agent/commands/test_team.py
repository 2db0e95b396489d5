"""`wardbeat ask`, `wardbeat looks` and `wardbeat consent --team` as a person types them; without a running agent, and with one."""

import json

import pytest
import yaml

from agent.control import client
from agent.control.ask_words import decode_wish, encode_wish
from agent.errors import WardbeatError, WrongUse
from agent.outbox import alerts, asks, looks
from agent.outbox.asks import Wish
from agent.tables import team
from agent.wire import codes
from agent.wire.keys import SignKey
from tests.support import team_answers
from tests.support.terminal import call
from tests.support.world import OPERATOR, START_UTC_S, make_world

KEY = SignKey.of(bytes([7]) * 32)


@pytest.fixture
def told(world):
    """A person of whom a team looked at something, with an alert, and the settings file."""
    with world.outbox() as outbox:
        looks.take(outbox, [team_answers.looks(START_UTC_S, "Ada Nurse", "Ben")], START_UTC_S)
    config = world.folder / "config.yaml"
    config.write_text(
        yaml.safe_dump({"state_dir": str(world.settings.state_dir), "profile": "care", "key_store": "file"})
    )
    return world, config


def test_every_word_of_the_wire_has_its_words():
    assert set(team.ROLES) == set(codes.codes("team_roles"))
    assert set(team.VIEWS) == set(codes.codes("views"))
    assert set(team.RULES) == set(codes.codes("rules"))
    assert set(team.ALERT_STATES) == set(codes.codes("alert_states"))


@pytest.mark.process
def test_looks_are_listed_newest_first_and_a_broken_chain_is_named_and_is_no_success(told):
    world, config = told
    listed = call("--config", config, "looks")
    assert listed.returncode == 0
    assert [line.split("  ")[-1] for line in listed.stdout.splitlines()] == [
        "Ben (member of the care team): your own page there",
        "Ada Nurse (member of the care team): your own page there",
    ]
    assert "2 looks; none is missing or changed" in listed.stderr
    with world.outbox() as outbox:
        looks.take(outbox, [team_answers.looks(START_UTC_S, "Eve")], START_UTC_S)
    broken = call("--config", config, "looks")
    assert broken.returncode == 1
    assert "Does not fit: the hub reported another look with this number before: 1" in broken.stderr
    assert "Eve" not in broken.stdout
    found = json.loads(call("--config", config, "looks", "--json").stdout)
    assert [one["who"] for one in found["looks"]] == ["Ben", "Ada Nurse"]
    assert (found["whole"], found["faults"][0]["look"]["who"]) == (False, "Eve")


@pytest.mark.process
def test_a_person_asks_and_takes_back_without_a_running_agent_and_a_place_without_team_refuses(told, tmp_path):
    world, config = told
    asked = call("--config", config, "ask", "I sleep badly.")
    assert asked.returncode == 0, asked.stderr
    assert f"You ask the care team of {OPERATOR} to look at your weeks" in asked.stderr
    assert "has not said yet that it understands" in asked.stderr
    with world.outbox() as outbox:
        assert asks.asked(outbox).words == "I sleep badly."
    assert call("--config", config, "ask", "words", "--take-back").returncode == 2
    assert call("--config", config, "ask", "--take-back").returncode == 0
    assert call("--config", config, "ask", "--hold", "3").returncode == 2
    with world.outbox() as outbox:
        assert asks.asked(outbox) is None
    ledger = call("--config", config, "ledger").stdout
    assert "asked the care team to look at your weeks: I sleep badly." in ledger
    assert "took back that you asked to be seen" in ledger


@pytest.mark.process
def test_alerts_are_listed_with_what_the_team_reads_and_when(told):
    world, config = told
    assert "no alert about you" in call("--config", config, "looks", "--alerts").stderr
    with world.outbox() as outbox:
        serial = asks.consents.in_force(outbox).serial
        hub = team_answers.TeamAnswers(world, world.receiver().keys)
        messages = [
            hub.alert(serial, START_UTC_S, team_utc_s=4_000_000_000),
            hub.alert(serial, START_UTC_S, 2, rule="change_alarm", team_utc_s=0),
        ]
        directory, who = world.identity.directory().directory, world.identity
        assert alerts.take(outbox, messages, directory, who.site, who.device, START_UTC_S).refused == ()
    listed = call("--config", config, "looks", "--alerts")
    assert "'wardbeat ask --hold 1' postpones that" in listed.stdout
    assert "No team reads this one." in listed.stdout.splitlines()[0]
    assert call("--config", config, "ask", "--hold", "1").returncode == 0
    assert "postpones" not in call("--config", config, "looks", "--alerts").stdout
    (second, first) = json.loads(call("--config", config, "looks", "--alerts", "--json").stdout)["alerts"]
    assert first["held_utc_s"] > 0 == second["held_utc_s"]


@pytest.mark.process
def test_a_consent_shows_what_the_team_sees_and_names_what_is_missing(told):
    _, config = told
    wanted = ("--signal", "heart", "--purpose", "care", "--purpose", "score", "--team", "index", "--team", "context")
    shown = call("--config", config, "consent", "show", *wanted)
    assert shown.returncode == 0, shown.stderr
    assert "the index of each week with its interval and its parts" in shown.stderr
    person, _ = told
    person.give_consent(START_UTC_S + 9, ("care", "score"), team=("index",))
    in_force = call("--config", config, "consent", "show", "--signal", "heart").stderr
    assert "The care team sees: index." in in_force
    assert "you gave consent for heart and the index of your weeks" in call("--config", config, "ledger").stdout
    without = call("--config", config, "consent", "give", "--signal", "heart", "--purpose", "care", "--team", "index")
    assert without.returncode == 2
    assert "Choose a signal for score" in without.stderr


@pytest.mark.parametrize(
    "argument", ["", "[]", '{"what": "see", "about": true}', '{"what": 1}', '{"when": "see"}', "[" * 9999]
)
def test_a_wish_of_another_form_is_refused(argument):
    with pytest.raises(WrongUse):
        decode_wish(argument)
    wish = Wish("hold", 3)
    assert decode_wish(encode_wish(wish)) == wish


def test_a_workplace_has_no_team_to_ask(tmp_path):
    person = make_world(tmp_path, profile="eu-workplace")
    with pytest.raises(WardbeatError, match="no care team"):
        client.carry_out(person.settings, "ask", encode_wish(Wish("see")))
    person.close()
