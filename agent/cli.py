"""The command line: parses, calls, prints; no logic. Heavy parts load inside the command that needs them.

Exit codes: 0 done, 1 a check failed, 2 wrong use or configuration, 3 something needed is missing.
"""

import argparse
import json
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent import __version__, logs
from agent.errors import WardbeatError

if TYPE_CHECKING:
    from agent.config import Settings
    from agent.control import Reply
    from agent.outbox import Outbox
    from agent.privacy.policy import Profile

Action = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    # the hub has a parser of its own, --help included
    for_hub = words[:1] == ["hub"]
    arguments = argparse.Namespace(action=_hub, rest=words[1:]) if for_hub else _parser().parse_args(words)
    logs.to_stderr()
    try:
        return int(arguments.action(arguments))
    except WardbeatError as error:
        _say(f"wardbeat: {error}")
        if error.remedy:
            _say(f"  → {error.remedy}")
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0


_DEMO_FILES = """\
a recording (--replay): one interval in ms a line, or a CSV with the header t_s,rr_ms (t_s: when it ended)
a timeline of faults (--faults), in session seconds:
  - {at_s: 60, fault: link_loss, for_s: 10}
  - {at_s: 120, fault: malformed, for_s: 3}
  - {at_s: 300, fault: low_battery, percent: 4}
faults: link_loss, silent, contact_lost, missing_rr, malformed, low_battery, absent
"""


