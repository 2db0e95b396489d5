"""Read-only views and the hub's commands: each is a row of a table, and costs nothing else."""

import filecmp
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from agent.cli import main as wardbeat
from agent.errors import WrongUse
from hub.cli import COMMANDS, main, parser
from hub.views import VIEWS, Reader, view_named
from hub.views.open_hub import OpenHub
from tests.support.hub_messages import data_message, seal, send_consent
from tests.support.world import START_UTC_S, make_world

ROOT = Path(__file__).parents[3]
NOW = START_UTC_S


@pytest.fixture
def site(tmp_path):
    """A hub that stored one consent and four windows of one person."""
    world = make_world(tmp_path)
    receiver = world.receiver()
    record = send_consent(world, receiver)
    for n in (3, 1, 2, 4):
        receiver.handle([(world.topic, seal(world, [data_message(record, start=NOW + 300 * n)], n))])
    yield world
    world.close()


def shown(capsys, site, *options):
    capsys.readouterr()
    assert main(["show", str(site.hub), *options]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def starts(rows):
    return [(row["start_utc_s"] - NOW) // 300 for row in rows]


def test_the_overview_is_shown_when_no_view_is_named(site, capsys):
    (overview,) = shown(capsys, site)
    assert shown(capsys, site, "--overview") == [overview]
    assert overview["summaries"] == 4
    assert overview["devices"] == 1
    assert overview["last_arrival"] == 5, "the consent is a row too"


def test_summaries_come_by_start_and_arrivals_as_they_arrived(site, capsys):
    summaries, arrivals = shown(capsys, site, "--summaries"), shown(capsys, site, "--arrivals")
    assert starts(summaries) == [1, 2, 3, 4]
    assert starts(arrivals) == [3, 1, 2, 4]
    assert summaries[0]["features"] == arrivals[1]["features"]
    assert summaries[0]["device"] == site.identity.device
    assert set(summaries[0]) == {"device", "device_kid", "start_utc_s", "end_utc_s", "features"}


def test_arrivals_are_read_page_by_page(site, capsys):
    first = shown(capsys, site, "--arrivals", "--most", "2")
    second = shown(capsys, site, "--arrivals", "--most", "2", "--after", str(first[-1]["arrival"]))
    assert starts(first) + starts(second) == [3, 1, 2, 4]
    assert shown(capsys, site, "--arrivals", "--after", str(second[-1]["arrival"])) == []


def test_a_window_whose_data_key_is_destroyed_is_listed_without_values(site, capsys):
    (receiver,) = site.receivers
    (device,) = receiver.keys.devices.all()
    receiver.keys.data_keys.destroy(device.kid, NOW)
    assert [row["features"] for row in shown(capsys, site, "--arrivals")] == [None] * 4
    assert shown(capsys, site, "--summaries") == []


def test_devices_are_listed_while_the_database_is_away(site, capsys):
    (site.hub / "hub.db").unlink()
    (site.hub / "hub.db").mkdir()
    (device,) = shown(capsys, site, "--devices")
    assert device["device"] == site.identity.device


@pytest.mark.parametrize(
    "options",
    [("--after", "3"), ("--devices", "--most", "3"), ("--arrivals", "--most", "0"), ("--arrivals", "--after", "-1")],
)
def test_pages_of_a_view_that_has_none_are_refused(site, options):
    with pytest.raises(WrongUse) as refused:
        main(["show", str(site.hub), *options])
    assert "--after" in refused.value.remedy


def test_a_view_is_refused_to_a_reader_that_its_row_does_not_list(site):
    with OpenHub(site.hub) as hub:
        for view in VIEWS:
            for reader in Reader:
                if reader in view.readers:
                    assert list(view.rows(hub, reader))
                else:
                    with pytest.raises(WrongUse, match=view.name):
                        view.rows(hub, reader)


def test_monitoring_reads_no_device_and_no_value(site):
    with OpenHub(site.hub) as hub:
        texts = {view.name: json.dumps(list(view.rows(hub, Reader.OPERATOR))) for view in VIEWS}
        names = [site.identity.device, *(device.kid.hex() for device in hub.keys.devices.all()), "rmssd_ms"]
    personal = {name for name, text in texts.items() if any(word in text for word in names)}
    assert personal == {view.name for view in VIEWS if Reader.MONITORING not in view.readers}
    assert personal, "the test sees a name where there is one"


def test_an_unknown_view_is_named_with_the_known_ones():
    with pytest.raises(WrongUse) as unknown:
        view_named("nothing")
    assert "summaries" in unknown.value.remedy


NEW_VIEW = '''"""Rows by kind."""

from collections import Counter


def rows(hub):
    """One object for each kind."""
    counts = Counter(row.kind for row in hub.store.rows_after(0, 1000))
    for kind, n in sorted(counts.items()):
        yield {"kind": kind, "n": n}
'''
NEW_VIEW_HELP = "count stored rows by kind"
NEW_ROW = f'    View("kinds", "{NEW_VIEW_HELP}", _EVERYBODY),\n'


@pytest.mark.process
def test_a_new_view_costs_one_file_and_one_row(site, tmp_path):
    copy = tmp_path / "program"
    shutil.copytree(ROOT / "hub", copy / "hub", ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "hub/views/kinds.py").write_text(NEW_VIEW)
    table = copy / "hub/views/__init__.py"
    lines = table.read_text().splitlines(keepends=True)
    lines.insert(lines.index("VIEWS: Final = (\n") + 2, NEW_ROW)
    table.write_text("".join(lines))

    rows = hub_of(copy, "show", str(site.hub), "--kinds")
    help_text = hub_of(copy, "show", "--help")

    assert [json.loads(line) for line in rows.splitlines()] == [
        {"kind": "consent", "n": 1},
        {"kind": "summary", "n": 4},
    ]
    assert "--kinds" in help_text
    assert NEW_VIEW_HELP in help_text
    assert changed(ROOT / "hub", copy / "hub") == {"views/kinds.py", "views/__init__.py"}


def hub_of(copy, *words):
    """What a hub command of a copy of the program prints."""
    env = {**os.environ, "PYTHONPATH": f"{copy}{os.pathsep}{ROOT}"}
    call = f"import sys; from hub.cli import main; sys.exit(main({list(words)!r}))"
    command = [sys.executable, "-c", call]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True, cwd=copy).stdout


def changed(before, after, under=""):
    compared = filecmp.dircmp(before, after, ignore=["__pycache__"])
    here = {f"{under}{name}" for name in (*compared.left_only, *compared.right_only, *compared.diff_files)}
    for name in compared.common_dirs:
        here |= changed(before / name, after / name, f"{under}{name}/")
    return here


# ---- commands


def test_each_command_is_listed_once_with_its_help_line(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    for command in COMMANDS:
        assert f"{command.name} {command.help}" in text
        assert command.help[0].islower(), "a verb, and no name"
    names = [command.name for command in COMMANDS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_each_command_takes_a_folder_first_and_runs_its_row(command):
    first, words = [argument.options["choices"][0] for argument in command.before], []
    for argument in command.arguments:
        if argument.options.get("required"):
            words += [argument.flag, "x"]
        elif not argument.flag.startswith("-") and "nargs" not in argument.options:
            words.append("x")
    arguments = parser().parse_args([command.name, *first, "site", *words])
    assert arguments.folder == Path("site")
    assert arguments.run is command.run


# ---- extras


def extras():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]


def test_the_hub_extra_brings_two_packages_alone_and_the_audit_has_its_own():
    assert [Requirement(line).name for line in extras()["hub"]] == ["sqlalchemy", "segno"]
    assert [Requirement(line).name for line in extras()["audit"]] == ["fairlearn"]


def test_the_lock_file_holds_what_every_extra_asks_for():
    locked = dict(
        line.split(" ")[0].split("==", 1)
        for line in (ROOT / "requirements.lock").read_text().splitlines()
        if line and line[0].isalpha() and "==" in line
    )
    # mediapipe has an environment of its own: its OpenCV would lie over the camera's
    asked = [Requirement(line) for name, lines in extras().items() if name != "mediapipe" for line in lines]
    for wanted in asked:
        if wanted.name != "wardbeat":
            assert wanted.specifier.contains(locked[wanted.name.lower()]), str(wanted)
    assert len(asked) > 15


def without(monkeypatch, module):
    """As if a library were not installed."""
    for name in [name for name in sys.modules if name == module or name.startswith(f"{module}.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)


def test_an_audit_without_its_extra_names_the_remedy(monkeypatch, tmp_path, capsys):
    without(monkeypatch, "fairlearn")
    assert wardbeat(["audit", "--people", "1000", "--into", str(tmp_path / "audit")]) == 3
    said = capsys.readouterr().err
    assert "pip install 'wardbeat[audit]'" in said
    assert not (tmp_path / "audit").exists()


@pytest.mark.process
def test_a_hub_without_its_extra_names_the_remedy(tmp_path):
    call = (
        "import sys; sys.modules['sqlalchemy'] = None\n"
        "from agent.cli import main; sys.exit(main(['hub', 'show', sys.argv[1]]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", call, str(tmp_path)], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 3, done.stderr
    assert "pip install 'wardbeat[hub]'" in done.stderr
