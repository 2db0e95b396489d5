"""What monitors and the scripts of enrolment do with the templates, in a machine on which the role has run."""

import shutil
from collections.abc import Callable
from typing import Final

from machine import Failed, Machine

_TEMPLATES: Final = "/srv/templates"
_METRICS: Final = "/var/lib/prometheus/node-exporter/wardbeat-{}.prom"
_GET: Final = (
    "import urllib.request as r; print(r.urlopen('http://127.0.0.1:9100/metrics', timeout=20).read().decode())"
)


def node_exporter_serves_the_checks(machine: Machine) -> str:
    """The timer's service writes, and Prometheus' node exporter reads it without an error.

    Raises:
        Failed: It does not.
    """
    for account in ("anna", "pi"):
        if machine.property(f"wardbeat-metrics@{account}.timer", "ActiveState") != "active":
            raise Failed(f"no timer for {account}")
        machine.run("systemctl", "start", f"wardbeat-metrics@{account}.service")
    machine.run("systemctl", "restart", "prometheus-node-exporter")
    machine.wait(lambda: "node_textfile_scrape_error" in machine.said("python3", "-c", _GET), "the node exporter")
    served = machine.said("python3", "-c", _GET).splitlines()
    if "node_textfile_scrape_error 0" not in served:
        raise Failed("the node exporter reports an error in a text file")
    of = {account: [row for row in served if f'agent="{account}"' in row] for account in ("anna", "pi")}
    if 'wardbeat_check_ok{agent="pi",check="agent"} 1' not in of["pi"]:
        raise Failed("\n".join(of["pi"]))
    if not any(row.startswith("wardbeat_doctor_ran") and row.endswith(" 1") for row in of["anna"]):
        raise Failed("\n".join(of["anna"]))
    return f"rows of anna {len(of['anna'])}, of pi {len(of['pi'])}: its agent runs; no error"


def a_check_that_cannot_run_is_named(machine: Machine) -> str:
    """A person whose checks print anything else than checks: the file says that they did not run.

    Raises:
        Failed: A foreign line passes, or the file says that they ran.
    """
    program = machine.root / "usr/bin/wardbeat"
    kept = program.read_bytes()
    try:
        program.write_text("#!/bin/sh\necho 'wardbeat_check_ok{check=\"a\",x=\"1\"} 1'\necho 'up 0'\n")
        machine.run("/usr/local/sbin/wardbeat-metrics", "anna")
    finally:
        program.write_bytes(kept)
    said = (machine.root / _METRICS.format("anna").lstrip("/")).read_text()
    rows = [row for row in said.splitlines() if not row.startswith("#")]
    refused = machine.run("/usr/local/sbin/wardbeat-metrics", "../anna", ok=False)
    if rows != ['wardbeat_doctor_ran{agent="anna"} 0'] or refused.returncode != 3:
        raise Failed(f"{rows}, {refused}")
    return "foreign lines do not pass; an account with a slash is refused"


def monitors_accept_their_files(machine: Machine) -> str:
    """Each monitor's own check of its configuration, and sudo's.

    Raises:
        Failed: One refuses its file.
    """
    own = machine.root / _TEMPLATES.lstrip("/") / "monitoring"
    host = 'object Host "desk" {\n check_command = "dummy"\n vars.wardbeat_account = "anna"\n}\n'
    icinga = 'include <itl>\nobject Endpoint "x" {}\nobject Zone "x" { endpoints = [ "x" ] }\n'
    machine.write("/srv/icinga2.conf", icinga + host + (own / "icinga2.conf").read_text())
    machine.run("icinga2", "daemon", "-C", "-c", "/srv/icinga2.conf")
    machine.write("/srv/nagios.cfg", _NAGIOS)
    machine.write("/srv/nagios-objects.cfg", _OBJECTS + (own / "nagios.cfg").read_text())
    machine.run("nagios4", "-v", "/srv/nagios.cfg")
    shutil.copy(own / "zabbix.conf", machine.root / "etc/zabbix/zabbix_agentd.conf.d/wardbeat.conf")
    shutil.copy(own / "sudoers", machine.root / "etc/sudoers.d/wardbeat")
    (machine.root / "etc/sudoers.d/wardbeat").chmod(0o440)
    machine.run("visudo", "-c", "-f", "/etc/sudoers.d/wardbeat")
    machine.run("promtool", "check", "rules", f"{_TEMPLATES}/monitoring/alerts.yaml")
    units = [f"/etc/systemd/system/wardbeat-metrics@{kind}" for kind in ("anna.service", "anna.timer")]
    verified = machine.said("systemd-analyze", "verify", *units)
    if "wardbeat" in verified:
        raise Failed(verified)
    return "icinga2, nagios4, visudo, promtool, systemd-analyze: no fault"


