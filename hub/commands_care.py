"""The care team: who may sign in, its view, and the log of its looks. Results on stdout, words on stderr."""

import argparse
import getpass
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from agent.errors import CheckFailed, Missing, WrongUse
from agent.system import host, output, terminal
from agent.system.output import say
from agent.system.service_manager import ServiceManager
from hub.command_row import Command, argument, switch

if TYPE_CHECKING:
    from hub.care.web.serve import Options
    from hub.store.looks import KeptLook

_LISTEN: Final = "127.0.0.1:8443"
_DAY_S: Final = 86_400
_DAYS_MOST: Final = 825
_TYPED_LEAST: Final = 12
_HAND_OVER: Final = """\
Hand the file and the passphrase over on two different ways. The passphrase is not kept anywhere: where it is lost,
revoke the member and add them again."""


def staff(arguments: argparse.Namespace) -> int:
    """Add, list or revoke members of the care team."""
    if arguments.action == "list":
        return _list(arguments.folder)
    if not arguments.name:
        raise WrongUse(f"'staff {arguments.action}' needs a name", remedy="Give it behind the folder.")
    return _add(arguments) if arguments.action == "add" else _revoke(arguments.folder, arguments.name)


def _add(arguments: argparse.Namespace) -> int:
    from hub.keys.staff import CERTIFICATE, OIDC, Member
    from hub.keys.staff_certificates import make_certificate
    from hub.site import open_keys

    if not arguments.role:
        raise WrongUse("a member needs a role", remedy="Give --role lead, member or reader.")
    if not 1 <= arguments.days <= _DAYS_MOST:
        raise WrongUse(f"--days {arguments.days} is out of range", remedy=f"Give 1 to {_DAYS_MOST}.")
    folder, now_utc_s = arguments.folder, int(time.time())
    with closing(open_keys(folder)) as keys, keys.exclusive():
        name = keys.staff.check_new(arguments.name, arguments.role, now_utc_s)
        if arguments.oidc is not None:
            credential, until_utc_s = _account(folder, arguments.oidc), now_utc_s + arguments.days * _DAY_S
            keys.staff.add(Member(credential, OIDC, name, arguments.role, now_utc_s, until_utc_s))
            output.show(json.dumps({"name": name, "role": arguments.role, "until_utc_s": until_utc_s}))
            return 0
        passphrase, is_typed = _passphrase(typed=arguments.typed)
        made = make_certificate(folder, name, arguments.days, passphrase)
        file = arguments.into or Path(f"wardbeat-{made.fingerprint[:8]}.p12")
        if file.exists():
            raise WrongUse(f"{file} already exists", remedy="Choose another name; nothing is overwritten.")
        if not file.parent.is_dir():
            raise WrongUse(f"there is no folder {file.parent}", remedy="Make it first, or choose another one.")
        host.write_private(file, made.p12)
        keys.staff.add(Member(made.fingerprint, CERTIFICATE, name, arguments.role, now_utc_s, made.until_utc_s))
    shown = {"name": name, "role": arguments.role, "until_utc_s": made.until_utc_s, "file": str(file)}
    output.show(json.dumps(shown))
    if not is_typed:
        say(f"Passphrase, shown once: {passphrase}")
    say(f"Wrote {file}: {name} imports it into the browser. {_HAND_OVER}")
    return 0


def _account(folder: Path, subject: str) -> str:
    from hub.care.oidc import FILE, load_settings
    from hub.keys.staff import account

    settings = load_settings(folder)
    if settings is None:
        raise WrongUse(f"this site has no OpenID provider: {FILE} is missing", remedy="See docs/care.md.")
    return account(settings.issuer, subject)


def _passphrase(*, typed: bool) -> tuple[str, bool]:
    from hub.keys.staff_certificates import new_passphrase

    if not typed:
        return new_passphrase(), False
    with terminal.opened("w", "a passphrase"):  # getpass would fall back to a pipe
        passphrase = getpass.getpass("Passphrase for the file: ")
        if getpass.getpass("Repeat it: ") != passphrase:
            raise WrongUse("the two passphrases are different", remedy="Start again.")
    if len(passphrase) < _TYPED_LEAST:
        raise WrongUse("this passphrase is too short", remedy=f"Use {_TYPED_LEAST} characters or more.")
    return passphrase, True


def _list(folder: Path) -> int:
    from hub.site import open_keys
    from hub.views.utc import moment_text

    now_utc_s = int(time.time())
    with closing(open_keys(folder)) as keys:
        every = keys.staff.all()
    rows = [
        {
            "name": one.name,
            "role": one.role,
            "kind": one.kind,
            "state": one.state(now_utc_s),
            "added_utc_s": one.added_utc_s,
            "until_utc_s": one.until_utc_s,
            "credential": one.credential,
        }
        for one in every
    ]
    titles = {key: key for key in ("name", "role", "kind", "state")}
    _show(rows, {**titles, "until": "until_utc_s"}, lambda until_utc_s: moment_text(until_utc_s)[:10])
    return 0


def _show(rows: Iterable[dict[str, Any]], titles: Mapping[str, str], moment: Callable[[int], str]) -> None:
    """A table in a terminal, else a JSON line each.

    Args:
        rows: All of it.
        titles: Column to key; a key that ends in ``utc_s`` is shown as a moment.
        moment: Its words.
    """
    from hub.views.table import lines

    if not sys.stdout.isatty():
        for row in rows:
            output.show(json.dumps(row))
        return

    def column(key: str) -> Callable[[dict[str, Any]], str]:
        return lambda row: moment(row[key]) if key.endswith("utc_s") else str(row[key])

    columns = [(title, column(key)) for title, key in titles.items()]
    for line in lines(rows, columns, shutil.get_terminal_size().columns):
        output.show(line)


