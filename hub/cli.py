"""`wardbeat hub init | invite | admit | run | show`."""

import argparse
import json
import logging
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from agent.errors import WireRefused, WrongUse
from agent.wire.directory import fingerprint_words


def main(argv: Sequence[str]) -> int:
    """Run one hub command; returns its exit code."""
    arguments = _parser().parse_args(argv)
    logging.getLogger().setLevel(logging.INFO)
    return int(arguments.action(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="wardbeat hub", description="The reference receiver.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    init = commands.add_parser("init", help="make a site: keys, certificates, a broker's configuration")
    init.add_argument("folder", type=Path)
    init.add_argument("--site", required=True, help="name in topics: letters, digits, hyphens")
    init.add_argument("--operator", required=True, help="who receives, as people will read it")
    init.add_argument("--host", default="127.0.0.1", help="where devices find the broker (default 127.0.0.1)")
    init.add_argument("--port", type=int, default=8883, help="the broker's TLS port (default 8883)")
    init.add_argument("--synthetic", action="store_true", help="for trials with made-up persons only")
    init.set_defaults(action=_init)
    invite = commands.add_parser("invite", help="a bundle for one device, on stdout")
    invite.add_argument("folder", type=Path)
    invite.set_defaults(action=_invite)
    admit = commands.add_parser("admit", help="answer a device's request, on stdout")
    admit.add_argument("folder", type=Path)
    admit.add_argument("request", type=Path)
    admit.set_defaults(action=_admit)
    run = commands.add_parser("run", help="receive")
    run.add_argument("folder", type=Path)
    run.add_argument("--mqtt", type=int, choices=(3, 5), default=5, help="MQTT version, 3 for 3.1.1 (default 5)")
    run.set_defaults(action=_run)
    show = commands.add_parser("show", help="counts of what is stored, as JSON")
    show.add_argument("folder", type=Path)
    show.add_argument("--summaries", action="store_true", help="the stored windows instead, one a line")
    show.set_defaults(action=_show)
    return parser


def _init(arguments: argparse.Namespace) -> int:
    from hub.site import Site, init, open_keys

    init(
        arguments.folder,
        Site(arguments.site, arguments.operator, arguments.host, arguments.port, arguments.synthetic),
    )
    keys = open_keys(arguments.folder)
    _say(f"Made {arguments.folder}. The root key's eight words: {fingerprint_words(keys.value('root public'))}")
    keys.close()
    _say("Now copy root.key to an offline medium and delete it here; it is needed again in a year.")
    _say(
        f"Broker: mosquitto -c {arguments.folder}/broker/mosquitto.conf · Next: wardbeat hub invite {arguments.folder}"
    )
    return 0


def _invite(arguments: argparse.Namespace) -> int:
    from hub.site import invite

    print(invite(arguments.folder), end="")
    return 0


def _admit(arguments: argparse.Namespace) -> int:
    from hub.enroll import admit

    try:
        text = arguments.request.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUse(f"{arguments.request} cannot be read as a request") from error
    try:
        print(admit(arguments.folder, text), end="")
    except WireRefused as refused:
        raise WrongUse(f"the request was refused ({refused.reason}): {refused}") from refused
    return 0


def _run(arguments: argparse.Namespace) -> int:
    from hub.receive import Receiver

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    receiver = Receiver(arguments.folder, mqtt_version=arguments.mqtt)
    broker = f"{receiver.keys.value('host').decode()}:{receiver.keys.value('port').decode()}"
    receiver.run(stop, ready=lambda: _say(f"The hub runs; its broker is {broker}."))
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from hub.site import open_keys
    from hub.store import Store

    keys = open_keys(arguments.folder)
    with Store(arguments.folder, keys) as store:
        if arguments.summaries:
            for stored in store.summaries():
                values = {name: {"value": value, "n": n} for name, (value, n) in stored.features().items()}
                span = {"start_utc_s": stored.message.start_utc_s, "end_utc_s": stored.message.end_utc_s}
                print(json.dumps({"device_kid": stored.device.hex(), **span, "features": values}))
            return 0
        shown = {
            "site": keys.site,
            "operator": keys.operator,
            "synthetic": keys.synthetic,
            "devices": keys.device_count(),
            "directory_version": keys.version(),
            "store_id": store.store_id.hex(),
            "envelopes": len(store.settled()),
            "summaries": len(store.summaries()),
            "counters": store.counters(),
        }
    keys.close()
    print(json.dumps(shown))
    return 0


def _say(words: str) -> None:
    print(words, file=sys.stderr)
