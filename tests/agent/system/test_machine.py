"""One enrollment a machine, none on another machine's disk, none that was copied."""

import re
import sys

import pytest

from agent.enrollment import identity
from agent.errors import KeysMissing, Missing, WireRefused
from agent.outbox import Limits, consents
from agent.privacy.vault import open_vault
from agent.system import host, machine
from agent.wire.armor import armor, dearmor
from agent.wire.envelope import ENVELOPE_BYTES
from agent.wire.message import CoverMessage, GapMessage
from hub import enroll, site
from tests.support.world import PIN, START_UTC_S, deliver

MOUNTS = """\
/dev/sda1 / ext4 rw,relatime 0 0
tmpfs /tmp tmpfs rw 0 0
server:/home /home nfs4 rw,vers=4.2 0 0
/dev/sdb1 /home/local\\040disk ext4 rw 0 0
//files/share /srv/share cifs rw 0 0
//files/b /srv/größe cifs rw 0 0
short line
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/wardbeat", ""),
        ("/tmp/x", ""),
        ("/home/nurse/.local/share/wardbeat", "nfs4"),
        ("/homestead", ""),
        ("/home/local disk/wardbeat", ""),
        ("/srv/share/wardbeat", "cifs"),
        ("/srv/größe/wardbeat", "cifs"),
    ],
)
def test_a_folder_on_another_machines_disk_is_known_by_its_mount(path, kind):
    from pathlib import Path

    assert machine.network_file_system(Path(path), MOUNTS) == kind


def test_the_state_is_not_kept_on_a_network_file_system(tmp_path, monkeypatch):
    real = machine.network_file_system
    monkeypatch.setattr(machine, "network_file_system", lambda path, _: real(path, f"server:/x {tmp_path} nfs rw 0 0"))
    with pytest.raises(Missing, match="network file system"):
        host.private_dir(tmp_path / "state")


def test_a_hub_does_not_start_on_a_network_file_system(world, monkeypatch):
    real = machine.network_file_system
    monkeypatch.setattr(
        machine, "network_file_system", lambda path, _: real(path, f"server:/x {world.folder.resolve()} nfs4 rw 0 0")
    )
    with pytest.raises(Missing, match="network file system"):
        site.open_keys(world.hub)
    with pytest.raises(Missing, match="network file system"):
        site.init(world.folder / "new", site.Site("new-site", "Operator", "127.0.0.1", 8883))


def test_a_folder_on_windows_is_given_to_its_user_alone():
    words = host.access_list(host.Path("state"), "clinic\\nurse")
    assert words == ["icacls", "state", "/inheritance:r", "/grant:r", "clinic\\nurse:(OI)(CI)F", "/q"]


def test_the_machines_of_macos_are_told_apart():
    said = '    "IOPlatformUUID" = "0F4E9C2A-1111-2222-3333-444455556666"\n    "IOPlatformSerialNumber" = "C02"'
    assert machine._PLATFORM_UUID.search(said)[1] == "0F4E9C2A-1111-2222-3333-444455556666"


def request_of(world, folder):
    folder.mkdir(mode=0o700, exist_ok=True)
    vault = open_vault(folder, "file")
    bundle = dearmor("BUNDLE", site.invite(world.hub))
    return armor("REQUEST", identity.begin(folder, vault, bundle, PIN, replace_old=True))


@pytest.mark.slow
def test_a_machine_enrolls_once_until_the_operator_revokes_it(world):
    folder = world.folder / "second"
    enroll.admit(world.hub, request_of(world, folder))
    with pytest.raises(WireRefused) as refused:
        enroll.admit(world.hub, request_of(world, folder))
    assert refused.value.reason == "known_machine"
    (name,) = re.findall(r"already enrolled as (\S+);", str(refused.value))
    site.revoke(world.hub, name)
    enroll.admit(world.hub, request_of(world, folder))
    enroll.admit(world.hub, request_of(world, world.folder / "another person's"))


@pytest.mark.slow
def test_a_machine_enrolls_again_after_an_erasure(world):
    receiver = world.receiver()
    with world.outbox() as outbox:
        consents.erase(outbox, world.identity.sign, world.identity.site, START_UTC_S)
        deliver(world, outbox, receiver)
    enroll.admit(world.hub, request_of(world, world.settings.state_dir))


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's file")
def test_an_image_that_was_never_started_is_no_machine(monkeypatch):
    monkeypatch.setattr(host.Path, "read_text", lambda *_, **__: "uninitialized\n")
    assert machine.machine() == b""
    monkeypatch.setattr(host.Path, "read_text", lambda *_, **__: "0123456789abcdef" * 2 + "\n")
    assert len(machine.machine()) == 32


def test_a_state_folder_that_was_copied_to_another_machine_does_not_speak(world, monkeypatch):
    assert identity.load_enrolled(world.settings.state_dir, world.vault).machine == machine.machine() != b""
    monkeypatch.setattr(machine, "machine", lambda: b"m" * 32)
    with pytest.raises(KeysMissing, match="copied from another machine"):
        identity.load_enrolled(world.settings.state_dir, world.vault)


def test_sealed_bytes_have_a_limit_too(world):
    with world.outbox(limits=Limits(max_bytes=10 * ENVELOPE_BYTES)) as outbox:
        for _ in range(30):
            outbox.put([CoverMessage()], START_UTC_S)
        gaps = [
            message
            for (idx,) in outbox.db.execute("SELECT idx FROM ledger WHERE kind = 'gap'").fetchall()
            for message in outbox.messages(idx)
            if isinstance(message, GapMessage)
        ]
        held = outbox.db.execute(
            "SELECT count(*) FROM outbox o JOIN fate f USING (idx) WHERE f.state = 'sealed' AND o.kind = 'cover'"
        ).fetchone()[0]
        assert {gap.reason for gap in gaps} == {"bytes"}
        assert sum(gap.count for gap in gaps) + held == 30
        assert held <= 10
