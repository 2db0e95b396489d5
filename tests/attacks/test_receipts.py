"""Forged erase receipts: by line breaks in a name, by a key that was taken back, by words beside what is signed."""

import dataclasses
import io
import re
import time

import pytest

from agent.cli import main
from agent.enrollment import identity
from agent.errors import WireRefused
from agent.wire import codec, erase_receipt
from agent.wire.armor import armor
from agent.wire.directory import DirectoryKey, publish, verified
from agent.wire.erasure import EVERY_SERIAL
from agent.wire.keys import SignKey
from agent.wire.labels import Label
from agent.wire.receipt import Erased
from hub.rotation import rotate
from hub.site import open_keys
from tests.support.papers import Thief, replace_directory_key

DAY_S = 86_400
NOW = int(time.time())


class Site:
    """What a thief of the receipt key has, and an honest receipt."""

    def __init__(self, world):
        keys = open_keys(world.hub)
        self.root, self.name, self.published = keys.value("root public"), keys.site, keys.published()
        self.receipt_key, self.device = keys.sign_key("receipt"), world.identity.device
        keys.close()

    @property
    def directory(self):
        return verified(self.published, self.name, self.root, 0).directory

    def erased(self, erased_utc_s=NOW, key=None, **changes):
        said = Erased(self.device, EVERY_SERIAL, erased_utc_s - 60, erased_utc_s, NOW + 30 * DAY_S, 0)
        return dataclasses.replace(said, **changes).signed(key or self.receipt_key, self.name)

    def paper(self, erased=None, published=None, name=None, root=None):
        items = [
            self.name if name is None else name,
            root or self.root,
            published or self.published,
            (erased or self.erased()).items(),
        ]
        return armor(erase_receipt.PAPER, codec.encode(items))


@pytest.fixture
def place(world):
    return Site(world)


@pytest.fixture
def verify(settings_file, monkeypatch, capsys):
    """`wardbeat recovery verify` on this enrolled machine: (exit code or error, what it said)."""

    def run(text):
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        code = main(["--config", str(settings_file), "recovery", "verify"])
        return code, capsys.readouterr().err

    return run


@pytest.mark.process
def test_an_honest_receipt_is_believed_and_all_that_is_signed_is_printed(place, verify):
    erased = place.erased(serial=1_790_000_123, kept=7)
    text = erase_receipt.receipt_text(place.root, place.name, place.published, erased)
    for given in (text, place.paper(erased), re.sub("^", "> ", text, flags=re.MULTILINE)):
        code, said = verify(given)
        assert code == 0, said
        days = [erased.asked_utc_s, erased.erased_utc_s, erased.backups_end_utc_s, place.directory.expires_utc_s]
        wanted = [place.name, place.device, "1790000123", "7 rows", *(erase_receipt.day(at) for at in days)]
        assert [one for one in wanted if one not in said] == []
        assert "own directory lists the key" in said


@pytest.mark.process
def test_a_receipt_of_release_0_1_0_is_believed(place, verify):
    erased = place.erased(kept=2)
    day = erase_receipt.day
    text = (
        f"Care team (site {place.name}) states that everything stored for the device {place.device},\n"
        f"under every consent, was erased on {day(erased.erased_utc_s)},\n"
        f"as asked on {day(erased.asked_utc_s)} by the asking machine's clock:\n"
        "the rows, and the keys that their words were under; the last backup of the hub's keys is to be destroyed by "
        f"{day(erased.backups_end_utc_s)}. 2 rows under a consent that was given later stand.\n"
        "A receipt proves a statement, not a disk. It holds nothing about you but this machine's random name.\n"
        "'wardbeat recovery verify' reads it.\n\n" + place.paper(erased)
    )
    assert verify(text)[0] == 0
    assert verify(text.replace("Care team", "x" * 65))[0] == 1


@pytest.mark.process
def test_unsigned_words_beside_signed_ones_are_not_believed(place, verify):
    erased = place.erased()
    text = erase_receipt.receipt_text(place.root, place.name, place.published, erased)
    year = str(time.gmtime(NOW).tm_year)
    forgeries = [
        text.replace(year, str(int(year) - 3)),
        text.replace("every consent", "consents up to number 4"),
        text.replace(erase_receipt.day(erased.backups_end_utc_s), erase_receipt.day(erased.erased_utc_s)),
        text.replace("0 rows under", "12 rows under"),
        "All of it was erased on 1 January.\n" + text,
        text + "The last backup was destroyed yesterday.\n",
        text + place.paper(place.erased(NOW - DAY_S)),
    ]
    assert len({text, *forgeries}) == 1 + len(forgeries)
    found = [verify(forged) for forged in forgeries]
    assert [code for code, _ in found] == [1] * len(forgeries)
    assert all(erase_receipt.day(erased.erased_utc_s) in said for _, said in found), "what is signed is printed"