_ANALYZE_FILES = """\
intervals:  one in ms a line; or a CSV whose header names t_s (when the interval ended, in s) and rr_ms; or Polar's .hrm
waveforms:  one number a line; or a CSV with a column ecg or ppg; a time column (t_s) says the rate, and
            acc_x_g,acc_y_g,acc_z_g whether the body moved: a pulse wave gives a rate then, and no variability
windows:    [start, end) from the first interval's start; a last part shorter than half a window is left out
examples:   wardbeat analyze rr.txt        wardbeat analyze ecg.csv --signal ecg --fs 250 --plot out.png
exit code:  0 done, 2 the file or the words are not right, 3 something is missing
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wardbeat",
        description="Heart-rate variability on this machine; only sealed summaries leave, and only if you say so.",
    )
    parser.add_argument("--version", action="version", version=f"wardbeat {__version__}")
    parser.add_argument("--config", type=Path, metavar="FILE", help="your settings; see config.example.yaml")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = _add(commands, "demo", _demo, "the whole chain on this machine, with a synthetic person")
    demo.formatter_class = argparse.RawDescriptionHelpFormatter
    demo.epilog = _DEMO_FILES
    demo.add_argument("--minutes", type=float, default=2.0, help="real minutes (default 2)")
    demo.add_argument("--speed", type=float, default=10.0, help="session seconds a real second, 1 to 10 (default 10)")
    demo.add_argument(
        "--replay", type=Path, metavar="FILE", help="a recording for the strap instead of a made-up heart"
    )
    demo.add_argument("--seed", type=int, default=1, help="of the made-up heart (default 1)")
    demo.add_argument("--faults", type=Path, metavar="FILE", help="what goes wrong with the strap, and when, in YAML")
    demo.add_argument("--picture", type=Path, metavar="FILE", help="save the live view as SVG, two thirds through")
    demo.add_argument("--keep", action="store_true", help="leave everything where it is, and say where")
    demo.add_argument("--json", action="store_true", help="last line: the report as JSON")

    _add(commands, "run", _run, "the resident agent")
    scan = _add(commands, "scan", _scan, "heart-rate straps in reach, and which of them is yours")
    scan.add_argument("--seconds", type=float, default=8.0, help="how long to listen (default 8)")
    scan.add_argument(
        "--bind", nargs="?", const="", metavar="STRAP", help="read this one (name or address) from now on"
    )
    scan.add_argument("--json", action="store_true", help="for machines")
    _add_analyze(commands)
    status = _add(commands, "status", _status, "what the running agent is doing")
    status.add_argument("--json", action="store_true", help="for machines")
    doctor = _add(commands, "doctor", _doctor, "every part's health, with a remedy")
    doctor.add_argument("--json", action="store_true", help="for machines")

    enroll = _add(commands, "enroll", _enroll, "make this machine's keys from a BUNDLE, or finish with an ANSWER")
    enroll.add_argument("paper", type=Path, metavar="BUNDLE|ANSWER")
    enroll.add_argument("--replace", action="store_true", help="destroy the keys of an earlier enrollment")

    consent = _add(commands, "consent", _consent, "show, give or withdraw your consent")
    consent.add_argument("what", choices=("show", "give", "withdraw"))
    consent.add_argument("--signal", action="append", default=[], help="only this signal (may be repeated)")

    _add(commands, "pause", _ask("pause"), "stop measuring now; survives restarts")
    _add(commands, "resume", _ask("resume"), "end the pause")

    ledger = _add(commands, "ledger", _ledger, "everything that was sealed, in plain words")
    ledger.add_argument("--last", type=_count, default=20, metavar="N", help="rows to show (default 20, 0: all)")
    ledger.add_argument("--verify", action="store_true", help="prove the chain against the hub's receipts")
    ledger.add_argument("--json", action="store_true", help="one object a line")
    export = _add(commands, "export", _export, "everything held about you, as JSON on stdout")
    export.add_argument("--pretty", action="store_true", help="indented")
    erase = _add(commands, "erase", _erase, "forget everything here, and ask the hub to")
    erase.add_argument("--yes", action="store_true", help="do not ask")

    outbox = _add(commands, "outbox", _outbox, "the sealed rows")
    outbox.add_argument("what", choices=("status",))
    hub = commands.add_parser("hub", help="the reference receiver", add_help=False)
    hub.set_defaults(action=_hub)
    hub.add_argument("rest", nargs=argparse.REMAINDER)
    return parser


def _add_analyze(commands: Any) -> None:
    analyze = _add(commands, "analyze", _analyze, "the same engine over a recording: beats, ECG or PPG")
    analyze.formatter_class = argparse.RawDescriptionHelpFormatter
    analyze.epilog = _ANALYZE_FILES
    analyze.add_argument(
        "file", type=Path, metavar="FILE", help="intervals in ms, a CSV t_s,rr_ms (t_s: when it ended), or a waveform"
    )
    analyze.add_argument("--signal", choices=("rr", "ecg", "ppg"), default="rr", help="what it holds (default rr)")
    analyze.add_argument("--fs", type=float, metavar="HZ", help="samples a second of a waveform without a time column")
    analyze.add_argument("--window", type=float, default=300.0, metavar="S", help="length of a window (default 300)")
    analyze.add_argument("--step", type=float, metavar="S", help="how far apart windows begin (default: the window)")
    analyze.add_argument("--all", action="store_true", help="all 36 numbers, not the usual nine")
    analyze.add_argument("--beats", action="store_true", help="every interval with its label, too")
    analyze.add_argument("--plot", type=Path, metavar="FILE", help="draw it (png, svg, pdf)")
    analyze.add_argument("--json", action="store_true", help="for machines: beats and windows, unrounded")


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError("not a count")
    return int(text)


def _add(commands: Any, name: str, action: Action, words: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=words, description=words)
    parser.set_defaults(action=action)
    return parser


# ---- commands


def _demo(arguments: argparse.Namespace) -> int:
    from agent import demo

    asked = arguments
    wish = demo.Wish(asked.minutes, asked.speed, asked.replay, asked.seed, asked.faults, asked.keep, asked.picture)
    return demo.main(wish, as_json=asked.json)


def _run(arguments: argparse.Namespace) -> int:
    import asyncio

    from agent import host, pipeline

    settings, profile = _settings(arguments)
    host.no_core_dumps()
    _say(
        f"Wardbeat runs under the profile {profile.name}: {profile.words} 'wardbeat status' shows more; Ctrl-C ends it."
    )
    if not settings.sources:
        _say("No sensor is switched on: see 'sources' in config.example.yaml.")

    async def until_told() -> None:
        stop = asyncio.Event()
        host.stop_on_signals(stop)
        await pipeline.run(settings, profile, stop=stop)

    asyncio.run(until_told())
    return 0


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
        _say(f"  {strap.name or '(no name)':<24} {strap.address}  {strap.rssi_dbm:>4} dBm  {mark}")
    if arguments.bind is None:
        if not found:
            _say("No strap is in reach. Put it on, moisten the electrodes, close other apps that read it.")
            return 1
        if not yours:
            _say("To read one of them: wardbeat scan --bind NAME")
        return 0
    name, beats = scan.bind(settings, found, arguments.bind)
    if not beats:
        _say(f"No beat came from {name}, so nothing is bound: wear it, moisten the electrodes, and try again.")
        return 1
    _say(f"Beats came in. {name} is yours from now on; no other strap is read.")
    if "ble_strap" not in settings.sources:
        _say("Switch it on in your settings:  sources: {ble_strap: {}}")
    return 0


def _analyze(arguments: argparse.Namespace) -> int:
    from agent import analyze, analyze_plot, analyze_words

    asked = arguments
    if asked.plot is not None:
        analyze_plot.can_be_drawn(asked.plot)
    found = analyze.analyze(analyze.Wish(asked.file, asked.signal, asked.fs, asked.window, asked.step))
    if asked.json:
        print(analyze.as_json(found))
    else:
        for line in analyze_words.lines(found, every=asked.all, beats=asked.beats):
            print(line)
    if asked.plot is not None:
        analyze_plot.save(found.recorded.whole(), asked.plot)
        _say(f"picture: {asked.plot}")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    from agent import control

    settings, _ = _settings(arguments)
    reply = control.ask(settings.state_dir, control.Command("status"))
    body = json.loads(reply.body)
    if arguments.json:
        print(reply.body)
        return 0
    _say(f"profile {body['profile']}{', paused' if body['paused'] else ''}")
    for state in body["states"]:
        _say(f"  {state['part']:<16} {state['level']:<8} {state['words']}")
        if state["remedy"] and state["level"] != "ok":
            _say(f"  {'':<16} → {state['remedy']}")
    if body["unheard"]:
        _say("  note: the hub has not yet confirmed your latest consent, withdrawal or erasure; it goes soon")
    for words in body["news"]:
        _say(f"  note: {words}")
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
        _say(f"{mark} {check.check_id:<16} {check.words}")
        if check.ok is False and check.remedy:
            _say(f"     {'':<16} → {check.remedy}")
    return 1 if any(check.ok is False for check in found) else 0


def _enroll(arguments: argparse.Namespace) -> int:
    from agent import decisions, identity
    from agent.errors import WrongUse
    from agent.wire.directory import fingerprint_words
    from agent.wire.enroll import armor, dearmor, decode_bundle

    settings, _ = _settings(arguments)
    try:
        text = arguments.paper.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUse(f"{arguments.paper} cannot be read as a Wardbeat paper") from error
    if "BEGIN WARDBEAT ANSWER" in text:
        enrolled = decisions.finish_enrollment(settings, dearmor("ANSWER", text))
        _say(f"Enrolled at {enrolled.bundle.operator}. Next: wardbeat consent show")
        return 0
    paper = dearmor("BUNDLE", text)
    bundle = decode_bundle(paper)
    _say(f"Site {bundle.site} of {bundle.operator}; broker {bundle.host}:{bundle.port}")
    _say(f"Compare these eight words with the operator: {fingerprint_words(bundle.root_public)}")
    if identity.exists(settings.state_dir) and not arguments.replace:
        raise WrongUse(
            "this machine is enrolled already", remedy="To start over add --replace: old keys are destroyed."
        )
    pin = decisions.ask_pin("Choose a PIN (6 or more characters), yours alone: ", twice=True)
    print(armor("REQUEST", decisions.begin_enrollment(settings, paper, pin, replace_old=arguments.replace)), end="")
    _say("Give the request (on stdout) to the hub's operator; with the answer run: wardbeat enroll ANSWER")
    return 0


def _consent(arguments: argparse.Namespace) -> int:
    from agent import decisions, identity
    from agent.privacy.consent import text
    from agent.privacy.vault import existing_vault

    settings, profile = _settings(arguments)
    if arguments.what == "withdraw":
        return _print(_person_says(settings, "withdraw"))
    enrolled = identity.load_enrolled(settings.state_dir, existing_vault(settings.state_dir, settings.key_store))
    wanted = decisions.grants(profile, enrolled.bundle.operator, arguments.signal)
    words = text(profile, wanted, settings.consent_days)
    if arguments.what == "show":
        _say(words)
        _say(decisions.consent_in_force(settings, profile))
        return 0
    if not decisions.confirm(words, "Do you agree?"):
        _say("Nothing was given.")
        return 1
    pin = decisions.ask_pin("Your PIN: ")
    return _print(decisions.give_consent(settings, profile, wanted, pin))


def _ask(name: str) -> Action:
    def action(arguments: argparse.Namespace) -> int:
        settings, _ = _settings(arguments)
        return _print(_person_says(settings, name))

    return action


def _person_says(settings: "Settings", name: str) -> "Reply":
    from agent import decisions

    return decisions.say(settings, name)


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
            _say(f"{proven.rows} rows, {receipted} receipted: the chain is whole and meets every receipt kept")
            for words in proven.breaks:
                _say(f"known break: {words}")
            return 0
        for row in ledger.rows(outbox, arguments.last or None):
            if arguments.json:
                print(json.dumps(ledger.as_json(row)))
            else:
                said = "; ".join(row.said) or "(words erased)"
                made = dt.datetime.fromtimestamp(row.made_utc_s, dt.UTC)
                print(f"{row.idx:>6}  {made:%Y-%m-%d %H:%M:%S} UTC  {row.bytes_sent} B  {row.state:<12} {said}")
    return 0


def _export(arguments: argparse.Namespace) -> int:
    from agent import decisions

    settings, _ = _settings(arguments)
    with _outbox_to_read(settings) as outbox:
        everything = decisions.everything_held(settings, outbox)
    print(json.dumps(everything, indent=2 if arguments.pretty else None))
    return 0


def _erase(arguments: argparse.Namespace) -> int:
    from agent import decisions

    settings, _ = _settings(arguments)
    what = "This forgets your history and every word of the ledger here, withdraws consent, and asks the hub to erase."
    if not arguments.yes and not decisions.confirm(what, "Erase everything?"):
        _say("Nothing was erased.")
        return 1
    return _print(_person_says(settings, "erase"))


def _outbox(arguments: argparse.Namespace) -> int:
    settings, _ = _settings(arguments)
    with _outbox_to_read(settings) as outbox:
        print(json.dumps({"rows": outbox.counts(), "waiting": outbox.waiting(), "unsettled": outbox.unsettled()}))
    return 0


def _hub(arguments: argparse.Namespace) -> int:
    from agent.errors import Missing

    try:
        from hub import cli
    except ModuleNotFoundError as error:
        raise Missing("the hub's parts are not installed", remedy="pip install 'wardbeat[hub]'") from error
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
        raise KeysMissing("there is no outbox here yet", remedy="'wardbeat run' makes it.")
    return Outbox(settings.state_dir / "outbox.db", existing_vault(settings.state_dir, settings.key_store), None)


def _print(reply: "Reply") -> int:
    _say(reply.words)
    if reply.remedy:
        _say(f"  → {reply.remedy}")
    return reply.exit_code


def _say(words: str) -> None:
    """For people: stderr, so that stdout holds data alone."""
    print(words, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
