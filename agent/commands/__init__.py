"""What each command does: calls the part that knows, prints what it says; heavy parts load where they are needed.

Data goes to stdout as JSON, words for people to stderr.
"""

import argparse
import json
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from agent.commands import analyze, browser, enroll, weeks
from agent.system.status import say

if TYPE_CHECKING:
    from pathlib import Path

    from agent.config import Settings
    from agent.control.channel import Reply
    from agent.outbox import Outbox
    from agent.tables.profiles import Profile

Action = Callable[[argparse.Namespace], int]
_AGAIN_AFTER_S: Final = 5.0  # what breaks at once would break for ever


def _demo(arguments: argparse.Namespace) -> int:
    from agent.demo import run

    asked = arguments
    paths = (asked.replay, asked.seed, asked.faults, asked.keep, asked.picture, asked.face, asked.page)
    minutes = asked.minutes if asked.minutes is not None else 30.0 if asked.page else 2.0
    speed = asked.speed if asked.speed is not None else 1.0 if asked.page else 10.0
    wish = run.Wish(minutes, speed, *paths)
    return run.main(wish, as_json=asked.json)


def _run(arguments: argparse.Namespace) -> int:
    import asyncio

    from agent import pipeline
    from agent.errors import BeginAgain, OutboxBroken
    from agent.system import host

    settings, profile = _settings(arguments)
    host.no_core_dumps()
    say(
        f"Wardbeat runs under the profile {profile.name}: {profile.words} 'wardbeat status' shows more; Ctrl-C ends it."
    )
    if not settings.sources:
        say("No sensor is switched on yet.")
    say("Your page: wardbeat open")

    async def until_told() -> None:
        stop = asyncio.Event()
        host.stop_on_signals(stop)
        await pipeline.run(settings, profile, stop=stop)

    while True:
        began_s = time.monotonic()
        try:
            asyncio.run(until_told())
            return 0
        except BeginAgain as again:
            say(f"wardbeat: {again}; it starts again")
        except OutboxBroken as broken:
            if time.monotonic() - began_s < _AGAIN_AFTER_S:
                raise
            say(f"wardbeat: {broken}; it starts again, and sets the file aside if it is damaged")


