"""Enrollment against whoever stole a key, copied a bundle, or answers with a certificate that is not ours."""

import contextlib
import dataclasses
import json
import sqlite3
import time

import pytest
import time_machine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from agent.errors import CheckFailed, KeysMissing, WireRefused, WrongUse
from agent.wire import armor, directory, enroll
from agent.wire.certificates import requested_key
from agent.wire.keys import SignKey
from hub import enroll as admission
from hub import site
from hub.backup import back_up_keys, restore
from hub.cli import main
from hub.keys.certificates import certify
from hub.keys.codes import CODE_DAYS, code_name
from hub.keys.keystore import CERT_DAYS
from hub.site import open_keys, read_root
from tests.support.papers import Thief, begun, bundle_of, replace_directory_key
from tests.support.terminal import on_terminal
from tests.support.world import make_world

DAY_S = 86_400


def now_utc_s():
    return int(time.time())


def answer_of(hub, person):
    return armor.dearmor("ANSWER", admission.admit(hub, armor.armor("REQUEST", person.paper)))


# ---- a directory key that was stolen, and replaced since


def test_a_stolen_directory_key_that_was_replaced_enrolls_nobody(world, tmp_path):
    """The bundle is the hub's own; who has the old key answers in the hub's place, with keys of his own inside."""
    thief = Thief.of(world.hub)
    replace_directory_key(world.hub)
    person = begun(world.hub, tmp_path / "person")
    sealed = admission.admit(world.hub, armor.armor("REQUEST", person.paper))
    real = armor.dearmor("ANSWER", sealed)
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
        with pytest.raises(WireRefused, match=r"directory key .*clock is wrong") as refused:
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


# ---- a bundle that somebody copied


def test_a_thief_s_request_with_a_copied_bundle_has_other_words(world, tmp_path):
    bundle = bundle_of(world.hub)
    person, thief = (begun(world.hub, tmp_path / name, bundle) for name in ("person", "thief"))
    assert person.request.words != thief.request.words
    assert person.request.words == enroll.verified_request(person.paper).words
    changed = {}
    for field in dataclasses.fields(enroll.Request):
        value = getattr(person.request, field.name)
        other = not value if isinstance(value, bool) else value + value[:1]
        changed[field.name] = dataclasses.replace(person.request, **{field.name: other}).words
    assert len({person.request.words, *changed.values()}) == 1 + len(changed), "every field is in the words"


@pytest.mark.process
def test_an_operator_who_hears_other_words_admits_nobody(world, tmp_path, capsys):
    bundle = bundle_of(world.hub)
    person, thief = (begun(world.hub, tmp_path / name, bundle) for name in ("person", "thief"))
    paper = tmp_path / "request"
    paper.write_text(armor.armor("REQUEST", thief.paper))
    with pytest.raises(CheckFailed, match="nobody was admitted"):
        main(["admit", str(world.hub), str(paper), "--words", person.request.words])
    assert (capsys.readouterr().out, devices(world)) == ("", 1)
    for words in ("", "nonsense", person.request.words + " babab"):
        with pytest.raises((CheckFailed, WrongUse)):
            main(["admit", str(world.hub), str(paper), "--words", words])
    paper.write_text(armor.armor("REQUEST", person.paper))
    assert main(["admit", str(world.hub), str(paper), "--words", person.request.words.replace(" ", "-")]) == 0
    person.finish(armor.dearmor("ANSWER", capsys.readouterr().out))
    assert devices(world) == 2


def test_a_code_ends_after_two_weeks_and_one_from_a_wrong_clock_never_begins(world, tmp_path):
    person = begun(world.hub, tmp_path / "person")
    for days, is_open in ((-2, False), (CODE_DAYS + 0.01, False), (CODE_DAYS - 0.1, True)):
        with (
            time_machine.travel(now_utc_s() + days * DAY_S, tick=False),
            contextlib.closing(open_keys(world.hub)) as keys,
        ):
            assert bool(keys.codes.open_ones(now_utc_s())) == is_open
            if not is_open:
                with pytest.raises(WireRefused, match="ended"):
                    answer_of(world.hub, person)
    assert person.finish(answer_of(world.hub, person)).device