def plugins_answer_through_sudo(machine: Machine) -> str:
    """What NRPE and Zabbix run as their own users; another command is refused.

    Raises:
        Failed: No line of a plugin, or too much is allowed.
    """
    tested = machine.said("runuser", "-u", "zabbix", "--", "zabbix_agentd", "-t", "wardbeat[anna]")
    if "WARDBEAT " not in tested:
        raise Failed(tested)
    command = next(row for row in _lines(machine, "nrpe.cfg") if row.startswith("command[")).partition("=")[2]
    line = machine.said("runuser", "-u", "nagios", "--", *command.split())
    if not line.startswith("WARDBEAT "):
        raise Failed(line)
    words = ["runuser", "-u", "nagios", "--", "sudo", "-n", "/usr/local/sbin/wardbeat-as"]
    for more in (("bruno", "doctor", "--nagios"), ("anna", "export"), ("anna", "doctor", "--nagios", "--json")):
        if machine.run(*words, *more, ok=False).returncode == 0:
            raise Failed(f"sudo allows {more}")
    return f"{line.partition(' - ')[0]} by NRPE's command and by zabbix_agentd; 3 other commands are refused"


def bundles_reach_their_people(machine: Machine) -> str:
    """A bundle for each person of a list, in their home, for them alone; a link in a home leads root nowhere.

    Raises:
        Failed: A bundle is missing, open to others, or written elsewhere.
    """
    folder = "/srv/hub"
    machine.run("wardbeat", "hub", "init", folder, "--site", "ward-3", "--operator", "Ward", "--host", "broker.example")
    machine.write("/srv/people.csv", "# label,account,host\nP07,anna,localhost\nP08,bruno,localhost\n")
    machine.run(f"{_TEMPLATES}/enroll/invite_people.sh", folder, "/srv/people.csv", "/srv/invitations")
    wrong = machine.run(f"{_TEMPLATES}/enroll/invite_people.sh", folder, "/srv/wrong.csv", "/srv/x", ok=False)
    machine.run("ln", "-s", "/etc/passwd", "/home/bruno/wardbeat.bundle")
    before = (machine.root / "etc/passwd").read_bytes()
    by_script = machine.run(f"{_TEMPLATES}/enroll/hand_out.sh", "/srv/invitations", ok=False)
    owned = machine.said("stat", "-c", "%U %a", "/home/anna/wardbeat.bundle")
    machine.run("rm", "/home/anna/wardbeat.bundle", "/home/bruno/wardbeat.bundle")
    machine.write("/srv/hosts.ini", "localhost ansible_connection=local\n")
    book = ["ansible-playbook", "-i", "/srv/hosts.ini", "-e", "handout=/srv/invitations/handout.csv"]
    machine.run(*book, f"{_TEMPLATES}/ansible/hand_out.yaml")
    by_role = machine.said("stat", "-c", "%U %a", "/home/anna/wardbeat.bundle", "/home/bruno/wardbeat.bundle")
    again = machine.run(*book, f"{_TEMPLATES}/ansible/hand_out.yaml").stdout
    shown = machine.said("wardbeat", "hub", "invite", folder, "--list")
    if (machine.root / "etc/passwd").read_bytes() != before or by_script.returncode != 1 or wrong.returncode == 0:
        raise Failed(f"by script: {by_script}, {wrong}")
    if owned != "anna 600" or by_role.splitlines() != ["anna 600", "bruno 600"] or "changed=0" not in again:
        raise Failed(f"{owned}, {by_role}, {again[-500:]}")
    if "WARDBEAT" not in (machine.root / "home/anna/wardbeat.bundle").read_text():
        raise Failed("what lies in the home is no bundle")
    return f"2 bundles, mode 0600, each its person's own; a link is not followed; {shown.count('name')} open at the hub"


def _lines(machine: Machine, name: str) -> list[str]:
    return (machine.root / _TEMPLATES.lstrip("/") / "monitoring" / name).read_text().splitlines()


_NAGIOS: Final = (
    "cfg_file=/srv/nagios-objects.cfg\nlog_file=/tmp/nagios.log\ncommand_file=/tmp/nagios.cmd\nstatus_file=/tmp/status\n"
    "temp_file=/tmp/nagios.tmp\ncheck_result_path=/tmp\nlock_file=/tmp/nagios.lock\nobject_cache_file=/tmp/objects\n"
)
_ALWAYS: Final = "host_notification_period always\nservice_notification_period always\n"
_NOBODY: Final = "host_notification_options n\nservice_notification_options n\n"
_SILENT: Final = "host_notification_commands check-host\nservice_notification_commands check-host\n"
_PERIODS: Final = "max_check_attempts 3\ncheck_period always\nnotification_period always\ncontacts admin\n"
# Nagios wants each closing bracket on a separate line
_OBJECTS: Final = (
    "define timeperiod {\ntimeperiod_name always\nalias always\nmonday 00:00-24:00\n}\n"
    "define command {\ncommand_name check-host\ncommand_line /bin/true\n}\n"
    f"define contact {{\ncontact_name admin\n{_ALWAYS}{_SILENT}{_NOBODY}}}\n"
    f"define host {{\nhost_name workstation-1\naddress 192.0.2.1\ncheck_command check-host\n{_PERIODS}}}\n"
    f"define service {{\nname generic-service\nregister 0\n{_PERIODS}}}\n"
)

MONITORS: Final[dict[str, Callable[[Machine], str]]] = {
    "the node exporter serves the checks": node_exporter_serves_the_checks,
    "checks that cannot run are named": a_check_that_cannot_run_is_named,
    "monitors accept their files": monitors_accept_their_files,
    "plugins answer through sudo": plugins_answer_through_sudo,
    "bundles reach their people": bundles_reach_their_people,
}