def _scan(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from agent import sources
    from agent.control import device_scan as scan
    from agent.errors import WrongUse

    settings, _ = _settings(arguments)
    if not 0 < arguments.seconds <= 120:
        raise WrongUse(f"--seconds {arguments.seconds:g} is outside 0 to 120")
    name, how = sources.pairing(arguments.sensor)
    found = scan.in_reach(settings, name, arguments.seconds)
    if arguments.json:
        print(json.dumps([asdict(device) for device in found]))
    yours = scan.bound_address(settings.state_dir, name)
    for device in found:
        mark = "yours" if device.address == yours else ""
        say(f"  {device.name or '(no name)':<24} {device.address}  {device.rssi_dbm:>4} dBm  {mark}")
    if arguments.bind is None:
        if yours and yours not in (device.address for device in found) and scan.is_read(settings.state_dir, name):
            say(f"Your {how.noun} does not show: the running agent reads it, or looks for it; see 'wardbeat status'.")
            return 0
        if not found:
            say(f"No {how.noun} is in reach. {how.advice}")
            return 1
        if not yours:
            say("To use one of them: wardbeat scan --bind NAME")
        return 0
    device_name, proved = scan.bind(settings, name, found, arguments.bind)
    if not proved:
        say(f"No {how.proof} came from {device_name}, so nothing is bound. {how.advice}")
        return 1
    say(f"{how.proof.capitalize()} came in. {device_name} is yours from now on; no other {how.noun} is read.")
    if name not in settings.sources:
        say(f"Switch it on in your settings:  sources: {{{name}: {{}}}}")
    return 0


def _models(arguments: argparse.Namespace) -> int:
    from agent.perception import fetch, store

    manifest = store.manifest()
    if arguments.what == "fetch":
        into = arguments.into or store.places()[-1]
        brought = fetch.fetch(manifest, into, arguments.mirror)
        say(
            f"{len(brought)} of {len(manifest.files)} files copied to {into}" if brought else f"all files are in {into}"
        )
        return 0
    missing = 0
    for file in manifest.files:
        place = store.place_of(file)
        missing += place is None
        say(f"{'ok  ' if place else '--  '} {file.name:<42} {file.size:>9} B  {file.licence}  {file.what}")
    say(f"ok   {store.OURS:<42} {len(store.ours()):>9} B  Apache-2.0  our own: landmarks to facial actions")
    if missing:
        say(f"  → {store.FETCH}")
    return 3 if missing else 0


def _status(arguments: argparse.Namespace) -> int:
    from agent.control import channel

    settings, _ = _settings(arguments)
    if arguments.watch:
        return browser.watch(settings)
    reply = channel.ask(settings.state_dir, channel.Command("status"))
    body = json.loads(reply.body)
    if arguments.json:
        print(reply.body)
        return 0
    say(f"profile {body['profile']}{', paused' if body['paused'] else ''}")
    if body["enrolled"]:
        say(f"enrolled at {body['enrolled']['operator']} as {body['enrolled']['device']}")
    for state in body["states"]:
        say(f"  {state['part']:<16} {state['level']:<8} {state['words']}")
        if state["remedy"] and state["level"] != "ok":
            say(f"  {'':<16} → {state['remedy']}")
    if body["unheard"]:
        say("  note: the hub has not yet confirmed your latest consent, withdrawal or erasure; it will be sent soon")
    for words in body["news"]:
        say(f"  note: {words}")
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from agent.commands import doctor

    settings, profile = _settings(arguments)
    found = list(doctor.checks(settings, profile))
    if arguments.json:
        print(json.dumps([asdict(check) for check in found]))
    for check in found:
        mark = {True: "ok  ", False: "FAIL", None: "--  "}[check.ok]
        say(f"{mark} {check.check_id:<16} {check.words}")
        if check.ok is False and check.remedy:
            say(f"     {'':<16} → {check.remedy}")
    return 1 if any(check.ok is False for check in found) else 0


def _consent(arguments: argparse.Namespace) -> int:
    from agent.commands import terminal
    from agent.control import client
    from agent.enrollment import consent_key, identity
    from agent.errors import WrongUse
    from agent.privacy.consent import text
    from agent.privacy.vault import existing_vault

    settings, profile = _settings(arguments)
    if arguments.what == "withdraw":
        if arguments.signal:
            raise WrongUse(
                "a withdrawal covers all signals",
                remedy="'wardbeat consent withdraw', then 'wardbeat consent give --signal' for what may continue.",
            )
        return _print(_person_says(settings, "withdraw"))
    enrolled = identity.load_enrolled(settings.state_dir, existing_vault(settings.state_dir, settings.key_store))
    signals = consent_key.signals(settings, arguments.signal, client.switched_sensors(settings))
    wanted = consent_key.grants(profile, enrolled.bundle.operator, signals)
    words = text(profile, wanted, settings.consent_days)
    if arguments.what == "show":
        say(words)
        say(client.consent_in_force(settings, profile))
        return 0
    if not terminal.confirm(words, "Do you agree?"):
        say("No consent was given.")
        return 1
    pin = terminal.ask_pin("Your PIN: ")
    return _print(client.give_consent(settings, profile, wanted, pin))


def _pause(arguments: argparse.Namespace) -> int:
    settings, _ = _settings(arguments)
    return _print(_person_says(settings, "pause", arguments.length))


def _resume(arguments: argparse.Namespace) -> int:
    settings, _ = _settings(arguments)
    return _print(_person_says(settings, "resume"))


def _person_says(settings: "Settings", name: str, argument: str = "") -> "Reply":
    from agent.control import client

    return client.carry_out(settings, name, argument)


def _ledger(arguments: argparse.Namespace) -> int:
    import datetime as dt

    from agent.enrollment import identity
    from agent.outbox import ledger

    settings, _ = _settings(arguments)
    with _outbox_to_read(settings) as outbox:
        if arguments.verify:
            enrolled = identity.load_enrolled(settings.state_dir, outbox.vault)
            proven = ledger.verify(outbox, enrolled.open_answers)
            receipted = outbox.counts().get("receipted", 0)
            say(f"{proven.rows} rows, {receipted} receipted: the chain is whole and agrees with every stored receipt")
            for words in proven.breaks:
                say(f"known break: {words}")
            return 0
        for row in ledger.rows(outbox, arguments.last or None):
            if arguments.json:
                print(json.dumps(ledger.as_json(row)))
            else:
                said = "; ".join(row.said) or "(contents erased)"
                made = dt.datetime.fromtimestamp(row.made_utc_s, dt.UTC)
                print(f"{row.idx:>6}  {made:%Y-%m-%d %H:%M:%S} UTC  {row.bytes_sent} B  {row.state:<12} {said}")
    return 0


def _export(arguments: argparse.Namespace) -> int:
    from agent.control import export

    settings, _ = _settings(arguments)
    folder = settings.state_dir
    if (folder / "history.db").exists() and not (folder / "outbox.db").exists():
        from agent.privacy.vault import existing_vault

        # the agent never ran, and the person said something
        everything = export.history_held(settings, existing_vault(folder, settings.key_store))
    else:
        with _outbox_to_read(settings) as outbox:
            everything = export.everything_held(settings, outbox)
    print(json.dumps(everything, indent=2 if arguments.pretty else None))
    return 0


def _erase(arguments: argparse.Namespace) -> int:
    from agent.commands import terminal

    settings, _ = _settings(arguments)
    what = "This deletes your history and the ledger's contents here, withdraws consent, and asks the hub to erase."
    if not arguments.yes and not terminal.confirm(what, "Erase everything?"):
        say("Nothing was erased.")
        return 1
    return _print(_person_says(settings, "erase"))


def _outbox(arguments: argparse.Namespace) -> int:
    settings, _ = _settings(arguments)
    if arguments.what == "fsck":
        return _fsck(settings, arguments.file)
    if arguments.what == "export":
        with _outbox_to_read(settings) as outbox:
            for row in outbox.sealed_rows():
                print(json.dumps(row))
        return 0
    with _outbox_to_read(settings) as outbox:
        print(json.dumps({"rows": outbox.counts(), "waiting": outbox.waiting(), "unsettled": outbox.unsettled()}))
    return 0


def _fsck(settings: "Settings", file: "Path | None") -> int:
    from agent.errors import WrongUse
    from agent.outbox import damage, ledger

    path = file or settings.state_dir / "outbox.db"
    if not path.is_file():
        raise WrongUse(f"{path}: no such file", remedy="'wardbeat run' creates the outbox.")
    found = damage.faults(path)
    for words in found:
        print(words)
    if found and file is None:
        damage.suspect(settings.state_dir)
        say("It is damaged. When the agent starts next, it sets the file aside and continues with a new one.")
    if not found and file is None:
        with _outbox_to_read(settings) as outbox:
            say(f"{ledger.verify(outbox).rows} rows; the file and the chain are whole")
    return int(bool(found))


def _hub(arguments: argparse.Namespace) -> int:
    from agent.system import host

    host.no_core_dumps()  # a hub holds every key
    from agent.errors import Missing

    try:
        from hub import cli
    except ModuleNotFoundError as error:
        raise Missing("the hub packages are not installed", remedy="pip install 'wardbeat[hub]'") from error
    return cli.main(arguments.rest)


# ---- what they share


def _settings(arguments: argparse.Namespace) -> "tuple[Settings, Profile]":
    from agent import config

    settings, profile = config.load(arguments.config)
    logging.getLogger().setLevel(settings.log_level.upper())
    return settings, profile


def _outbox_to_read(settings: "Settings") -> "Outbox":
    from agent.errors import KeysMissing
    from agent.outbox import Outbox
    from agent.privacy.vault import existing_vault

    if not (settings.state_dir / "outbox.db").exists():
        raise KeysMissing("there is no outbox here yet", remedy="'wardbeat run' creates it.")
    return Outbox(settings.state_dir / "outbox.db", existing_vault(settings.state_dir, settings.key_store), None)


def _print(reply: "Reply") -> int:
    say(reply.words)
    if reply.remedy:
        say(f"  → {reply.remedy}")
    return reply.exit_code


ACTIONS: Final[dict[str, Action]] = {
    "demo": _demo,
    "run": _run,
    "scan": _scan,
    "analyze": analyze.run,
    "status": _status,
    "doctor": _doctor,
    "enroll": enroll.enroll,
    "consent": _consent,
    "ledger": _ledger,
    "export": _export,
    "erase": _erase,
    "recovery": enroll.recovery,
    "outbox": _outbox,
    "hub": _hub,
    "models": _models,
    "weeks": weeks.weeks,
    "check-in": weeks.check_in,
    "note": weeks.note,
    "audit": weeks.audit,
    "pause": _pause,
    "resume": _resume,
    "open": browser.open_page,
}
"""What each word of the command line does; the answer is the exit code."""
