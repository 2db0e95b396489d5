"""Templates for administrators: each file parses, each key is one that the program knows, each command exists."""

import configparser
import re
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml

from agent.commands import COMMANDS
from agent.config import Policy, Settings

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "packaging/templates"
ROLE = TEMPLATES / "ansible/roles/wardbeat"
FILES = sorted(file for file in TEMPLATES.rglob("*") if file.is_file())
SCRIPTS = [file for file in FILES if file.read_text(encoding="utf-8").startswith("#!/bin/sh")]


def of_kind(*endings):
    return [file for file in FILES if file.name.endswith(endings)]


def ids(file):
    return file.relative_to(TEMPLATES).as_posix()


def test_every_kind_of_file_has_its_parser():
    parsed = {".yaml", ".ini", ".xml", ".service", ".timer", ".cfg", ".conf", ".md"}
    assert {file.suffix for file in FILES if file not in SCRIPTS and file.name != "sudoers"} == parsed
    assert len(SCRIPTS) == 6


@pytest.mark.parametrize("file", of_kind(".yaml"), ids=ids)
def test_yaml_parses(file):
    text = file.read_text(encoding="utf-8")
    assert yaml.safe_load(text) is not None
    assert not re.search(r"https?://(?!packages\.hospital\.example)", text), "no host but an example's"


@pytest.mark.parametrize("file", of_kind(".service", ".timer", ".ini"), ids=ids)
def test_ini_parses(file):
    parser = configparser.RawConfigParser(allow_no_value=True, delimiters=("=",), strict=file.suffix != ".service")
    parser.optionxform = str
    parser.read_string(file.read_text(encoding="utf-8"))
    assert parser.sections()


@pytest.mark.parametrize("file", of_kind(".xml"), ids=ids)
def test_xml_parses_and_copies_files_that_are_here(file):
    tree = ET.fromstring(file.read_text(encoding="utf-8"))
    copied = {one.get("targetPath").rpartition("\\")[2] for one in tree.iter("Properties")}
    assert copied == {"settings.yaml", "policy.yaml"}
    assert all((file.parent / name).is_file() for name in copied)
    assert len({one.get("uid") for one in tree}) == len(copied)


def settings_and_policies():
    role = yaml.safe_load((TEMPLATES / "ansible/site.yaml").read_text())[0]["roles"][0]["vars"]
    yield Settings, role["wardbeat_settings"]
    yield Policy, role["wardbeat_policy"]
    defaults = yaml.safe_load((ROLE / "defaults/main.yaml").read_text())
    yield Settings, defaults["wardbeat_settings"]
    yield Policy, defaults["wardbeat_policy"]
    yield Settings, yaml.safe_load((TEMPLATES / "gpo/settings.yaml").read_text())
    yield Policy, yaml.safe_load((TEMPLATES / "gpo/policy.yaml").read_text())


@pytest.mark.parametrize(("model", "values"), list(settings_and_policies()))
def test_settings_and_policies_are_those_that_the_program_reads(model, values):
    made = model.model_validate(values)
    assert values == {} or made != model(), "an example changes something"
    with pytest.raises(ValueError, match="extra_forbidden"):
        model.model_validate({**values, "consent_day": 1})


def test_the_role_knows_every_variable_that_it_uses():
    defaults = yaml.safe_load((ROLE / "defaults/main.yaml").read_text())
    options = yaml.safe_load((ROLE / "meta/argument_specs.yaml").read_text())["argument_specs"]["main"]["options"]
    example = yaml.safe_load((TEMPLATES / "ansible/site.yaml").read_text())[0]["roles"][0]["vars"]
    assert set(defaults) == set(options)
    assert set(example) <= set(defaults)
    tasks = "".join(file.read_text() for file in ROLE.glob("tasks/*.yaml"))
    registered = set(re.findall(r"register: (\w+)", tasks))
    used = set(re.findall(r"\bwardbeat_\w+", tasks)) - registered
    assert used == set(defaults)
    kinds = {name: {"list": list, "dict": dict}.get(spec["type"], str) for name, spec in options.items()}
    assert all(isinstance(defaults[name], kind) for name, kind in kinds.items())


def test_the_role_names_the_policy_s_keys_in_its_comment():
    text = (ROLE / "defaults/main.yaml").read_text()
    assert all(key in text for key in Policy.model_fields)


def test_files_that_are_named_are_there():
    monitoring = {file.name for file in (TEMPLATES / "monitoring").iterdir()}
    checks = yaml.safe_load((ROLE / "tasks/checks.yaml").read_text())
    assert {row["name"] for row in checks[0]["loop"]} <= monitoring
    imported = {task["ansible.builtin.import_tasks"] for task in yaml.safe_load((ROLE / "tasks/main.yaml").read_text())}
    assert imported | {"main.yaml"} == {file.name for file in (ROLE / "tasks").iterdir()}


