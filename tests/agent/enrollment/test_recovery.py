"""A machine is lost: by the code that the person wrote down everything is erased, beside hubs at work, and by nothing else."""

import io
import re
import shutil

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agent.enrollment import identity
from agent.errors import AlreadyRunning, Missing, WireRefused, WrongPin
from agent.wire import codec, erasure
from agent.wire.armor import armor, dearmor
from agent.wire.directory import verified
from agent.wire.keys import SignKey, kid
from agent.wire.message import CoverMessage
from agent.wire.receipt import Erased
from hub.cli import main
from hub.database import lock_file
from hub.receive import batch, verify
from tests.support.hub_messages import data_message, reasons_by_seq, seal, send_consent
from tests.support.terminal import on_terminal
from tests.support.world import PIN, START_UTC_S, another_person, deliver

NOW = START_UTC_S


def paper(code, site="test-site", asked_utc_s=NOW):
    key = erasure.recovery_key(code)
    return armor("ERASURE", erasure.signed_wish(erasure.Wish(site, key.public, asked_utc_s), key))


def erase(world, text, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    capsys.readouterr()
    code = main(["erase", str(world.hub)])
    return code, capsys.readouterr().out


def device_kid(world):
    return kid(world.identity.sign.public)


def code_of(world):
    return identity.recovery_code(world.settings.state_dir, PIN, world.vault)


# ---- the words


@given(st.binary(min_size=16, max_size=16))
def test_the_words_of_a_code_say_it_again_however_they_are_written(code):
    said = erasure.in_words(code)
    assert len(said.split()) == 9
    assert erasure.from_words(f"  {said.upper()}\n") == code
    assert erasure.from_words(said.replace(" ", "-")) == code


def test_a_misread_word_is_noticed():
    said = erasure.in_words(bytes(range(16))).split()
    for wrong in (said[:-1], said[1:], [*said, "babab"], [said[1], said[0], *said[2:]], ["hello", *said[1:]]):
        with pytest.raises(WireRefused):
            erasure.from_words(" ".join(wrong))
    missed = 0
    for place in range(9):
        for letter in "bdfghjklmnprstvz":
            other = letter + said[place][1:]
            if other != said[place]:
                try:
                    erasure.from_words(" ".join([*said[:place], other, *said[place + 1 :]]))
                    missed += 1
                except WireRefused:
                    pass
    assert missed == 0


# ---- the whole way


@pytest.mark.process
def test_everything_is_erased_by_the_code_alone_beside_a_hub_at_work(either, monkeypatch, capsys):
    receiver = either.receiver()
    other = another_person(either, either.folder / "other")
    with other.outbox() as outbox:
        deliver(other, outbox, receiver)
    record = send_consent(either, receiver)
    receiver.handle([(either.topic, seal(either, [data_message(record, start=NOW + 300 * n)], n)) for n in range(1, 4)])
    code = code_of(either)
    root = either.identity.bundle.root_public
    before = len(receiver.store.summaries())
    shutil.rmtree(either.settings.state_dir)  # lost

    assert before >= 3
    done, text = erase(either, paper(code), monkeypatch, capsys)
    assert done == 0
    stored = receiver.store.summaries()
    assert {one.device for one in stored} <= {device_kid(other)}

    # what is still on its way is refused, and so is a consent of a thief who has the machine and the PIN
    assert receiver.handle([(either.topic, seal(either, [data_message(record, start=NOW + 3000)], 9))]) == []
    assert receiver.store.counters()["revoked"] == 1

    site, _root, published, items = codec.decode(dearmor("ERASE RECEIPT", text[text.index("-----BEGIN") :]))
    directory = verified(published, site, root, 0).directory
    shown = Erased(items[1], *items[2], items[3])
    assert shown.signed_by(directory.receipt_publics[0], site)
    assert (shown.serial, shown.device) == (erasure.EVERY_SERIAL, either.identity.device)
    receiver.keys.refresh()
    assert device_kid(either) in verified(receiver.keys.published(), site, root, 0).directory.revoked

    # said again, it is said again; nobody else is touched
    done, again = erase(either, paper(code), monkeypatch, capsys)
    assert (done, again[: again.index("erased on")]) == (0, text[: text.index("erased on")])
    assert reasons_by_seq(other, receiver.handle([(other.topic, seal(other, [CoverMessage()], 50))])) == {50: "stored"}


@pytest.mark.process
def test_what_was_judged_before_the_erasure_and_is_taken_after_it_is_not_stored(either, monkeypatch, capsys):
    receiver = either.receiver()
    record = send_consent(either, receiver)
    code = code_of(either)
    ahead = [(either.topic, seal(either, [data_message(record, start=NOW + 600)], 5))]
    opened = verify.opened

    def meanwhile(keys, seen):
        one = opened(keys, seen)
        assert erase(either, paper(code), monkeypatch, capsys)[0] == 0
        return one

    monkeypatch.setattr(batch.verify, "opened", meanwhile)
    assert receiver.handle(ahead) == []
    monkeypatch.undo()
    assert receiver.store.summaries() == []
    assert receiver.store.counters()["revoked"] == 1


@pytest.mark.process
def test_no_other_paper_erases_anything(world, monkeypatch, capsys):
    receiver = world.receiver()
    record = send_consent(world, receiver)
    receiver.handle([(world.topic, seal(world, [data_message(record)]))])
    right = erasure.recovery_key(code_of(world))
    wish = erasure.Wish("test-site", right.public, NOW)
    papers = {
        "unknown_key": paper(bytes(16)),
        "wrong_site": paper(code_of(world), "another-site"),
        "bad_signature": armor("ERASURE", erasure.signed_wish(wish, SignKey.of(b"f" * 32))),
        "malformed": armor("ERASURE", codec.encode([wish.encode()])),
        "weak_key": armor("ERASURE", erasure.signed_wish(erasure.Wish("test-site", bytes(32), NOW), right)),
    }
    for reason, text in papers.items():
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        with pytest.raises(WireRefused) as refused:
            main(["erase", str(world.hub)])
        assert refused.value.reason == reason
    assert len(receiver.store.summaries()) == 1
    held = lock_file(world.hub / "hub.0.lock")
    with pytest.raises(AlreadyRunning):
        erase(world, paper(code_of(world)), monkeypatch, capsys)
    held.close()
    held.engine.dispose()
    assert erase(world, paper(code_of(world)), monkeypatch, capsys)[0] == 0
    assert receiver.store.summaries() == []


@pytest.mark.slow
def test_the_code_opens_with_the_pin_alone_and_goes_with_the_keys(world):
    folder = world.settings.state_dir
    with pytest.raises(WrongPin):
        identity.recovery_code(folder, "654321", world.vault)
    code = code_of(world)
    files = {file.name: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    assert not [name for name, held in files.items() if code in held]
    identity.destroy(folder)
    with pytest.raises(Missing):
        identity.recovery_code(folder, PIN, world.vault)


@pytest.mark.process
def test_the_person_sees_the_code_on_the_terminal_and_signs_with_it_on_another_machine(world, tmp_path):
    config = tmp_path / "settings.yaml"
    config.write_text(
        yaml.safe_dump({"state_dir": str(world.settings.state_dir), "profile": "care", "key_store": "file"})
    )
    code, seen = on_terminal("--config", config, "recovery", "code", typed=[("Your PIN", PIN)])
    assert code == 0, seen
    words = re.search(r"Your recovery code:\s+(\w+(?: \w+){8})", seen).group(1)
    assert erasure.from_words(words) == code_of(world)
    code, seen = on_terminal("recovery", "erase", "test-site", typed=[("The nine words", words)])
    assert code == 0, seen
    text = re.search(r"-----BEGIN WARDBEAT ERASURE-----.*END WARDBEAT ERASURE-----", seen, re.DOTALL).group(0)
    wish = erasure.verified_wish(dearmor("ERASURE", text.replace("\r", "")))
    assert wish.public == erasure.recovery_key(code_of(world)).public
    code, seen = on_terminal("recovery", "erase", "test-site", typed=[("The nine words", "babab babab")])
    assert (code, "nine words, not 2" in seen) == (2, True)
