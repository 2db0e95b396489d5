"""Members of the care team: names, certificates of a CA of their own, backups; and what a broker says to their certificates."""

import contextlib
import json
import re
import subprocess
import time

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12

from agent.errors import WrongUse
from hub import site as hub_site
from hub.backup import back_up_data, back_up_keys, restore
from hub.cli import main
from hub.database import put_site
from hub.keys.staff import CERTIFICATE, Member, checked_name
from hub.store import Store
from hub.store.ends import _STAFF
from hub.store.tables import SITE
from tests.support.care_site import CareSite, care_site
from tests.support.clients import connects
from tests.support.processes import system_tool
from tests.support.terminal import on_terminal
from tests.support.world import make_world, start_site_broker


@pytest.fixture
def site(tmp_path):
    with care_site(tmp_path / "hub") as made:
        yield made


def test_a_member_is_added_listed_and_revoked(site, tmp_path, capsys):
    folder, file = str(site.folder), tmp_path / "ada.p12"
    assert main(["staff", "add", folder, "Ada Łovelace", "--role", "lead", "--days", "10", "--into", str(file)]) == 0
    said = capsys.readouterr()
    passphrase = said.err.partition("shown once: ")[2].splitlines()[0]
    assert passphrase not in said.out
    assert file.stat().st_mode & 0o077 == 0
    key, certificate, authority = pkcs12.load_key_and_certificates(file.read_bytes(), passphrase.encode())
    assert key is not None
    assert certificate.issuer == authority[0].subject
    with pytest.raises(ValueError, match="password"):
        pkcs12.load_key_and_certificates(file.read_bytes(), b"another")
    assert passphrase.encode() not in b"".join(one.read_bytes() for one in site.folder.iterdir() if one.is_file())
    assert main(["staff", "list", folder]) == 0
    (row,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (row["name"], row["role"], row["state"]) == ("Ada Łovelace", "lead", "in force")
    with pytest.raises(WrongUse, match="there is a member named"):
        main(["staff", "add", folder, "ADA ŁOVELACE", "--role", "reader", "--into", str(tmp_path / "b.p12")])
    assert main(["staff", "revoke", folder, "ada łovelace"]) == 0
    with pytest.raises(WrongUse, match="is revoked already"):
        main(["staff", "revoke", folder, "Ada Łovelace"])
    with pytest.raises(WrongUse, match=f"there is no folder {tmp_path}/none"):
        main(["staff", "add", folder, "Eve", "--role", "reader", "--into", str(tmp_path / "none" / "c.p12")])
    assert main(["staff", "add", folder, "Ada Łovelace", "--role", "reader", "--into", str(tmp_path / "c.p12")]) == 0
    with pytest.raises(WrongUse, match="already exists"):
        main(["staff", "add", folder, "Eve", "--role", "reader", "--into", str(file)])
    states = sorted(one.state(int(time.time())) for one in site.keys.staff.all())
    assert states == ["in force", "revoked"]
    for words in (
        ["Eve"],
        ["Eve", "--role", "lead", "--days", "0"],
        ["", "--role", "lead"],
        ["Eve", "--role", "lead", "--oidc", "x"],
    ):
        with pytest.raises(WrongUse):
            main(["staff", "add", folder, *words])
    with pytest.raises(WrongUse, match="no member"):
        main(["staff", "revoke", folder, "Nobody"])


@pytest.mark.process
@pytest.mark.process
def test_a_terminal_shows_members_as_a_table(tmp_path):
    folder = make_world(tmp_path).hub
    assert main(["staff", "add", str(folder), "Ada", "--role", "lead", "--into", str(tmp_path / "a.p12")]) == 0
    code, seen = on_terminal("hub", "staff", "list", folder, typed=[], env={"COLUMNS": "120"})
    assert code == 0, seen
    head, row = [line.split() for line in seen.splitlines() if line.strip()]
    assert head == ["name", "role", "kind", "state", "until"]
    assert row[:5] == ["Ada", "lead", "certificate", "in", "force"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", row[5])


@pytest.mark.process
def test_the_file_is_under_encryption_that_browsers_of_today_take(site, tmp_path):
    site.member("Ada", "lead")
    file = tmp_path / "ada.p12"
    assert main(["staff", "add", str(site.folder), "Eve", "--role", "lead", "--into", str(file)]) == 0
    words = [system_tool("openssl"), "pkcs12", "-in", file, "-info", "-noout", "-passin", "pass:wrong"]
    said = subprocess.run(words, capture_output=True, text=True, check=False)
    assert "invalid password" in said.stderr.lower() + said.stdout.lower()
    assert "sha256" in (said.stderr + said.stdout).lower()


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\x1b[31m", "x" * 65, "a\u202eb"])
def test_a_name_that_cannot_be_read_in_a_list_is_refused(name):
    with pytest.raises(WrongUse):
        checked_name(name)


def test_members_come_back_with_the_keys_and_whoever_was_revoked_since_stays_so(site, tmp_path):
    ada, gone = site.member("Ada", "lead"), site.member("Gone", "lead")
    file = back_up_keys(site.folder, tmp_path / "keys")
    assert main(["staff", "revoke", str(site.folder), "Gone"]) == 0
    data = back_up_data(site.folder, tmp_path / "data")
    root = hub_site.read_root(site.folder / "root.key")
    restore(tmp_path / "again", root, file, data, int(time.time()))
    assert (tmp_path / "again/staff-ca.pem").read_bytes() == (site.folder / "staff-ca.pem").read_bytes()
    with contextlib.closing(hub_site.open_keys(tmp_path / "again")) as keys:
        assert not keys.staff.of(gone.fingerprint).revoked_utc_s  # the keys alone are older
        with Store(tmp_path / "again", keys) as store:
            store.learn_revoked()
        assert keys.staff.of(gone.fingerprint).revoked_utc_s
        assert not keys.staff.of(ada.fingerprint).revoked_utc_s


def test_a_list_of_revoked_members_that_somebody_else_wrote_is_ignored(site):
    ada = site.member("Ada", "lead")
    with site.store.checked() as db:
        put_site(db, SITE, _STAFF, bytes(32) + b"\x80")
    site.store.learn_revoked()
    assert not site.keys.staff.of(ada.fingerprint).revoked_utc_s


def test_a_certificate_is_added_once(site):
    ada = site.member("Ada", "lead")
    again = Member(ada.fingerprint, CERTIFICATE, "Eve", "lead", 1, 2)
    with pytest.raises(WrongUse, match="added before"):
        site.keys.staff.add(again)


@pytest.mark.broker
def test_a_member_s_certificate_opens_nothing_at_the_broker(tmp_path):
    world = make_world(tmp_path)
    with contextlib.closing(hub_site.open_keys(world.hub)) as keys, Store(world.hub, keys) as store:
        made = CareSite(world.hub, keys, store)
        badge, device = made.member("Ada", "lead"), made.stranger("ca")
    broker = start_site_broker(world)
    try:
        assert not connects(world, (badge.pem, badge.pem, None))
        assert connects(world, (device.pem, device.pem, None))  # planted
    finally:
        broker.stop()
