"""Whoever copied the sealed keys tries PINs: not without the data key, and not the usual ones first."""

import random

import pytest

from agent.enrollment import identity, steps
from agent.enrollment.pins import check_pin
from agent.errors import KeysMissing, WrongPin, WrongUse
from agent.privacy.vault import Vault, open_with_pin
from tests.support import release_state
from tests.support.papers import bundle_of
from tests.support.world import PIN

SEALED = ("consent", "recovery")
STRANGER = Vault(bytes(32), "another machine")


def guessable(folder, pin):
    """The sealed secrets that a right guess opens for who has the files and no data key."""
    found = []
    for name in SEALED:
        try:
            found.append(open_with_pin(STRANGER, name, pin, (folder / "keys" / name).read_bytes()) and name)
        except KeysMissing:
            continue
    return found


@pytest.mark.slow
def test_copied_keys_open_with_no_pin_without_the_data_key(world):
    folder = world.settings.state_dir
    assert guessable(folder, PIN) == []
    assert identity.recovery_code(folder, PIN, world.vault)
    assert identity.consent_key(folder, PIN, world.vault).public == world.identity.consent_public


@pytest.mark.slow
def test_keys_that_were_just_made_are_under_the_data_key_before_any_pin_was_typed_again(world, tmp_path):
    identity.begin(tmp_path, world.vault, bundle_of(world.hub).encode(), PIN)
    assert guessable(tmp_path, PIN) == []
    assert identity.consent_key(tmp_path, PIN, world.vault)


@pytest.mark.process
def test_keys_of_release_0_1_0_come_under_the_data_key_with_the_next_right_pin(tmp_path):
    person, second = release_state.opened(release_state.releases()[0], tmp_path)
    folder = person.settings.state_dir
    assert guessable(folder, PIN) == list(SEALED), "the detector: that release sealed them under the PIN alone"
    before = {name: (folder / "keys" / name).read_bytes() for name in SEALED}
    with pytest.raises(WrongPin):
        identity.consent_key(folder, "not the pin", person.vault)
    assert {name: (folder / "keys" / name).read_bytes() for name in SEALED} == before, "a wrong PIN changes nothing"
    code = open_with_pin(STRANGER, "recovery", PIN, before["recovery"])
    assert identity.consent_key(folder, PIN, person.vault).public == person.identity.consent_public
    assert guessable(folder, PIN) == []
    held = {name: (folder / "keys" / name).read_bytes() for name in SEALED}
    assert identity.recovery_code(folder, PIN, person.vault) == code
    assert {name: (folder / "keys" / name).read_bytes() for name in SEALED} == held, "once is enough"
    assert (folder / "keys" / "consent").stat().st_mode & 0o077 == 0
    # and the other person's by way of the recovery code
    assert identity.recovery_code(second.settings.state_dir, PIN, second.vault)
    assert guessable(second.settings.state_dir, PIN) == []
    identity.destroy(folder)
    assert [file.name for file in (folder / "keys").iterdir()] == []
    for one in (person, second):
        one.close()


USUAL = {
    "fewer than": ["", "12345", "abcde"],
    "three different": ["111111", "121212", "112122", "aaaaaa", "000001"],
    "up or down": ["123456", "654321", "890123", "987654", "135791", "246802", "abcdef", "12345678", "fedcba"],
    "repeats": ["123123", "789789", "abcabc", "12341234", "wxywxy"],
    "mirror": ["123321", "abccba", "112233", "778899", "aabbcc"],
    "date": [
        "010190", "311299", "123190", "901231", "199012", "121990", "01011990", "19900101", "12311990",
        "01.01.1990", "1990-01-01", "31/12/85", "24 12 85",
    ],
    "keys": ["147258", "159753", "qwertz", "QWERTY", "asdfgh", "lkjhgf", "789456"],
    "usual word": ["password", "Passwort1", "geheim", "wardbeat", "letmein!", "iloveyou2", "1q2w3e4r"],
}  # fmt: skip


@pytest.mark.parametrize("why", USUAL)
def test_a_usual_pin_is_refused(why):
    for pin in USUAL[why]:
        with pytest.raises(WrongUse, match=why) as refused:
            check_pin(pin)
            pytest.fail(f"accepted: {pin}")
        assert not pin or pin not in str(refused.value), "a PIN is never repeated"


def test_a_good_pin_is_taken():
    for pin in ("830274", "905718", "a test pin", "correct horse", "Tür7Baum", "4816029375", "demo-pin-of-nobody"):
        check_pin(pin)


def test_most_pins_of_six_digits_are_good():
    """Of all of them one in eleven is refused: the days of a calendar in three orders are most of these."""
    chance, taken = random.Random(1), 0
    for _ in range(20_000):
        try:
            check_pin(f"{chance.randrange(10**6):06}")
            taken += 1
        except WrongUse:
            pass
    assert 0.85 < taken / 20_000 < 0.95, taken


@pytest.mark.slow
def test_an_enrollment_with_a_usual_pin_makes_no_key(world):
    before = (world.settings.state_dir / "keys" / "identity").read_bytes()
    for pin in ("123456", "010190"):
        with pytest.raises(WrongUse, match="first that are tried"):
            steps.begin_enrollment(world.settings, bundle_of(world.hub).encode(), pin, replace_old=True)
    assert (world.settings.state_dir / "keys" / "identity").read_bytes() == before
