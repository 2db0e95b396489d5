"""`wardbeat hub admit`: a request as a file, or one that came through the broker."""

import argparse
import datetime as dt
import json
import sys
from contextlib import closing
from typing import Any, Final

from agent.errors import CheckFailed, WireRefused, WrongUse
from agent.system import output
from agent.system.output import say
from agent.system.terminal import ask_agreement
from agent.wire import spoken
from agent.wire.armor import dearmor
from agent.wire.enroll import verified_request

_COMPARE: Final = "Ask the person, by voice, for the eight words that 'wardbeat enroll' printed with the request."


def admit(arguments: argparse.Namespace) -> int:
    """Admit a device once the words of its request were compared; without a request, list those that wait."""
    if arguments.pending is not None:
        if arguments.request is not None:
            raise WrongUse("--pending takes no file", remedy="Name a request of the list, or a file without --pending.")
        return _admit_pending(arguments) if arguments.pending else _list_pending(arguments)
    if arguments.request is None:
        raise WrongUse("no request", remedy="Name its file, or use --pending for those that came through the broker.")
    return _admit_file(arguments)


def _admit_file(arguments: argparse.Namespace) -> int:
    from hub.enroll import admit

    try:
        text = arguments.request.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUse(
            f"{arguments.request} is not a readable request", remedy="Use the file that 'wardbeat enroll' printed."
        ) from error
    try:
        _compare(verified_request(dearmor("REQUEST", text)).words, arguments)
        output.show(admit(arguments.folder, text), end="")
    except WireRefused as refused:
        raise _refused(refused) from refused
    return 0


def _list_pending(arguments: argparse.Namespace) -> int:
    from hub.site import open_keys
    from hub.views.table import lines

    with closing(open_keys(arguments.folder)) as keys:
        rows = [_row(waiting) for waiting in keys.waiting.all()]
    if sys.stdout.isatty():
        for line in lines(rows, None, 120):
            output.show(line)
        say("Ask each person for the eight words, by voice. Then: wardbeat hub admit SITE --pending NAME")
        return 0
    for row in rows:
        output.show(json.dumps(row))
    return 0


def _row(waiting: Any) -> dict[str, Any]:
    return {
        "name": waiting.name,
        "label": waiting.label or None,
        "came_utc": dt.datetime.fromtimestamp(waiting.came_utc_s, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "state": waiting.state,
        "trouble": waiting.trouble or None,
        "other_requests_for_this_bundle": waiting.others,
        "words": verified_request(waiting.paper).words,
    }


def _admit_pending(arguments: argparse.Namespace) -> int:
    from hub.enroll import admit_paper
    from hub.site import open_keys

    with closing(open_keys(arguments.folder)) as keys:
        found = [waiting for waiting in keys.waiting.all() if waiting.name == arguments.pending]
        if not found:
            raise WrongUse(
                f"no request {arguments.pending!r} waits here", remedy="'wardbeat hub admit SITE --pending' lists them."
            )
        waiting = found[0]
        if waiting.others:
            say(f"{waiting.others} other requests name the same bundle: somebody may have copied it.")
        try:
            _compare(verified_request(waiting.paper).words, arguments)
        except WireRefused as refused:  # of the words that were typed
            raise _refused(refused) from refused
        try:
            admit_paper(arguments.folder, keys, waiting.paper)
        except WireRefused as refused:
            keys.waiting.refuse(waiting.paper, refused.reason)
            raise _refused(refused) from refused
    say("Admitted. The machine fetches its answer itself, within half a minute while it waits.")
    return 0


def _refused(refused: WireRefused) -> WrongUse:
    return WrongUse(
        f"the request was refused ({refused.reason}): {refused}",
        remedy="Nothing was changed. Ask for a new request.",
    )


def _compare(words: str, arguments: argparse.Namespace) -> None:
    """The person's words against the request's: whoever copied a bundle sends a request of his own."""
    say(f"The request's eight words: {words}")
    if arguments.yes:
        return
    if arguments.words is None:
        agree = ask_agreement(_COMPARE, "Do they agree?", "a yes, or --words 'EIGHT WORDS',")
    else:
        agree = spoken.heard(arguments.words) == spoken.heard(words)
    if not agree:
        raise CheckFailed(
            "the words do not agree; nobody was admitted",
            remedy="Somebody else may use this bundle: void it with 'hub invite SITE --void', and invite again.",
        )
