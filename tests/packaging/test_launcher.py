"""The launcher: a desktop entry in four languages with its icons, an entry of the Start menu, an application of macOS."""

import plistlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from agent.cli import _parsed
from tests.support.processes import system_tool

ROOT = Path(__file__).parents[2]
PACKAGING = ROOT / "packaging"
ENTRY = PACKAGING / "launcher" / "wardbeat.desktop"
LANGUAGES = ("de", "es", "fr")
SVG = "{http://www.w3.org/2000/svg}"


def rows(text):
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def validated(file):
    return subprocess.run([system_tool("desktop-file-validate"), str(file)], capture_output=True, text=True)


@pytest.mark.process
def test_the_desktop_entry_is_valid(tmp_path):
    done = validated(ENTRY)
    assert (done.returncode, done.stdout) == (0, "")
    for breach in ("Exec=wardbeat open --desktop %q", "Terminal=perhaps", "Categories=Hearts;", "Nonsense"):
        planted = tmp_path / "wardbeat.desktop"
        name = breach.split("=", maxsplit=1)[0]
        planted.write_text("\n".join(breach if line.startswith(name) else line for line in [*ENTRY.read_text().splitlines(), ""])
                           + ("Nonsense\n" if breach == "Nonsense" else ""))  # fmt: skip
        assert validated(planted).returncode != 0, breach


def untranslated(found):
    """Words that lack a language, or are English in it."""
    names = [name for name in found if name in ("GenericName", "Comment", "Keywords")]
    return [
        f"{name}[{language}]"
        for name in names
        for language in LANGUAGES
        if found.get(f"{name}[{language}]", found[name]) == found[name]
    ]


def test_its_words_are_in_every_language_of_the_page():
    found = rows(ENTRY.read_text(encoding="utf-8"))
    assert untranslated(found) == []
    del found["Comment[es]"]
    found["GenericName[de]"] = found["GenericName"]
    assert untranslated(found) == ["GenericName[de]", "Comment[es]"]


def test_it_runs_a_command_that_exists_without_a_terminal():
    found = rows(ENTRY.read_text(encoding="utf-8"))
    program, *words = found["Exec"].split()
    assert (program, found["TryExec"], found["Terminal"]) == ("wardbeat", "wardbeat", "false")
    name, arguments = _parsed(words)
    assert name == "open"
    assert arguments.desktop


def picture_faults(text, side):
    picture = ET.fromstring(text)
    box = [float(one) for one in picture.get("viewBox", "0").split()]
    faults = [] if box[:2] == [0, 0] and box[2] == box[3] else ["not square"]
    faults += [] if picture.get("width") == picture.get("height") == str(side) else ["size"]
    tags = {one.tag.removeprefix(SVG) for one in picture.iter()}
    return faults + sorted(tags - {"svg", "rect", "path"})


def test_icons_are_square_drawings_and_nothing_else():
    colours, symbolic = (PACKAGING / "launcher" / name for name in ("wardbeat.svg", "wardbeat-symbolic.svg"))
    assert picture_faults(colours.read_text(), 128) == []
    assert picture_faults(symbolic.read_text(), 16) == []
    assert len(set(re.findall(r'(?:fill|stroke)="(#\w+)"', symbolic.read_text()))) == 1  # the theme colours it
    planted = symbolic.read_text().replace('viewBox="0 0 16 16">', 'viewBox="0 0 16 9"><script/>')
    assert picture_faults(planted, 16) == ["not square", "script"]


def test_the_package_puts_them_where_desktops_look():
    sys.path.insert(0, str(PACKAGING / "deb"))
    try:
        from packages import PACKAGES
    finally:
        sys.path.pop(0)
    placed = {
        source: target for package in PACKAGES for source, target in package.files.items() if "launcher/" in source
    }
    icons = "usr/share/icons/hicolor"
    assert placed == {
        "packaging/launcher/wardbeat.desktop": "usr/share/applications/wardbeat.desktop",
        "packaging/launcher/wardbeat.svg": f"{icons}/scalable/apps/wardbeat.svg",
        "packaging/launcher/wardbeat-symbolic.svg": f"{icons}/symbolic/apps/wardbeat-symbolic.svg",
    }
    assert {file.name for file in (PACKAGING / "launcher").iterdir()} == {Path(source).name for source in placed}
    assert rows(ENTRY.read_text(encoding="utf-8"))["Icon"] == "wardbeat"


def test_the_notifications_name_the_entry():
    text = (ROOT / "agent" / "notices" / "freedesktop.py").read_text(encoding="utf-8")
    assert f'"desktop-entry": Variant("s", "{ENTRY.stem}")' in text


def test_the_start_menu_opens_the_page_as_the_desktop_does():
    started = (PACKAGING / "windows" / "start" / "open.cmd").read_bytes()
    assert started == b'@call "%~dp0wardbeat.cmd" open --desktop\r\n'


def test_the_application_of_macos_is_a_script_that_opens_the_page(monkeypatch):
    text = (PACKAGING / "macos" / "build.py").read_text(encoding="utf-8")
    found: dict = {"VERSION": "1.2.3"}
    exec(text[text.index("def application") : text.index("def _oldest")], found)
    made = plistlib.loads(plistlib.dumps(found["application"]()))
    assert made["CFBundleExecutable"] == "Wardbeat"
    assert made["CFBundleVersion"] == "1.2.3"
    assert '"packaging/macos/open": "root/Applications/Wardbeat.app/Contents/MacOS/Wardbeat"' in text
    script = (PACKAGING / "macos" / "open").read_text()
    assert script.splitlines()[-1] == "exec /opt/wardbeat/bin/wardbeat open --desktop"
    assert "--component-plist components.plist" in (PACKAGING / "macos" / "package.sh").read_text()


@pytest.mark.process
def test_the_script_of_macos_is_one_of_the_plain_shell():
    assert subprocess.run(["sh", "-n", str(PACKAGING / "macos" / "open")]).returncode == 0
