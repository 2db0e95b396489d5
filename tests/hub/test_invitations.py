"""Invitations: study labels, bundles in bulk, and cards whose QR codes lead to the same bundle."""

import base64
import contextlib
import json
import random
import re
import sqlite3
import stat
import time
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.enrollment import identity
from agent.errors import WireRefused, WrongUse
from agent.privacy.vault import open_vault
from agent.wire import paper_codes
from agent.wire.armor import armor, dearmor
from agent.wire.enroll import decode_bundle
from hub import enroll, site
from hub.cli import main
from hub.invitations import CARDS
from hub.keys.codes import CODE_DAYS
from hub.site import open_keys
from tests.support.world import PIN


@pytest.fixture
def bulk(world, tmp_path):
    """Two labels, invited."""
    (tmp_path / "labels.txt").write_text("\ufeffP07\n# a remark\n\nStation 3/12\n", encoding="utf-8")
    assert (
        main(["invite", str(world.hub), "--labels", str(tmp_path / "labels.txt"), "--into", str(tmp_path / "out")]) == 0
    )
    return tmp_path / "out"


def read_code(png):
    """A QR code as a camera would see it: near, farther, and slightly out of focus."""
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    for scale in (1.0, 0.75, 0.5, 1.5):
        seen = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        for blurred in (seen, cv2.GaussianBlur(seen, (3, 3), 0)):
            for detector in (cv2.QRCodeDetector(), cv2.QRCodeDetectorAruco()):
                text = detector.detectAndDecode(blurred)[0]
                if text:
                    return text
    raise AssertionError("the code cannot be read")


def cards_of(page):
    """(label, texts of its codes, eight words) of each card, from what is printed."""
    for card in page.split('<section class="card">')[1:]:
        label = re.search(r"<h1>(.*?)</h1>", card)[1]
        pictures = re.findall(r"data:image/png;base64,([A-Za-z0-9+/=]+)", card)
        words = re.search(r'class="words">([a-z ]+)<', card)[1]
        yield label, [read_code(base64.b64decode(picture)) for picture in pictures], words


def enrolled_device(world, armored, state):
    """A machine that enrolls with a bundle; its device's name."""
    state.mkdir(mode=0o700)
    vault = open_vault(state, "file")
    request = identity.begin(state, vault, dearmor("BUNDLE", armored), PIN)
    return identity.finish(state, vault, dearmor("ANSWER", enroll.admit(world.hub, armor("REQUEST", request)))).device


def labels(world):
    with contextlib.closing(open_keys(world.hub)) as keys:
        return {keys.devices.of(kid).device: label for kid, label in keys.people.labels().items()}


def test_each_label_gets_a_bundle_and_a_card_whose_codes_lead_to_the_same_bundle(world, bulk):
    bundles = sorted(bulk.glob("*.bundle"))
    assert [file.name for file in bundles] == ["0001-P07.bundle", "0002-Station_3_12.bundle"]
    cards = list(cards_of((bulk / CARDS).read_text()))
    assert [label for label, _, _ in cards] == ["P07", "Station 3/12"]
    for (_, texts, words), file in zip(cards, bundles, strict=True):
        random.shuffle(texts)
        armored = paper_codes.armored_of("\n".join(texts))
        assert armored == file.read_text()
        assert words == decode_bundle(dearmor("BUNDLE", armored)).words
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    codes = {decode_bundle(dearmor("BUNDLE", file.read_text())).code for file in bundles}
    assert len(codes) == 2


def test_the_page_of_cards_is_whole_in_itself_and_says_how_long_a_card_is_good(bulk):
    page = (bulk / CARDS).read_text()
    assert not re.findall(r"""(?:src|href)=["'](?!data:)""", page)
    assert "url(" not in page
    assert page.count("Good for one machine until") == 2
    assert page.count("SYNTHETIC") == 2, "the site is a synthetic one"
    assert str(CODE_DAYS) == "14"


def test_a_label_stands_beside_the_device_after_admission_and_with_no_code(world, bulk, tmp_path):
    device = enrolled_device(world, (bulk / "0001-P07.bundle").read_text(), tmp_path / "one")
    assert labels(world) == {device: "P07"}
    with contextlib.closing(open_keys(world.hub)) as keys:
        (code,) = keys.codes.open_ones(int(time.time()))
    assert code.label == "Station 3/12"


def test_a_label_given_to_one_bundle_or_later_to_a_device(world, tmp_path, capsys):
    capsys.readouterr()
    assert main(["invite", str(world.hub), "--label", "P01"]) == 0
    device = enrolled_device(world, capsys.readouterr().out, tmp_path / "one")
    assert labels(world)[device] == "P01"
    assert main(["label", str(world.hub), device, "P02"]) == 0
    assert labels(world)[device] == "P02"
    assert main(["label", str(world.hub), device, ""]) == 0
    assert device not in labels(world)
    with pytest.raises(WrongUse):
        main(["label", str(world.hub), "nobody", "P03"])


def test_a_code_that_was_voided_holds_no_label(world, bulk):
    assert main(["invite", str(world.hub), "--void", "all"]) == 0
    with contextlib.closing(sqlite3.connect(world.hub / "keys.db")) as db, db:
        assert db.execute("SELECT count(*) FROM code WHERE label IS NOT NULL").fetchone() == (0,)


