"""The installer for Windows and the folder for macOS: what they are made from. `make msi-check` reads the whole installer."""

import importlib.util
import plistlib
import re
import shutil
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path, PurePosixPath

import pytest
import yaml

from agent.system import event_log

ROOT = Path(__file__).parents[2]
WINDOWS = ROOT / "packaging" / "windows"
MACOS = ROOT / "packaging" / "macos"


@pytest.fixture(scope="module")
def scripts():
    """The modules of `packaging/windows`, as its scripts import them."""
    places, known = list(sys.path), set(sys.modules)
    sys.path.insert(0, str(WINDOWS))
    found = {}
    for name in ("wix", "database", "check", "wine", "wine_math", "wine_trial"):
        spec = importlib.util.spec_from_file_location(name, WINDOWS / f"{name}.py")
        sys.modules[name] = found[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(found[name])
    yield found
    sys.path[:] = places
    for name in set(sys.modules) - known:
        if name in (*found, "build", "staging", "packages"):
            del sys.modules[name]


def some(wix, *places):
    return [wix.StagedFile(PurePosixPath(place), 1) for place in places]


def parts(text: str, name: str) -> list[dict[str, str]]:
    return [dict(one.attrib) for one in ET.fromstring(text).iter() if one.tag.partition("}")[2] == name]


FILES = ("program/wardbeat.py", "program/lib/agent/cli.py", "program/lib/agent/wire/keys.py", "data/policy.yaml")


def test_each_file_is_a_component_whose_id_depends_on_its_place_alone(scripts):
    wix = scripts["wix"]
    first = wix.source(some(wix, *FILES), "0.2.0", "3.13")
    later = wix.source(some(wix, *FILES[:1], *FILES[2:], "program/lib/agent/new.py"), "0.3.0", "3.13")
    ids = [{one["Id"]: one["Guid"] for one in parts(text, "Component")} for text in (first, later)]
    assert all(ids[0][key] == ids[1][key] for key in ids[0].keys() & ids[1].keys())
    assert (
        len(set(ids[0].values())) == len(ids[0]) == len(FILES) + 3
    )  # and the locked folder, the menu, the source of events
    assert {one["Id"] for one in parts(first, "ComponentRef")} == set(ids[0])
    product = [parts(text, "Product")[0] for text in (first, later)]
    assert product[0]["UpgradeCode"] == product[1]["UpgradeCode"]
    assert product[0]["Id"] != product[1]["Id"]


def test_folders_are_as_deep_as_the_files_lie(scripts):
    wix = scripts["wix"]
    text = wix.source(some(wix, *FILES), "0.2.0", "3.13")
    names = [one.get("Name") for one in parts(text, "Directory")]
    assert sorted(filter(None, names)) == ["SourceDir", "Wardbeat", "agent", "lib", "wardbeat", "wire"]
    assert {one["Source"] for one in parts(text, "File")} == set(FILES)


def test_the_installer_is_for_all_users_and_starts_nothing(scripts):
    wix = scripts["wix"]
    text = wix.source(some(wix, *FILES), "0.2.0", "3.13")
    assert parts(text, "Package")[0]["InstallScope"] == "perMachine"
    assert {one.tag.partition("}")[2] for one in ET.fromstring(text).iter()} <= {
        "Wix", "Product", "Package", "MajorUpgrade", "Media", "Property", "RegistrySearch", "Condition", "Directory",
        "Component", "File", "CreateFolder", "Shortcut", "RegistryValue", "Feature", "ComponentRef",
    }  # fmt: skip
    (shortcut,) = parts(text, "Shortcut")
    assert shortcut["Directory"] == "ProgramMenuFolder"
    assert {one["Key"] for one in parts(text, "RegistryValue")} == {r"Software\Wardbeat", wix.EVENT_SOURCE}
    assert wix.EVENT_SOURCE.rpartition("\\")[2] == event_log.SOURCE
    assert "Installed OR PYTHON" in text


def test_the_times_of_an_installer_are_settled_and_nothing_else(scripts, tmp_path):
    settle, epoch_s, built_s = scripts["database"].settle_times, 1_700_000_000, 1_764_000_000

    def moment(utc_s):
        return struct.pack("<IQ", 64, (utc_s + 11_644_473_600) * 10**7)

    msi = tmp_path / "a.msi"
    other = moment(built_s - 5000) + b"\x40\x00\x00\x00 and words" + b"\x40\x00\x00\x00"
    msi.write_bytes(moment(built_s) + other + moment(built_s + 2))
    assert settle(msi, built_s, built_s + 2, epoch_s) == 2
    assert msi.read_bytes() == moment(epoch_s) + other + moment(epoch_s)


@pytest.mark.process
def test_an_installer_is_checked_beside_its_files(scripts, tmp_path):
    """wixl and msitools, with three files; each planted fault is found."""
    if not (shutil.which("wixl") and shutil.which("msibuild")):
        pytest.skip("wixl and msitools are not installed")
    check = scripts["check"]
    tree = tmp_path / "staged"
    for place in ("program/lib/agent/cli.py", "program/wardbeat.py", "data/settings.yaml", "data/policy.yaml"):
        (tree / place).parent.mkdir(parents=True, exist_ok=True)
        (tree / place).write_text(place)
    files = [scripts["wix"].StagedFile(PurePosixPath(file.relative_to(tree).as_posix()), file.stat().st_size)
             for file in sorted(tree.rglob("*")) if file.is_file()]  # fmt: skip
    msi = tmp_path / "a.msi"
    check.build.installer(tree, files, msi)
    assert list(check.faults(msi, tree)) == []
    assert sorted((one.place, one.kept) for one in check.packed(msi)) == [
        ("data/policy.yaml", True),
        ("data/settings.yaml", True),
        ("program/lib/agent/cli.py", False),
        ("program/wardbeat.py", False),
    ]
    unfound = [name for name, (other, beside) in check.planted(msi, tree, tmp_path).items()
               if not list(check.faults(other, beside))]  # fmt: skip
    assert unfound == []


def test_a_row_that_fails_without_a_known_reason_fails_the_trial_under_wine(scripts):
    row = scripts["wine_trial"].Row
    assert row("a command", ran=False).is_bad
    assert not row("a command", ran=False, known="wine lacks it").is_bad
    assert not row("a command", ran=True).is_bad


def test_what_is_shipped_for_all_users_changes_nothing():
    build = (WINDOWS / "build.py").read_text(encoding="utf-8")
    for name in ("settings.yaml", "policy.yaml"):
        assert f'"packaging/deb/{name}": "{name}"' in build
        assert yaml.safe_load((ROOT / "packaging" / "deb" / name).read_text(encoding="utf-8")) == {}


def test_start_files_end_their_lines_as_windows_does_and_name_the_launcher_by_its_path():
    for file in (WINDOWS / "start").glob("*.cmd"):
        content = file.read_bytes()
        assert content.count(b"\n") == content.count(b"\r\n") > 0
    started = (WINDOWS / "start" / "wardbeat.cmd").read_text(encoding="ascii")
    assert r'"%SystemRoot%\py.exe" -3.13 -I "%~dp0wardbeat.py" %*' in started


@pytest.mark.process
def test_the_recipe_for_macos_refuses_elsewhere_and_names_the_remedy():
    if sys.platform == "darwin":
        pytest.skip("this is a Mac")
    done = subprocess.run(["sh", str(MACOS / "package.sh")], capture_output=True, text=True)
    assert done.returncode == 3
    assert "parts of macOS" in done.stderr


def test_python_is_the_same_in_every_part_of_both_packages():
    wanted = re.search(r'WINDOWS: Final = System\("([\d.]+)"', (ROOT / "packaging/deb/packages.py").read_text())[1]
    for file in (WINDOWS / "start" / "wardbeat.cmd", WINDOWS / "README.md", MACOS / "preinstall", MACOS / "README.md"):
        assert set(re.findall(r"(?:Python |python|-)(3\.\d+)", file.read_text(encoding="utf-8"))) == {wanted}, file.name
    assert f"({wanted.replace('.', ', ')})" in (WINDOWS / "start" / "wardbeat.py").read_text(encoding="utf-8")


def test_the_list_for_macos_is_what_the_command_writes():
    from agent.service import launchd

    text = (MACOS / "build.py").read_text(encoding="utf-8")
    assert 'launchd.launch_agent((str(launchd.PACKAGED), "run"))' in text
    made = plistlib.loads(plistlib.dumps(launchd.launch_agent((str(launchd.PACKAGED), "run"))))
    assert made["ProgramArguments"] == ["/opt/wardbeat/bin/wardbeat", "run"]
