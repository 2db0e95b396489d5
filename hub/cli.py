"""`wardbeat hub COMMAND FOLDER`: the table of commands, and its parser."""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from agent.errors import Missing
from agent.system.installation import how_to_add
from agent.system.parser import Parser
from hub import (
    commands,
    commands_alerts,
    commands_care,
    commands_database,
    commands_enroll,
    commands_fusion,
    commands_metrics,
    commands_people,
    commands_records,
    commands_show,
)
from hub.command_row import Command
from hub.command_row import argument as _argument
from hub.command_row import switch as _switch
from hub.metrics.address import LISTEN

COMMANDS: Final = (
    Command(
        "init",
        "create a site: keys, certificates, broker configuration",
        commands.init,
        (
            _argument("--site", required=True, help="site name in topics: letters, digits, hyphens"),
            _argument("--operator", required=True, help="name of the recipient, as people will read it"),
            _argument("--host", default="127.0.0.1", help="host name of the broker for devices (default 127.0.0.1)"),
            _argument("--port", type=int, default=8883, help="TLS port of the broker (default 8883)"),
            _argument(
                "--database", default="", metavar="URL", help="address of PostgreSQL (default: SQLite in FOLDER)"
            ),
            _switch("--one-database-user", "let every process use the user of --database, with all its rights"),
            _switch("--synthetic", "only for trials with synthetic persons"),
        ),
    ),
    Command(
        "roles",
        "make a separate PostgreSQL user for each process; run it again after an update that changes tables",
        commands_database.roles,
        (
            _argument(
                "--database",
                default="",
                metavar="URL",
                help="address with the name of the tables' owner (default: as the hub keeps it)",
            ),
            _switch("--sql", "print what an administrator runs first where that owner may not make users"),
        ),
    ),
    Command(
        "invite",
        "print a bundle for one device",
        commands.invite,
        (
            _switch("--list", "print the bundles that are still open, as JSON"),
            _argument("--void", metavar="NAME|all", help="end an open bundle, by its name in --list"),
            _argument("--label", metavar="LABEL", help="study label of the person, kept beside the device"),
            _switch("--in-person", "admit its first request without a comparison: you hand it over yourself"),
            _argument("--labels", type=Path, metavar="FILE", help="a bundle and a card for each label, one a line"),
            _argument("--into", type=Path, metavar="DIR", help="with --labels: new folder for bundles and cards"),
        ),
    ),
    Command(
        "label",
        "give a device a study label, or take it away",
        commands_people.label,
        (
            _argument("device", help="its random name, from 'hub show --devices'"),
            _argument("label", help="the new label; '' takes it away"),
        ),
    ),
    Command(
        "admit",
        "admit a device: print the answer to its request, or send it through the broker",
        commands_enroll.admit,
        (
            _argument("request", type=Path, nargs="?", help="file with the device's request"),
            _argument(
                "--pending",
                nargs="?",
                const="",
                metavar="NAME",
                help="list the requests that came through the broker, or admit the one of this name",
            ),
            _argument("--words", metavar="WORDS", help="the request's eight words, as the person read them out"),
            _switch("--yes", "the words were compared, or cannot be: a machine with release 0.1.0 shows none"),
        ),
    ),
    Command(
        "run",
        "receive and store envelopes",
        commands.run,
        (
            _argument("--worker", type=int, default=1, help="number of this process; PostgreSQL allows several"),
            _argument("--mqtt", type=int, choices=(3, 5), default=5, help="MQTT version, 3 for 3.1.1 (default 5)"),
        ),
    ),
    Command(
        "score",
        "score what arrived for people who consented to it, beside a running hub",
        commands.score,
        (
            _argument(
                "--part", default="1/1", metavar="K/N", help="part of the devices; PostgreSQL allows several processes"
            ),
        ),
    ),
    Command(
        "alerts",
        "raise alerts and write to the team",
        commands_alerts.alerts,
        (
            _switch("--check", "print the rules in force, or name what is wrong"),
            _argument("--test", metavar="CHANNEL", help="send a test to this channel of alerts.yaml, and end"),
        ),
    ),
    Command(
        "fusion",
        "fit heart, face and check-ins of everyone who is scored to their own answers, or say why there are too few",
        commands_fusion.fusion,
        (
            _argument(
                "--predicts",
                default="single:level",
                metavar="ANSWER",
                help="instrument and scale, such as single:level (default) or cbi:personal",
            ),
            _argument("--card", type=Path, metavar="FILE", help="write the fitted card to this new file"),
        ),
    ),
    Command(
        "metrics",
        "show a Prometheus on this machine lags, ends of keys and rounded sums, and nobody's data",
        commands_metrics.metrics,
        (
            _argument(
                "--listen",
                default=LISTEN,
                metavar="HOST:PORT",
                help=f"address of this machine alone (default {LISTEN})",
            ),
        ),
    ),
    Command(
        "rotate",
        "create new keys and a new directory; a running hub publishes it",
        commands.rotate,
        (
            _switch("--receipt", "create a new receipt key; the earlier ones stay trusted"),
            _switch("--stolen", "with --receipt: no longer trust the old one"),
            _argument("--root", type=Path, help="path of root.key; creates a new directory key, once a year"),
        ),
    ),
    Command(
        "revoke",
        "stop trusting a device, and end its access to the broker",
        commands.revoke,
        (
            _argument(
                "device",
                help="its random name, from 'hub show --devices' or its 'wardbeat status'; or 'hub' for the hub's own",
            ),
        ),
    ),
    Command("erase", "read a lost machine's ERASURE request (stdin), print the signed receipt", commands.erase),
    Command(
        "backup",
        "back up the database (SQLite) or, with --keys, the keys",
        commands.backup,
        (
            _argument("into", type=Path, help="folder for the new file"),
            _switch("--keys", "back up keys, certificates and broker files; opens with root.key"),
            _argument(
                "--keep-days", type=int, default=30, help="days until a keys file must be destroyed (default 30)"
            ),
        ),
    ),
    Command(
        "restore",
        "restore a keys file and a data file into an empty folder",
        commands.restore,
        (
            _argument("keys", type=Path, help="file written by 'backup --keys'"),
            _argument("data", type=Path, nargs="?", help="file written by 'backup'; not with PostgreSQL"),
            _argument("--root", type=Path, required=True, help="path of the site's root.key"),
        ),
    ),
    Command(
        "adopt", "let this folder take over the database of a moved or lost folder with the same keys", commands.adopt
    ),
    Command(
        "export",
        "write what is stored as tidy files for R, pandas, FHIR and Open mHealth, under pseudonyms of a study",
        commands.export,
        (
            _argument("into", type=Path, help="a folder that is not there yet"),
            _argument("--study", required=True, help="name of the study; no other study has the same pseudonyms"),
            _argument("--to", required=True, metavar="NAME", help="who receives the files; stands in each of them"),
            _argument(
                "--purpose", action="append", help="only what was sent for this purpose (default research; repeatable)"
            ),
        ),
    ),
    Command(
        "register",
        "write the register of consents as JSON lines, signed by every person and by the hub, or verify one",
        commands_records.register,
        (
            _argument("file", type=Path, help="the new file, or with --verify the one to read"),
            _switch("--labels", "with the study labels"),
            _switch("--verify", "check every signature in a register"),
        ),
    ),
    Command(
        "retain",
        "delete what the site's rules of retention name, and write a signed receipt; run it once a day",
        commands_records.retain,
        (
            _argument(
                "--arrived-days", type=int, metavar="N", help="keep windows and notes N days from arrival; 0: for good"
            ),
            _argument(
                "--ended-days",
                type=int,
                metavar="N",
                help="keep a person's data N days after all consents; 0: for good",
            ),
            _switch("--count", "delete nothing, and print what would go"),
        ),
    ),
    Command(
        "show",
        "print a view of the stored data: a table in a terminal, else JSON",
        commands_show.show,
        (
            _switch("--json", "print JSON in a terminal too, one object per line"),
            _argument("--after", type=int, default=0, metavar="N", help="with --arrivals: only windows after number N"),
            _argument("--most", type=int, metavar="N", help="with --arrivals: at most N windows (default 100)"),
        ),
    ),
    *commands_care.ROWS,
)