COMMAND = re.compile(
    r"""(?:/usr/bin/wardbeat|(?<![\w/.~'-])wardbeat|"\$program"|wardbeat-as"? "?\$?\w+"?) (?:--config \S+ )?([a-z][a-z-]+)"""
)


def commands(text):
    """The commands of the program that a text runs; comments are left out."""
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    return set(COMMAND.findall(code))


def test_each_command_exists():
    files = [*SCRIPTS, *of_kind(".cfg", ".conf", "sudoers"), *ROLE.glob("tasks/*.yaml")]
    named = {ids(file): commands(file.read_text(encoding="utf-8")) for file in files}
    assert set().union(*named.values()) == {"doctor", "config", "hub"}
    assert {"doctor", "config", "hub"} <= set(COMMANDS)
    assert {name for name, found in named.items() if "doctor" in found} >= {
        "monitoring/nrpe.cfg", "monitoring/zabbix.conf", "monitoring/sudoers", "jamf/extension_attribute_doctor.sh"
    }  # fmt: skip
    assert commands("x=$(/usr/bin/wardbeat docter --nagios)") == {"docter"}, "the same look finds a wrong one"
    for option in ("--nagios", "--prometheus"):
        assert option in (ROOT / "agent/commands/doctor.py").read_text()
    for option in ("--labels", "--into"):
        assert f'"{option}"' in (ROOT / "hub/cli.py").read_text()


def test_no_template_starts_an_agent_or_consents():
    for file in FILES:
        lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")]
        text = "\n".join(lines)
        if file.suffix != ".md":
            assert not re.search(r"wardbeat (run|consent|enroll|service)\b", text), ids(file)
            assert not re.search(r"systemctl (enable|start)[^\n]*wardbeat@", text), ids(file)
        assert not re.search(r"^\s*sources:", text, re.MULTILINE), f"{ids(file)} switches a sensor on"


@pytest.mark.process
@pytest.mark.parametrize("file", SCRIPTS, ids=ids)
def test_each_script_is_one_of_the_plain_shell(file):
    assert subprocess.run(["sh", "-n", str(file)], capture_output=True, check=False).returncode == 0
    assert file.stat().st_mode & 0o111


STAND_INS = {
    "stat": 'echo "$PERSON"',
    "launchctl": 'shift 2; exec "$@"',
    "sudo": 'shift 2; exec "$@"',
    "id": "echo 501",
}


@pytest.mark.process
@pytest.mark.parametrize(
    ("person", "line", "result"),
    [
        ("anna", "WARDBEAT OK - 20 checks | checks=20;;;0", "OK"),
        ("anna", "WARDBEAT CRITICAL - consent: 'wardbeat doctor' names the remedies", "CRITICAL"),
        ("anna", "Traceback (most recent call last):", "UNKNOWN"),
        ("anna", "", "UNKNOWN"),
        ("root", "WARDBEAT OK - x", "nobody is logged in"),
    ],
)
def test_jamf_reads_one_word(tmp_path, person, line, result):
    for name, words in STAND_INS.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{words}\n")
        (tmp_path / name).chmod(0o755)
    program = tmp_path / "wardbeat"
    program.write_text(f"#!/bin/sh\ncat <<'E'\n{line}\nE\n")
    program.chmod(0o755)
    script = tmp_path / "script.sh"
    text = (TEMPLATES / "jamf/extension_attribute_doctor.sh").read_text()
    script.write_text(text.replace("/usr/local/bin/wardbeat", str(program)))
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin", "PERSON": person}
    done = subprocess.run(["sh", str(script)], env=env, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == f"<result>{result}</result>"
    assert line.partition(" - ")[2] not in done.stdout or not line.partition(" - ")[2]


@pytest.mark.process
@pytest.mark.parametrize("rows", ["P07,anna", "P07,anna,host,more", ",anna,host", "P07,Anna x,host", "P07,anna,ho;st"])
def test_a_list_with_a_wrong_row_invites_nobody(tmp_path, rows):
    called = tmp_path / "called"
    (tmp_path / "wardbeat").write_text(f"#!/bin/sh\ntouch {called}\n")
    (tmp_path / "wardbeat").chmod(0o755)
    (tmp_path / "people.csv").write_text(f"# a comment\nP06,bruno,desk-1\n{rows}\n")
    words = [
        "sh",
        str(TEMPLATES / "enroll/invite_people.sh"),
        "site",
        str(tmp_path / "people.csv"),
        str(tmp_path / "x"),
    ]
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "line 2: write LABEL,ACCOUNT,HOST" in done.stderr
    assert not called.exists()
