"""A remedy fits the way in which the program was installed."""

import re
import sys
from pathlib import Path

from agent.system import installation
from agent.system.installation import how_to_add, how_to_remove, how_to_repair, is_packaged

ROOT = Path(__file__).parents[3]


def test_a_missing_part_is_added_as_the_program_was_installed(monkeypatch):
    assert how_to_add("camera") == "pip install 'wardbeat[camera]'"
    monkeypatch.setattr(sys, "prefix", "/opt/wardbeat")
    assert how_to_add("camera") == "apt install wardbeat-camera"
    assert how_to_add("postgres") == "apt install wardbeat-hub"
    assert "apt install --reinstall" in how_to_repair()
    assert how_to_add("plot").endswith("pip install 'wardbeat[plot]'")


def test_each_package_has_its_own_remedies(monkeypatch, tmp_path):
    assert not is_packaged()
    monkeypatch.setattr(sys, "prefix", "/opt/wardbeat")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "macOS does not hold this part" in how_to_add("camera")
    assert "apt" not in how_to_add("camera") + how_to_repair() + how_to_remove()
    monkeypatch.undo()
    file = tmp_path / "lib" / "agent" / "system" / "installation.py"
    assert installation._way(file) == "pip"
    (tmp_path / "wardbeat.cmd").touch()
    assert installation._way(file) == "the installer for Windows"
    monkeypatch.setattr(installation, "_way", lambda: "the installer for Windows")
    assert is_packaged()
    assert "Windows does not hold this part" in how_to_add("camera")
    assert "Repair" in how_to_repair()
    assert "Settings" in how_to_remove()


def test_no_other_place_names_a_way_to_install_an_extra():
    pattern = re.compile(r"pip install '?wardbeat\[")
    sources = [file for folder in ("agent", "hub") for file in (ROOT / folder).rglob("*.py")]
    found = [file.name for file in sources if pattern.search(file.read_text(encoding="utf-8"))]
    assert found == ["installation.py"], "the look sees the one place, and no other"
