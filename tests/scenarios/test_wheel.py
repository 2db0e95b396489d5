"""The wheel, built and installed in a new environment, runs the demo from another folder."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[2]


def call(*words, **options):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, check=True, **options)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Python of a new environment that holds the wheel and nothing of this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    built = call(
        sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=ROOT, env=env
    )
    assert "warning" not in (built.stdout + built.stderr).lower(), built.stdout + built.stderr
    (wheel,) = folder.glob("wardbeat-*.whl")
    call(sys.executable, "-m", "venv", folder / "env")
    python = folder / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-compile")
    # the locked libraries of the demo, without camera and developers' tools
    lock = (ROOT / "requirements.lock").read_text()
    wanted = [block for block in ("\n" + lock).split("\n") if block]
    demo = folder / "demo.lock"
    demo.write_text(
        "\n".join(
            _without(
                wanted,
                {
                    "ai-edge-litert",
                    "onnxruntime",
                    "opencv-python-headless",
                    "mypy",
                    "ruff",
                    "matplotlib",
                    "pillow",
                    "fonttools",
                    "fairlearn",
                    "pandas",
                    "scikit-learn",
                    "hypothesis",
                    "cryptography-vectors",
                    "coverage",
                },
            )
        )
    )
    call(*pip, "--require-hashes", "-r", demo)
    call(*pip, wheel)
    return python, wheel


def _without(lines: list[str], names: set[str]) -> list[str]:
    kept, keep = [], True
    for line in lines:
        if line[0].isalpha():
            keep = line.split("==")[0] not in names
        if keep:
            kept.append(line)
    return kept


@pytest.mark.long
def test_the_wheel_holds_the_product_and_no_test(installed):
    _, wheel = installed
    names = zipfile.ZipFile(wheel).namelist()
    assert {
        "agent/wire/schema_v1.json",
        "agent/wire/days_v2.json",
        "agent/wire/FORMAT.md",
        "hub/receive/receiver.py",
        "agent/py.typed",
        "firmware_sim/strap.py",
    } <= set(names)
    assert not [name for name in names if name.startswith(("tests", "bench"))]
    assert any(name.endswith("licenses/LICENSE") for name in names)


@pytest.mark.long
def test_the_installed_wheel_runs_the_demo_from_another_folder(installed, tmp_path):
    python, _ = installed
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "CI")}
    done = call(python, "-m", "agent.cli", "demo", "--minutes", "1", "--json", cwd=tmp_path, env=env)
    report = json.loads(done.stdout.splitlines()[-1])
    assert set(report) >= {"sealed", "stored", "receipted", "lost", "doubled", "windows"}
    assert report["sealed"] == report["stored"] == report["receipted"] > 15
    assert (report["lost"], report["doubled"]) == (0, 0)
    assert len(report["windows"]) == 2
    assert 0 < report["first_beat_s"] < 60
    assert all(seen["features"]["rmssd_ms"]["value"] > 0 for seen in report["windows"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_the_wheel_brings_the_example_of_the_settings(installed):
    python, _ = installed
    printed = call(python, "-m", "agent.cli", "config", "example", cwd="/").stdout
    assert printed == (ROOT / "agent/config.example.yaml").read_text(encoding="utf-8")


def older_pythons() -> list[Path]:
    """Pythons below 3.11 that this machine has."""
    places = [*Path("/usr/bin").glob("python3.*"), *Path.home().glob(".pyenv/versions/*/bin/python")]
    found = []
    for place in places:
        asked = subprocess.run(
            [place, "-c", "import sys; print(sys.version_info < (3, 11))"], capture_output=True, text=True
        )
        if asked.stdout.strip() == "True":
            found.append(place)
    return found


def test_an_older_python_is_told_which_one_is_needed():
    found = older_pythons()
    if not found:
        pytest.skip("this machine has no Python below 3.11")
    for python in found:
        done = subprocess.run([python, "-m", "agent.cli", "--version"], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 1, python
        assert done.stderr.startswith("Wardbeat needs Python 3.11 or newer; this is Python "), done.stderr
        assert "Traceback" not in done.stderr
