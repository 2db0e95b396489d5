"""Which strap is read: the bound one alone."""

import os

import pytest

from agent import sources
from agent.config import Settings
from agent.control import device_scan as scan
from agent.errors import SourceUnavailable, WrongUse
from agent.sources import SOURCES, Radio, module, settings_type
from agent.sources.strap import binding, ble_strap, pairing
from agent.sources.strap.states import StrapState
from agent.system.clock import SessionClock
from tests.support import straps
from tests.support.processes import until


def test_only_a_bound_strap_is_read_and_another_at_its_address_is_refused(tmp_path):
    async def main():
        pace = straps.clock()
        async with straps.air("a", [straps.strap(pace)], pace) as (_, radio):
            nobody = straps.Reader(tmp_path, pace, radio)
            with pytest.raises(SourceUnavailable, match="no strap is bound"):
                await nobody.read()
            other = straps.Reader(straps.bind(tmp_path / "state", serial="SIM9999"), pace, radio)
            async with straps.reading(other):
                await until(lambda: StrapState.ANOTHER_STRAP.words in other.words, what="the words")
                await pace.sleep_until(pace.now_ns() + 30 * 10**9)  # simulated: no beat comes
        assert nobody.samples == other.samples == []

    straps.run(main())


def test_a_binding_that_is_no_file_of_ours_is_told_and_never_waited_for(tmp_path):
    tmp_path.chmod(0o700)
    file = tmp_path / "strap.json"
    for lay in (file.mkdir, lambda: os.mkfifo(file, 0o600), lambda: file.symlink_to("/dev/null")):
        lay()
        with pytest.raises(SourceUnavailable, match=r"cannot be used|no strap is bound"):
            binding.bound(tmp_path)
        file.rmdir() if file.is_dir() else file.unlink()
    straps.bind(tmp_path)
    file.chmod(0o644)
    with pytest.raises(SourceUnavailable) as told:
        binding.bound(tmp_path)
    assert "scan --bind" in told.value.remedy
    (tmp_path / "elsewhere").write_text("kept")
    (tmp_path / "strap.json.part").symlink_to(tmp_path / "elsewhere")
    straps.bind(tmp_path)
    assert (tmp_path / "elsewhere").read_text() == "kept"
    assert not file.is_symlink()


@pytest.mark.parametrize(
    "content", ["", "[]", '{"address": 1}', '{"nick": "x"}', "\0\1", '{"address": "", "name": ""}', "[" * 20000]
)
def test_a_damaged_binding_is_told_with_its_remedy(content, tmp_path):
    tmp_path.chmod(0o700)
    straps.bind(tmp_path)
    (tmp_path / "strap.json").write_text(content)
    with pytest.raises(SourceUnavailable) as told:
        binding.bound(tmp_path)
    assert "scan --bind" in told.value.remedy


@pytest.mark.process
def test_scan_lists_straps_and_binds_the_chosen_one_after_seeing_beats(tmp_path):
    async def main():
        pace = SessionClock()
        async with straps.air("a", [straps.strap(pace, 1), straps.strap(pace, 2)], pace) as (_, radio):
            found = await pairing.find(ble_strap.Settings(), radio, 0.5)
            reader = straps.Reader(tmp_path / "state", pace, radio)
            (tmp_path / "state").mkdir(mode=0o700)
            second = next(one for one in found if one.name == "WB-SIM 2")
            beats = await pairing.bind_to(ble_strap.Settings(), reader.around, second, 10.0)
        return found, beats

    found, beats = straps.run(main())
    assert {one.name for one in found} == {"WB-SIM 1", "WB-SIM 2"}
    assert beats
    assert binding.bound(tmp_path / "state") == binding.Bound(
        "F0:00:00:00:00:02", "WB-SIM 2", "SIM0002", "Wardbeat", "Simulated strap"
    )
    assert (tmp_path / "state/strap.json").stat().st_mode & 0o777 == 0o600
    assert sources.bound("ble_strap", tmp_path / "state")["serial"] == "SIM0002"  # what `export` shows of it
    settings = Settings(state_dir=tmp_path / "state")
    with pytest.raises(WrongUse, match="which strap is yours"):
        scan.bind(settings, "ble_strap", found, "")
    with pytest.raises(WrongUse, match="no strap called"):
        scan.bind(settings, "ble_strap", found, "somebody else's")
    with pytest.raises(WrongUse, match="another strap is bound already"):
        scan.bind(settings, "ble_strap", [one for one in found if one.name == "WB-SIM 1"], "")
    with pytest.raises(WrongUse, match="no strap is in range"):
        scan.bind(settings, "ble_strap", [], "")


def test_no_setting_reaches_a_simulated_radio():
    assert {field for name in SOURCES for field in settings_type(name).__dataclass_fields__} == {
        "file",
        "adapter",
        "recover_adapter",
        # the camera's: a device of the system or a video file, never a program
        "device",
        "bursts",
        "yield_to_calls",
        "close_when_locked",
        "again",
    }
    assert Radio().scanner is Radio().client is None
    assert module("ble_strap").Settings().adapter is None
