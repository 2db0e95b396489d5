"""Enrollment against whoever stole a key, copied a bundle, or answers with a certificate that is not ours."""

import dataclasses
import time

import pytest
import time_machine

from agent.errors import KeysMissing, WireRefused
from agent.wire import directory, enroll
from agent.wire.keys import SignKey
from hub import enroll as admission
from hub import site
from hub.keys.keystore import CERT_DAYS
from tests.support.papers import Thief, begun, bundle_of, replace_directory_key
from tests.support.terminal import on_terminal

DAY_S = 86_400


def now_utc_s():
    return int(time.time())


def answer_of(hub, person):
    return enroll.dearmor("ANSWER", admission.admit(hub, enroll.armor("REQUEST", person.paper)))


# ---- a directory key that was stolen, and replaced since


def test_a_stolen_directory_key_that_was_replaced_enrolls_nobody(world, tmp_path):
    """The bundle is the hub's own; who has the old key answers in the hub's place, with keys of his own inside."""
    thief = Thief.of(world.hub)
    replace_directory_key(world.hub)
    person = begun(world.hub, tmp_path / "person")
    sealed = admission.admit(world.hub, enroll.armor("REQUEST", person.paper))
    real = enroll.dearmor("ANSWER", sealed)
    listed = directory.verified(enroll.codec.decode(real)[2], "test-site", person.bundle.root_public, 0).directory
    mine = SignKey.of(b"t" * 32)
    forged = thief.published(listed, version=2**53 - 1, receipt_publics=(mine.public,))
    opened, *_ = enroll.opened_answer(real, person.bundle, person.receive, now_utc_s())
    with pytest.raises(WireRefused) as refused:
        person.finish(thief.answer(person.request, opened, forged))
    assert refused.value.reason == "rolled_back"
    enrolled = person.finish(real)
    assert directory.lowest_serial(person.bundle.directory_floor) == enrolled.directory().key.serial > 10**9
    with pytest.raises(WireRefused):
        enrolled.believe(forged)
    # the same answer is taken where the bundle names no lowest serial: it is the serial that refuses it
    unaware = dataclasses.replace(person.bundle, directory_floor=0)
    enroll.opened_answer(thief.answer(person.request, opened, forged), unaware, person.receive, now_utc_s())


def test_the_words_tell_a_thief_s_bundle_from_the_hub_s(world):
    """Root and site are the true ones, so the root's words agree; broker, CA and lowest serial are the thief's."""
    real = bundle_of(world.hub)
    assert real.words == bundle_of(world.hub).words, "two bundles of one directory differ in the code alone"
    changes = {
        "site": "other-site",
        "operator": "Test servicе",  # a Cyrillic letter
        "host": "10.0.0.9",
        "port": real.port + 1,
        "ca_pem": real.ca_pem + b"\n",
        "root_public": SignKey.of(b"r" * 32).public,
        "directory_floor": 0,
        "synthetic": not real.synthetic,
    }
    assert set(changes) | {"code"} == {field.name for field in dataclasses.fields(enroll.Bundle)}
    words = {name: dataclasses.replace(real, **{name: value}).words for name, value in changes.items()}
    assert len({real.words, *words.values()}) == 1 + len(changes)
    same = [name for name in changes if name != "root_public"]
    roots = {
        directory.fingerprint_words(dataclasses.replace(real, **{name: changes[name]}).root_public) for name in same
    }
    assert len(roots) == 1, "what was compared before, the root's words, sees none of these"


@pytest.mark.parametrize("days", [-2, CERT_DAYS + 1])
def test_a_directory_key_that_has_ended_or_not_begun_enrolls_nobody(world, tmp_path, days):
    person = begun(world.hub, tmp_path / "person")
    answer = answer_of(world.hub, person)
    with time_machine.travel(now_utc_s() + days * DAY_S, tick=False):
        with pytest.raises(WireRefused, match="clock is wrong") as refused:
            person.finish(answer)
        assert refused.value.reason == "out_of_date"
    assert person.finish(answer).device


def test_a_hub_whose_directory_key_has_ended_invites_nobody(world):
    with (
        time_machine.travel(now_utc_s() + (CERT_DAYS + 1) * DAY_S, tick=False),
        pytest.raises(KeysMissing, match="directory key has ended"),
    ):
        site.invite(world.hub)


@pytest.mark.parametrize("floor", [0, 7, 2**20 - 1])
def test_a_bundle_of_release_0_1_0_names_a_version_alone(world, tmp_path, floor):
    """Its floor counts directories; this hub's versions are above it, as those of its own hub are."""
    bundle = dataclasses.replace(bundle_of(world.hub), directory_floor=floor)
    assert directory.lowest_serial(floor) == 0
    person = begun(world.hub, tmp_path / "person", bundle)
    assert person.finish(answer_of(world.hub, person)).directory().directory.version >= floor


# ---- what the person at the terminal answers


@pytest.mark.process
@pytest.mark.parametrize("answer", ["no", "NO", "y", ""])
def test_a_person_whose_words_do_not_agree_makes_no_key_and_types_no_pin(world, tmp_path, settings_file, answer):
    bundle = tmp_path / "bundle"
    bundle.write_text(site.invite(world.hub))
    fresh = tmp_path / "fresh.yaml"
    fresh.write_text(settings_file.read_text().replace(str(world.settings.state_dir), str(tmp_path / "fresh")))
    code, seen = on_terminal("--config", fresh, "enroll", bundle, typed=[("Do they agree?", answer)] * 3)
    assert (code, "words do not agree" in seen, "PIN" in seen) == (1, True, False), seen
    assert not (tmp_path / "fresh" / "keys").exists()