def main(argv: Sequence[str]) -> int:
    """Run one hub command; returns its exit code.

    Raises:
        Missing: The packages of the hub are not installed.
        WardbeatError: The command cannot be carried out.
    """
    arguments = parser().parse_args(argv)
    logging.getLogger().setLevel(logging.INFO)
    try:
        from hub.database import CANNOT_WRITE, cause
    except ModuleNotFoundError as error:
        raise Missing("the hub packages are not installed", remedy=how_to_add("hub")) from error
    try:
        return int(arguments.run(arguments))
    except CANNOT_WRITE as error:
        raise Missing(
            f"a database of this hub cannot be read or written: {cause(error)}",
            remedy="Free its disk, make it writable or start it, then try again.",
        ) from error


def parser() -> argparse.ArgumentParser:
    """The parser of all commands in COMMANDS."""
    top = Parser(prog="wardbeat hub", description="Run and manage the reference receiver.")
    subparsers = top.add_subparsers(required=True, metavar="COMMAND")
    for row in COMMANDS:
        command = subparsers.add_parser(row.name, help=row.help)
        for argument in row.before:
            command.add_argument(argument.flag, **argument.options)
        command.add_argument("folder", type=Path, help="the hub's folder")
        command.set_defaults(run=row.run)
        for argument in row.arguments:
            command.add_argument(argument.flag, **argument.options)
        if row.run is commands_show.show:
            commands_show.add_arguments(command)
    return top
