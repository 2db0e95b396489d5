"""What each command of `wardbeat hub` does. Results go to stdout, messages for people to stderr."""

import argparse
import json
import signal
import sys
import threading
import time
from contextlib import closing
from dataclasses import asdict
from functools import partial
from typing import Final

from agent.errors import WrongUse
from agent.system import output
from agent.system.output import say
from agent.system.service_manager import ServiceManager
from agent.wire.armor import dearmor
from agent.wire.directory import fingerprint_words
from agent.wire.enroll import decode_bundle
from hub.commands_database import users_of_new_site

_REVOKED: Final = """\
Send the broker a SIGHUP: it reloads its list and refuses everyone on it. An open connection continues
until it ends (the hub refuses its messages); restart the broker to end it. After 'revoke hub' restart the hub."""


def init(arguments: argparse.Namespace) -> int:
    """Create a site's folder, and print the root key's eight words for comparison on the devices."""
    from hub.site import Site, init, open_keys

    folder = arguments.folder
    init(
        folder,
        Site(
            arguments.site,
            arguments.operator,
            arguments.host,
            arguments.port,
            arguments.synthetic,
            arguments.database,
        ),
    )
    keys = open_keys(folder)
    say(f"Created {folder}. The root key's eight words: {fingerprint_words(keys.value('root public'))}")
    keys.close()
    if arguments.database and not arguments.one_database_user:
        users_of_new_site(folder, arguments.database)
    say("Now copy root.key to an offline medium and delete it here. You need it again in a year.")
    say(f"Broker: mosquitto -c {folder}/broker/mosquitto.conf · Hub: wardbeat hub run {folder}")
    say(f"Next, while both run: wardbeat hub invite {folder}")
    return 0


def invite(arguments: argparse.Namespace) -> int:
    """Print a bundle that enrolls one device, and the words to compare; or show, or void, what is open."""
    from hub.keys.codes import CODE_DAYS, code_name
    from hub.keys.people import checked_label
    from hub.site import invite

    if arguments.list or arguments.void:
        return _invitations(arguments)
    if arguments.labels is not None:
        from hub.commands_people import invite_many

        return invite_many(arguments)
    label = checked_label(arguments.label) if arguments.label else ""
    text = invite(arguments.folder, label, at_once=arguments.in_person)
    output.show(text, end="")
    bundle = decode_bundle(dearmor("BUNDLE", text))
    say(f"Read out the bundle's eight words when the person asks: {bundle.words}")
    say(f"A machine with release 0.1.0 shows the root key's words instead: {fingerprint_words(bundle.root_public)}")
    name = code_name(bundle.code)
    if arguments.in_person:
        say("Whoever has this bundle first is enrolled: hand it over yourself, and send it nowhere.")
    say(f"It enrolls one device within {CODE_DAYS} days. To void it: wardbeat hub invite SITE --void {name}")
    return 0


def _invitations(arguments: argparse.Namespace) -> int:
    from hub.site import open_keys

    with closing(open_keys(arguments.folder)) as keys:
        if arguments.void:
            name = None if arguments.void == "all" else arguments.void
            if not keys.codes.void(name) and name is not None:
                raise WrongUse(f"no open bundle {name!r}", remedy="'wardbeat hub invite SITE --list' shows them.")
        for code in keys.codes.open_ones(int(time.time())):
            output.show(json.dumps(asdict(code)))
    return 0


def run(arguments: argparse.Namespace) -> int:
    """Receive and store until SIGINT or SIGTERM."""
    from hub.receive import Receiver

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    alive = ServiceManager().alive
    receiver = Receiver(arguments.folder, mqtt_version=arguments.mqtt, worker=arguments.worker, alive=alive)
    broker = f"{receiver.keys.value('host').decode()}:{receiver.keys.value('port').decode()}"
    receiver.run(stop, ready=lambda: say(f"The hub runs; its broker is {broker}."))
    return 0