def _revoke(folder: Path, name: str) -> int:
    from hub.keys.staff import checked_name
    from hub.site import open_keys
    from hub.store import Store

    now_utc_s, wanted = int(time.time()), checked_name(name).casefold()
    with closing(open_keys(folder)) as keys:
        named = [one for one in keys.staff.all() if one.name.casefold() == wanted]
        found = [one for one in named if not one.revoked_utc_s]
        if not found:
            words = f"{name!r} is revoked already" if named else f"no member {name!r} is here"
            raise WrongUse(words, remedy="'wardbeat hub staff list SITE' shows every member.")
        keys.staff.revoke([one.credential for one in found], now_utc_s)
        try:
            with Store(folder, keys) as store:
                store.mirror()
        except Missing as error:
            say(f"The database does not know it yet ({error}); 'hub run' writes it there at its next start.")
    say(f"{name} is revoked: the care view answers none of their requests from now on.")
    return 0


def view(arguments: argparse.Namespace) -> int:
    """Serve the care view until SIGINT or SIGTERM."""
    if not arguments.care:
        raise WrongUse("which view?", remedy="Give --care.")
    from hub.care.pages import ACTIONS, PAGES
    from hub.care.pages.frame import STATIC
    from hub.care.web.app import Site
    from hub.care.web.serve import Life, Options, serve_folder
    from hub.process_state import SignOfLife
    from hub.site import open_keys

    options = Options.parsed(arguments.listen, arguments.certificate, arguments.key)
    if arguments.prepare:
        return _prepare(arguments.folder, options)
    site = Site(PAGES, ACTIONS, STATIC)
    open_keys(arguments.folder).close()  # without a hub here no file is made
    sign = SignOfLife(arguments.folder, "care", (manager := ServiceManager()).alive)

    def alive() -> None:
        sign.clear()
        sign.alive()

    life = Life(alive, manager.every_s)
    serve_folder(arguments.folder, options, site, life, lambda where: say(f"The care view is at {where}."))
    sign.end()
    manager.stopping()
    return 0


def _prepare(folder: Path, options: "Options") -> int:
    """Issue what the view needs of the hub's CA, as the user who may read its key."""
    from hub.care.web.serve import name_of
    from hub.care.web.tls import own_certificate
    from hub.keys.staff_certificates import ca_file
    from hub.site import open_keys

    with closing(open_keys(folder)) as keys:
        certificate, _ = own_certificate(folder, name_of(options, keys))
    ca_file(folder)
    say(f"{certificate} is ready. The view asks for this again 60 days before it ends.")
    return 0


def looks(arguments: argparse.Namespace) -> int:
    """List every look, or verify the log."""
    from hub.care.looks import faults, named_looks
    from hub.site import open_keys
    from hub.store import Role, Store
    from hub.views.utc import moment_text

    with closing(open_keys(arguments.folder)) as keys, Store(arguments.folder, keys, Role.SHOW) as store:
        if not arguments.check:
            titles = {"n": "n", "when (UTC)": "at_utc_s", "who": "who", "role": "role", "view": "view"}
            rows = (_look(device_name, row) for device_name, row in named_looks(store, keys))
            _show(rows, {**titles, "device": "device", "its look": "number"}, moment_text)
            return 0
        found = list(faults(store, keys))
        count = keys.generations.look_head()[0]
    for fault in found:
        say(fault)
    if found:
        raise CheckFailed(
            f"the log of looks is not whole: {len(found)} {'fault' if len(found) == 1 else 'faults'}",
            remedy="Compare it with a backup, and with what people have in 'wardbeat looks'.",
        )
    say(f"The log of looks is whole: {count} {'look' if count == 1 else 'looks'}.")
    return 0


def _look(device_name: str, row: "KeptLook") -> dict[str, Any]:
    look = {"n": row.n, "at_utc_s": row.look.at_utc_s, "who": row.look.who, "role": row.look.role}
    return {**look, "view": row.look.view, "device": device_name, "number": row.look.number}


ROWS: Final = (
    Command(
        "staff",
        "add, list or revoke members of the care team",
        staff,
        (
            argument("name", nargs="?", help="of the member, as people read it in their list of looks"),
            argument("--role", choices=("lead", "member", "reader"), help="what they may do"),
            argument("--days", type=int, default=365, help="until the certificate or account ends (default 365)"),
            argument("--into", type=Path, metavar="FILE", help="new PKCS#12 file with key and certificate"),
            switch("--typed", "ask for the file's passphrase, instead of making one"),
            argument("--oidc", metavar="SUBJECT", help="no certificate: this account at the site's OpenID provider"),
        ),
        (argument("action", choices=("add", "list", "revoke"), help="what to do"),),
    ),
    Command(
        "view",
        "serve the care team's view of people who consented to it",
        view,
        (
            switch("--care", "the care team's view"),
            argument("--listen", default=_LISTEN, metavar="HOST:PORT", help=f"address (default {_LISTEN})"),
            argument("--certificate", type=Path, metavar="FILE", help="the site's own certificate of the server, PEM"),
            argument("--key", type=Path, metavar="FILE", help="its key, PEM"),
            switch("--prepare", "issue the view's certificate by the hub's CA, and end"),
        ),
    ),
    Command(
        "looks",
        "print every look of the care team at a person's values, or verify that none is missing",
        looks,
        (switch("--check", "verify the log's chains and its end"),),
    ),
)