def test_a_code_that_was_voided_admits_nobody(world, tmp_path, capsys):
    people = [begun(world.hub, tmp_path / name) for name in ("first", "second")]
    assert main(["invite", str(world.hub), "--list"]) == 0
    listed = [json.loads(line)["name"] for line in capsys.readouterr().out.splitlines()]
    assert sorted(listed) == sorted(code_name(person.bundle.code) for person in people)
    assert main(["invite", str(world.hub), "--void", code_name(people[0].bundle.code)]) == 0
    with pytest.raises(WireRefused, match="voided"):
        answer_of(world.hub, people[0])
    with pytest.raises(WrongUse):
        main(["invite", str(world.hub), "--void", "00000000"])
    assert people[1].finish(answer_of(world.hub, people[1])).device
    assert main(["invite", str(world.hub), "--void", "all"]) == 0


def test_a_code_of_release_0_1_0_which_kept_no_date_ends_two_weeks_after_the_update(world, tmp_path):
    person = begun(world.hub, tmp_path / "person")
    db = sqlite3.connect(world.hub / "keys.db")
    with contextlib.closing(db), db:
        db.execute("ALTER TABLE code DROP COLUMN made_utc_s")
    with contextlib.closing(open_keys(world.hub)) as keys:
        (code,) = keys.codes.open_ones(now_utc_s())
    assert abs(code.ends_utc_s - now_utc_s() - CODE_DAYS * DAY_S) < 60
    with time_machine.travel(now_utc_s() + (CODE_DAYS + 1) * DAY_S, tick=False), pytest.raises(WireRefused):
        answer_of(world.hub, person)
    assert person.finish(answer_of(world.hub, person)).device


def test_codes_that_a_keys_file_brings_back_are_void(world, tmp_path):
    """Used or voided since the file was written, they would enroll once more."""
    person = begun(world.hub, tmp_path / "person")
    file = back_up_keys(world.hub, tmp_path / "safe")
    restore(tmp_path / "new", read_root(world.hub / "root.key"), file, None, now_utc_s())
    with pytest.raises(WireRefused, match="voided"):
        answer_of(tmp_path / "new", person)


# ---- an answer with another certificate


def test_an_answer_with_a_certificate_that_is_not_for_this_request_is_refused(world, tmp_path):
    person = begun(world.hub, tmp_path / "person")
    keys = open_keys(world.hub)
    key, device = ec.generate_private_key(ec.SECP256R1()), "0011223344556677"
    ours = requested_key(person.request.tls_request)
    elsewhere = make_world(tmp_path / "elsewhere", consent=False, fresh=True)

    def answer(certificate, name=device):
        der = certificate if isinstance(certificate, bytes) else certificate.public_bytes(serialization.Encoding.DER)
        return enroll.sealed_answer(
            enroll.Answer(name, der), person.request, keys.sign_key("directory"), keys.published()
        )

    refused = {
        "another key": answer(certify(world.hub, device, key.public_key(), server=None)),
        "another device": answer(certify(world.hub, "hub", ours, server=None)),
        "the bundle's CA": answer(certify(elsewhere.hub, device, ours, server=None)),
        "not a client's": answer(certify(world.hub, device, ours, server="127.0.0.1")),
        "cannot be read": answer(b"nonsense"),
    }
    for days, words in ((-400, "has ended"), (3, "not valid yet")):
        with time_machine.travel(now_utc_s() + days * DAY_S, tick=False):
            refused[words] = answer(certify(world.hub, device, ours, server=None))
    for words, paper in refused.items():
        with pytest.raises(WireRefused, match=words):
            person.finish(paper)
        assert not (person.folder / "keys" / "tls.crt").exists()
    assert person.finish(answer(certify(world.hub, device, ours, server=None))).device == device
    keys.close()


def devices(world):
    with contextlib.closing(open_keys(world.hub)) as keys:
        return keys.devices.count()