@pytest.mark.parametrize("text", ["P07\nP07\n", "=cmd\n", "\n# nothing\n", "x" * 50])
def test_a_list_with_a_wrong_label_invites_nobody(world, tmp_path, text):
    (tmp_path / "labels.txt").write_text(text)
    with pytest.raises(WrongUse):
        main(["invite", str(world.hub), "--labels", str(tmp_path / "labels.txt"), "--into", str(tmp_path / "out")])
    assert not (tmp_path / "out").exists()
    with contextlib.closing(open_keys(world.hub)) as keys:
        assert keys.codes.open_ones(int(time.time())) == []


def test_a_list_is_not_invited_twice_and_no_folder_is_written_over(world, bulk, tmp_path, capsys):
    again = ["invite", str(world.hub), "--labels", str(tmp_path / "labels.txt"), "--into"]
    with pytest.raises(WrongUse, match="not empty"):
        main([*again, str(bulk)])
    with pytest.raises(WrongUse, match="already"):
        main([*again, str(tmp_path / "second")])
    capsys.readouterr()
    main(["invite", str(world.hub), "--list"])
    assert len([json.loads(line) for line in capsys.readouterr().out.splitlines()]) == 2


def test_a_folder_that_cannot_be_written_leaves_no_open_code(world, tmp_path, monkeypatch):
    from agent.errors import StorageFull
    from hub import invitations

    def full(*_):
        raise StorageFull("the disk is full", remedy="Free it.")

    (tmp_path / "labels.txt").write_text("P07\nP08\n")
    monkeypatch.setattr(invitations.cards, "page", full)
    with pytest.raises(StorageFull):
        main(["invite", str(world.hub), "--labels", str(tmp_path / "labels.txt"), "--into", str(tmp_path / "out")])
    assert not (tmp_path / "out").exists()
    with contextlib.closing(open_keys(world.hub)) as keys:
        assert keys.codes.open_ones(int(time.time())) == []


def test_erasing_a_person_deletes_the_label_from_every_file_of_the_hub(world, bulk, tmp_path):
    """The file, its log and its free pages: nothing of the label is in the folder any more."""
    secret = "Quokka-4711"
    main(["label", str(world.hub), world.identity.device, secret])
    planted = [file for file in world.hub.glob("keys.db*") if secret.encode() in file.read_bytes()]
    assert planted, "the search finds it where it is"
    with contextlib.closing(open_keys(world.hub)) as keys:
        keys.devices.erase(keys.devices.named(world.identity.device).kid, 2**52)
        assert world.identity.device not in labels(world)
    assert [file for file in world.hub.rglob("*") if file.is_file() and secret.encode() in file.read_bytes()] == []


def test_a_dump_of_the_database_holds_no_label(world):
    secret = "Quokka-4711"
    main(["label", str(world.hub), world.identity.device, secret])
    world.receiver()
    assert main(["backup", str(world.hub), str(world.folder / "disk")]) == 0
    (dump,) = (world.folder / "disk").iterdir()
    assert secret.encode() not in dump.read_bytes()


# ---- papers as codes


@given(data=st.binary(min_size=1, max_size=6000), seed=st.integers(0, 9))
def test_a_paper_of_any_content_comes_back_from_its_codes(data, seed):
    texts = list(paper_codes.codes_of("BUNDLE", armor("BUNDLE", data)))
    random.Random(seed).shuffle(texts)
    noise = "Sent from my phone\n" + "\n\n".join(text.lower() for text in [*texts, texts[0]])
    assert paper_codes.armored_of(noise) == armor("BUNDLE", data)
    assert all(len(text) <= paper_codes.PART_LETTERS + 40 for text in texts)


@given(text=st.text(max_size=400))
def test_any_text_is_a_paper_or_is_refused(text):
    with contextlib.suppress(WireRefused):
        paper_codes.armored_of("WB1:" + text)


def test_parts_of_two_papers_a_missing_part_and_a_changed_letter_are_refused():
    rng = random.Random(1)
    one, other = (paper_codes.codes_of("BUNDLE", armor("BUNDLE", rng.randbytes(900))) for _ in range(2))
    assert len(one) > 1
    changed = one[0][:-1] + ("A" if one[0][-1] != "A" else "B")
    for texts in ((one[0], other[1]), one[:1], (changed, *one[1:]), ()):
        with pytest.raises(WireRefused, match="scan"):
            paper_codes.armored_of(" ".join(texts))


def test_codes_that_unpack_to_far_more_than_a_paper_are_refused():

    packed = zlib.compress(bytes(10**7), 9)
    data = base64.b32encode(packed).decode().rstrip("=")
    with pytest.raises(WireRefused, match="too long"):
        paper_codes.armored_of(f"WB1:BUNDLE:1/1:{zlib.crc32(packed):08X}:{data}")


def test_a_key_store_of_before_labels_is_opened_and_takes_them(world):
    """As release 0.1.0 left it: no table of labels, no column of codes for them."""
    with contextlib.closing(sqlite3.connect(world.hub / "keys.db")) as db, db:
        db.execute("DROP TABLE label")
        db.execute("ALTER TABLE code DROP COLUMN label")
    site.invite(world.hub, "P09")
    main(["label", str(world.hub), world.identity.device, "P01"])
    assert labels(world) == {world.identity.device: "P01"}
