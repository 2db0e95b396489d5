"""`wardbeat hub init | invite | admit | run | show | rotate | revoke | erase | backup | restore`."""

import argparse
import json
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from agent.errors import WireRefused, WrongUse
from agent.wire.directory import fingerprint_words


def main(argv: Sequence[str]) -> int:
    """Run one hub command; returns its exit code."""
    arguments = _parser().parse_args(argv)
    logging.getLogger().setLevel(logging.INFO)
    return int(arguments.action(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="wardbeat hub", description="Run and manage the reference receiver.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, action: Callable[[argparse.Namespace], int], words: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=words)
        command.add_argument("folder", type=Path)
        command.set_defaults(action=action)
        return command

    init = add("init", _init, "create a site: keys, certificates, broker configuration")
    init.add_argument("--site", required=True, help="site name in topics: letters, digits, hyphens")
    init.add_argument("--operator", required=True, help="name of the recipient, as people will read it")
    init.add_argument("--host", default="127.0.0.1", help="host name of the broker for devices (default 127.0.0.1)")
    init.add_argument("--port", type=int, default=8883, help="TLS port of the broker (default 8883)")
    init.add_argument("--database", default="", metavar="URL", help="address of PostgreSQL (default: SQLite in FOLDER)")
    init.add_argument("--synthetic", action="store_true", help="only for trials with synthetic persons")
    add("invite", _invite, "print a bundle for one device")
    admit = add("admit", _admit, "print the answer to a device's request")
    admit.add_argument("request", type=Path)
    run = add("run", _run, "receive and store envelopes")
    run.add_argument("--worker", type=int, default=1, help="number of this process; PostgreSQL allows several")
    run.add_argument("--mqtt", type=int, choices=(3, 5), default=5, help="MQTT version, 3 for 3.1.1 (default 5)")
    rotate = add("rotate", _rotate, "create new keys and a new directory; a running hub publishes it")
    rotate.add_argument(
        "--receipt", action="store_true", help="create a new receipt key; the earlier ones stay trusted"
    )
    rotate.add_argument("--stolen", action="store_true", help="with --receipt: no longer trust the old one")
    rotate.add_argument("--root", type=Path, help="path of root.key; creates a new directory key, once a year")
    revoke = add("revoke", _revoke, "stop trusting a device, and end its access to the broker")
    revoke.add_argument(
        "device",
        help="its random name, from 'hub show --devices' or its 'wardbeat status'; or 'hub' for the hub's own",
    )
    add("erase", _erase, "read a lost machine's ERASURE request (stdin), print the signed receipt")
    backup = add("backup", _backup, "back up the database (SQLite) or, with --keys, the keys")
    backup.add_argument("into", type=Path)
    backup.add_argument(
        "--keys", action="store_true", help="back up keys, certificates and broker files; opens with root.key"
    )
    backup.add_argument(
        "--keep-days", type=int, default=30, help="days until a keys file must be destroyed (default 30)"
    )
    restore = add("restore", _restore, "restore a keys file and a data file into an empty folder")
    restore.add_argument("keys", type=Path)
    restore.add_argument("data", type=Path, nargs="?")
    restore.add_argument("--root", type=Path, required=True, help="path of the site's root.key")
    show = add("show", _show, "print counts of the stored data as JSON")
    show.add_argument("--devices", action="store_true", help="print the admitted devices instead, one per line")
    show.add_argument("--summaries", action="store_true", help="print the stored windows instead, one per line")
    return parser


def _init(arguments: argparse.Namespace) -> int:
    from hub.site import Site, init, open_keys

    init(
        arguments.folder,
        Site(
            arguments.site,
            arguments.operator,
            arguments.host,
            arguments.port,
            arguments.synthetic,
            arguments.database,
        ),
    )
    keys = open_keys(arguments.folder)
    _say(f"Created {arguments.folder}. The root key's eight words: {fingerprint_words(keys.value('root public'))}")
    keys.close()
    _say("Now copy root.key to an offline medium and delete it here. You need it again in a year.")
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
        raise WrongUse(f"{arguments.request} is not a readable request") from error
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
    receiver = Receiver(arguments.folder, mqtt_version=arguments.mqtt, worker=arguments.worker)
    broker = f"{receiver.keys.value('host').decode()}:{receiver.keys.value('port').decode()}"
    receiver.run(stop, ready=lambda: _say(f"The hub runs; its broker is {broker}."))
    return 0


def _rotate(arguments: argparse.Namespace) -> int:
    from hub.rotation import rotate
    from hub.site import read_root

    root = None if arguments.root is None else read_root(arguments.root)
    version = rotate(arguments.folder, root, receipt=arguments.receipt, stolen=arguments.stolen)
    _say(f"Directory {version} is signed; a running hub publishes it within seconds.")
    return 0


_REVOKED = """\
Send the broker a SIGHUP: it reloads its list and refuses everyone on it. An open connection continues
until it ends (the hub refuses its messages); restart the broker to end it. After 'revoke hub' restart the hub."""


def _revoke(arguments: argparse.Namespace) -> int:
    from hub.site import revoke

    revoke(arguments.folder, arguments.device)
    _say(f"{arguments.device} is revoked. {_REVOKED}")
    return 0


def _erase(arguments: argparse.Namespace) -> int:
    from hub.erase_by_code import erase_lost
    from hub.site import revoke

    device, receipt = erase_lost(arguments.folder, sys.stdin.read())
    print(receipt, end="")
    _say("Erased. Give the receipt (on stdout) to the person.")
    revoke(arguments.folder, device)  # last: it needs the CA's key, which may be kept elsewhere
    _say(f"{device} is revoked. {_REVOKED}")
    return 0


def _backup(arguments: argparse.Namespace) -> int:
    from hub import backup

    if arguments.keys:
        file = backup.back_up_keys(arguments.folder, arguments.into, arguments.keep_days)
        _say(f"Wrote {file}. Keep it apart from the data, and destroy it within {arguments.keep_days} days.")
    else:
        file = backup.back_up_data(arguments.folder, arguments.into)
        _say(f"Wrote {file}. Its values can be opened only with the keys, which it does not contain.")
    print(file)
    return 0


def _restore(arguments: argparse.Namespace) -> int:
    from hub import backup
    from hub.site import read_root

    root = read_root(arguments.root)
    made = backup.restore(arguments.folder, root, arguments.keys, arguments.data, int(time.time()))
    _say(f"Restored: {', '.join(made)}, with a new directory key. Start the hub and the broker from here.")
    _say("Admit again all devices that were admitted since the backup.")
    _say("Check 'hub show --devices', and revoke again every device that was revoked since the backup.")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from hub.rotation import days_of_certificate
    from hub.site import open_keys
    from hub.store import Store

    keys = open_keys(arguments.folder)
    if arguments.devices:
        for device in keys.devices.all():
            print(json.dumps({"device": device.device, "kid": device.kid.hex(), "revoked": device.revoked}))
        return 0
    with Store(arguments.folder, keys) as store:
        if arguments.summaries:
            for stored in store.summaries():
                values = {name: {"value": value, "n": n} for name, (value, n) in stored.features().items()}
                span = {"start_utc_s": stored.message.start_utc_s, "end_utc_s": stored.message.end_utc_s}
                whose = keys.devices.of(stored.device)
                name = None if whose is None else whose.device
                print(json.dumps({"device": name, "device_kid": stored.device.hex(), **span, "features": values}))
            return 0
        shown = {
            "site": keys.site,
            "operator": keys.operator,
            "synthetic": keys.synthetic,
            "devices": keys.devices.count(),
            "directory_version": keys.version(),
            "directory_key_days_left": days_of_certificate(keys, int(time.time())),
            "store_id": store.store_id.hex(),
            "envelopes": store.settled_count(),
            "summaries": len(store.summaries()),
            "counters": store.counters(),
        }
    keys.close()
    print(json.dumps(shown))
    return 0


def _say(words: str) -> None:
    print(words, file=sys.stderr)
