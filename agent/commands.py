"""What each command does: calls the part that knows, prints what it says; heavy parts load where they are needed.

Data goes to stdout as JSON, words for people to stderr.
"""

import argparse
import json
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from agent import analyze_command, enroll_command, page_command, scores_command
from agent.status import say

if TYPE_CHECKING:
    from pathlib import Path

    from agent.config import Settings
    from agent.control import Reply
    from agent.outbox import Outbox
    from agent.privacy.policy import Profile

Action = Callable[[argparse.Namespace], int]
_AGAIN_AFTER_S: Final = 5.0  # what breaks at once would break for ever


def _demo(arguments: argparse.Namespace) -> int:
    from agent import demo

    asked = arguments
    paths = (asked.replay, asked.seed, asked.faults, asked.keep, asked.picture, asked.face, asked.page)
    minutes = asked.minutes if asked.minutes is not None else 30.0 if asked.page else 2.0
    speed = asked.speed if asked.speed is not None else 1.0 if asked.page else 10.0
    wish = demo.Wish(minutes, speed, *paths)
    return demo.main(wish, as_json=asked.json)


def _run(arguments: argparse.Namespace) -> int:
    import asyncio

    from agent import host, pipeline
    from agent.errors import BeginAgain, OutboxBroken

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

    from agent import scan
    from agent.errors import WrongUse

    settings, _ = _settings(arguments)
    if not 0 < arguments.seconds <= 120:
        raise WrongUse(f"--seconds {arguments.seconds:g} is outside 0 to 120")
    found = scan.in_reach(settings, arguments.seconds)
    if arguments.json:
        print(json.dumps([asdict(strap) for strap in found]))
    yours = scan.bound_address(settings.state_dir)
    for strap in found:
        mark = "yours" if strap.address == yours else ""
        say(f"  {strap.name or '(no name)':<24} {strap.address}  {strap.rssi_dbm:>4} dBm  {mark}")
    if arguments.bind is None:
        if yours and yours not in (strap.address for strap in found) and scan.reads_a_strap(settings.state_dir):
            say("Your strap is not listed because the running agent reads it or looks for it; see 'wardbeat status'.")
            return 0
        if not found:
            say("No strap is in range. Put it on, moisten the electrodes, and close other apps that use it.")
            return 1
        if not yours:
            say("To use one of them: wardbeat scan --bind NAME")
        return 0
    name, beats = scan.bind(settings, found, arguments.bind)
    if not beats:
        say(f"No beat arrived from {name}, so it was not bound. Put it on, moisten the electrodes, and try again.")
        return 1
    say(f"Beats arrived. {name} is now your strap; no other strap is read.")
    if "ble_strap" not in settings.sources:
        say("Switch it on in your settings:  sources: {ble_strap: {}}")
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
    from agent import control

    settings, _ = _settings(arguments)
    if arguments.watch:
        return page_command.watch(settings)
    reply = control.ask(settings.state_dir, control.Command("status"))
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

    from agent import doctor

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
    from agent import decisions, identity
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
    signals = decisions.signals(settings, arguments.signal)
    wanted = decisions.grants(profile, enrolled.bundle.operator, signals)
    words = text(profile, wanted, settings.consent_days)
    if arguments.what == "show":
        say(words)
        say(decisions.consent_in_force(settings, profile))
        return 0
    if not decisions.confirm(words, "Do you agree?"):
        say("No consent was given.")
        return 1
    pin = decisions.ask_pin("Your PIN: ")
    return _print(decisions.give_consent(settings, profile, wanted, pin))


def _pause(arguments: argparse.Namespace) -> int:
    settings, _ = _settings(arguments)
    return _print(_person_says(settings, "pause", arguments.length))


def _resume(arguments: argparse.Namespace) -> int:
    settings, _ = _settings(arguments)
    return _print(_person_says(settings, "resume"))


def _person_says(settings: "Settings", name: str, argument: str = "") -> "Reply":
    from agent import decisions

    return decisions.say(settings, name, argument)


def _ledger(arguments: argparse.Namespace) -> int:
    import datetime as dt

    from agent import identity
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
    from agent import decisions

    settings, _ = _settings(arguments)
    folder = settings.state_dir
    if (folder / "history.db").exists() and not (folder / "outbox.db").exists():
        from agent.privacy.vault import existing_vault

        # the agent never ran, and the person said something
        everything = decisions.history_held(settings, existing_vault(folder, settings.key_store))
    else:
        with _outbox_to_read(settings) as outbox:
            everything = decisions.everything_held(settings, outbox)
    print(json.dumps(everything, indent=2 if arguments.pretty else None))
    return 0


def _erase(arguments: argparse.Namespace) -> int:
    from agent import decisions

    settings, _ = _settings(arguments)
    what = "This deletes your history and the ledger's contents here, withdraws consent, and asks the hub to erase."
    if not arguments.yes and not decisions.confirm(what, "Erase everything?"):
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
    from agent.outbox import ledger, rescue

    path = file or settings.state_dir / "outbox.db"
    if not path.is_file():
        raise WrongUse(f"{path}: no such file", remedy="'wardbeat run' creates the outbox.")
    found = rescue.faults(path)
    for words in found:
        print(words)
    if found and file is None:
        rescue.suspect(settings.state_dir)
        say("It is damaged. When the agent starts next, it sets the file aside and continues with a new one.")
    if not found and file is None:
        with _outbox_to_read(settings) as outbox:
            say(f"{ledger.verify(outbox).rows} rows; the file and the chain are whole")
    return int(bool(found))


def _hub(arguments: argparse.Namespace) -> int:
    from agent import host

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
    "analyze": analyze_command.run,
    "status": _status,
    "doctor": _doctor,
    "enroll": enroll_command.enroll,
    "consent": _consent,
    "ledger": _ledger,
    "export": _export,
    "erase": _erase,
    "recovery": enroll_command.recovery,
    "outbox": _outbox,
    "hub": _hub,
    "models": _models,
    "weeks": scores_command.weeks,
    "check-in": scores_command.check_in,
    "note": scores_command.note,
    "audit": scores_command.audit,
    "pause": _pause,
    "resume": _resume,
    "open": page_command.open_page,
}
"""What each word of the command line does; the answer is the exit code."""