@pytest.mark.parametrize("name", ["clinic\nSigned for the site other", "a/b", "", "x" * 65, "s\x1b[8m", "clinic "])
def test_a_name_that_could_forge_the_words_is_refused(place, name):
    """The forger signs for a site of his own, whose name has a line of ours in it."""
    root, key = SignKey.of(b"r" * 32), SignKey.of(b"k" * 32)
    cert = DirectoryKey(1, key.public, NOW - DAY_S, NOW + DAY_S)
    listed = dataclasses.replace(place.directory, receipt_publics=(key.public,), revoked=())
    published = publish(root, key, cert, listed, name)
    said = Erased(place.device, 1, NOW, NOW, 0).signed(key, name)
    with pytest.raises(WireRefused, match="names"):
        erase_receipt.read_receipt(place.paper(said, published, name, root.public))
    honest = publish(root, key, cert, listed, "clinic")
    good = Erased(place.device, 1, NOW, NOW, 0).signed(key, "clinic")
    assert erase_receipt.read_receipt(place.paper(good, honest, "clinic", root.public)).site == "clinic"
    forged = Erased(f"{place.device}\nerased", 1, NOW, NOW, 0).signed(key, "clinic")
    with pytest.raises(WireRefused, match="names"):
        erase_receipt.read_receipt(place.paper(forged, honest, "clinic", root.public))


def test_a_receipt_outside_the_days_of_its_directory_is_refused(place):
    """Whoever has a stolen key and the directory of that time can date a receipt within its days alone."""
    directory = place.directory
    for at in (directory.expires_utc_s + 1, NOW + 400 * DAY_S, directory.issued_utc_s - 61 * DAY_S, 100, 2**53 - 1):
        with pytest.raises(WireRefused, match="outside the days"):
            erase_receipt.read_receipt(place.paper(place.erased(at)))
    assert erase_receipt.read_receipt(place.paper(place.erased(directory.expires_utc_s)))


def test_a_directory_that_never_ends_lends_no_days_beyond_its_certificate(world, place):
    endless = Thief.of(world.hub).published(place.directory, expires_utc_s=codec.UTC_S_MOST)
    assert erase_receipt.read_receipt(place.paper(place.erased(), endless))
    with pytest.raises(WireRefused, match="outside the days"):
        erase_receipt.read_receipt(place.paper(place.erased(NOW + 500 * DAY_S), endless))


@pytest.mark.process
def test_a_key_that_was_taken_back_convinces_no_enrolled_machine(world, place, verify):
    """The forger has the stolen receipt key and the directory of that week, in which it is still listed."""
    forged = place.paper(place.erased())
    assert verify(forged)[0] == 0, "before anybody knew of the theft"
    rotate(world.hub, receipt=True, stolen=True)
    believe_newest(world)
    code, said = verify(forged)
    assert (code, "taken back" in said) == (1, True), said
    keys = open_keys(world.hub)
    published = keys.published()
    keys.close()
    with pytest.raises(WireRefused):  # nor with the newest directory, which names it as revoked
        erase_receipt.read_receipt(place.paper(published=published))


@pytest.mark.process
def test_a_directory_key_that_was_replaced_convinces_no_enrolled_machine(world, place, verify):
    thief = Thief.of(world.hub)
    mine = SignKey.of(b"m" * 32)
    replace_directory_key(world.hub)
    believe_newest(world)
    late = int(time.time()) + 2
    listed = thief.published(place.directory, receipt_publics=(mine.public,), expires_utc_s=late + DAY_S)
    code, said = verify(place.paper(place.erased(late, mine), listed))
    assert (code, "had been replaced" in said) == (1, True), said
    code, said = verify(place.paper(place.erased(NOW - DAY_S, mine), listed))
    assert (code, "can write an earlier date" in said) == (0, True), said


@pytest.mark.process
def test_a_site_of_the_same_name_under_another_root_is_found(place, verify):
    root, key = SignKey.of(b"r" * 32), SignKey.of(b"k" * 32)
    cert = DirectoryKey(1, key.public, NOW - DAY_S, NOW + DAY_S)
    listed = dataclasses.replace(place.directory, receipt_publics=(key.public,), revoked=())
    other = place.paper(place.erased(key=key), publish(root, key, cert, listed, place.name), root=root.public)
    code, said = verify(other)
    assert (code, "another root key" in said) == (1, True), said


def believe_newest(world):
    keys = open_keys(world.hub)
    identity.save(world.settings.state_dir, world.vault, world.identity.believe(keys.published()))
    keys.close()


def test_the_label_of_a_receipt_is_its_own(place):
    """A directory key's or device's signature over the same fields is none."""
    said = place.erased()
    body = [said.serial, said.asked_utc_s, said.erased_utc_s, said.backups_end_utc_s, said.kept]
    for label in set(Label) - {Label.ERASED}:
        forged = dataclasses.replace(said, signature=place.receipt_key.sign(label, place.name, said.device, body))
        with pytest.raises(WireRefused):
            erase_receipt.read_receipt(place.paper(forged))