def stops_by_signal() -> threading.Event:
    """An event that SIGINT and SIGTERM set."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def score(arguments: argparse.Namespace) -> int:
    """Score until SIGINT or SIGTERM."""
    from hub.process_state import SignOfLife
    from hub.scoring.scorer import Part, score_folder

    stop = stops_by_signal()
    part = Part.parsed(arguments.part)
    name = "score" if part.of == 1 else f"score-{part.number + 1}"
    sign = SignOfLife(arguments.folder, name, ServiceManager().alive)
    ready = partial(say, "The scorer runs.")
    score_folder(arguments.folder, part, stop, alive=sign.alive, clear=sign.clear, ready=ready)
    sign.end()
    return 0


def rotate(arguments: argparse.Namespace) -> int:
    """Create new keys and sign a new directory."""
    from hub.rotation import rotate
    from hub.site import read_root

    root = None if arguments.root is None else read_root(arguments.root)
    version = rotate(arguments.folder, root, receipt=arguments.receipt, stolen=arguments.stolen)
    say(f"Directory {version} is signed; a running hub publishes it within seconds.")
    return 0


def revoke(arguments: argparse.Namespace) -> int:
    """Refuse a device, or replace the hub's own certificate."""
    from hub.site import revoke

    revoke(arguments.folder, arguments.device)
    say(f"{arguments.device} is revoked. {_REVOKED}")
    return 0


def erase(arguments: argparse.Namespace) -> int:
    """Erase a lost machine's data by the request on stdin; print the signed receipt."""
    from hub.erase_by_code import erase_lost
    from hub.site import revoke

    device, receipt = erase_lost(arguments.folder, sys.stdin.read())
    output.show(receipt, end="")
    say("Erased. Give the receipt (on stdout) to the person.")
    revoke(arguments.folder, device)  # last: it needs the CA's key, which may be kept elsewhere
    say(f"{device} is revoked. {_REVOKED}")
    return 0


def backup(arguments: argparse.Namespace) -> int:
    """Copy the database, or seal the keys, into a new file; print its path."""
    from hub.backup import back_up_data, back_up_keys

    if arguments.keys:
        file = back_up_keys(arguments.folder, arguments.into, arguments.keep_days)
        say(f"Wrote {file}. Keep it apart from the data, and destroy it within {arguments.keep_days} days.")
    else:
        file = back_up_data(arguments.folder, arguments.into)
        say(f"Wrote {file}. Its values can be opened only with the keys, which it does not contain.")
    output.show(str(file))
    return 0


def restore(arguments: argparse.Namespace) -> int:
    """Restore a keys file, and a data file if given, into an empty folder."""
    from hub.backup import restore
    from hub.site import read_root

    root = read_root(arguments.root)
    files = restore(arguments.folder, root, arguments.keys, arguments.data, int(time.time()))
    say(f"Restored: {', '.join(files)}, with a new directory key. Start the hub and the broker from here.")
    say("Admit again all devices that were admitted since the backup, with new bundles: the open ones are void.")
    say("Check 'hub show --devices', and revoke again every device that was revoked since the backup.")
    return 0


def adopt(arguments: argparse.Namespace) -> int:
    """Let a moved folder, or a copy of a lost one, take the database over."""
    from hub.site import adopt

    adopt(arguments.folder)
    say("At its next start this folder takes the database over; the folder that worked with it before is then refused.")
    say("Devices send again the rows whose keys are not here. Stop the other hub first.")
    return 0


def export(arguments: argparse.Namespace) -> int:
    """Write an export; print its manifest."""
    from hub.export.folder import Asked, export
    from hub.site import open_keys
    from hub.store import Role, Store

    asked = Asked(arguments.study, tuple(arguments.purpose or ("research",)), arguments.to)
    asked.check()
    with closing(open_keys(arguments.folder)) as keys, Store(arguments.folder, keys, Role.EXPORT) as store:
        manifest = export(keys, store, arguments.into, asked, int(time.time()))
    output.show(json.dumps(manifest))
    say(f"Wrote {arguments.into}: {manifest['people']} people. dictionary.csv explains every column.")
    return 0
