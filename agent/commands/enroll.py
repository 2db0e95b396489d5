"""`wardbeat enroll`: keys made from a bundle, the request sent, and the answer taken over."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent.system.output import say, show

if TYPE_CHECKING:
    from agent.config import Settings

_COMPARE: Final = """\
Ask the hub's operator to read out the eight words of this bundle: by voice, not by the way that brought the
file. This machine reads:"""
_WAIT: Final = """\
The request is on its way to {operator}. Read these eight words out when you are asked for them:

    {words}

Waiting until this machine is admitted. You may stop with Ctrl-C; 'wardbeat enroll' goes on waiting later."""
_BY_HAND: Final = (
    "Give the request (on stdout) to the hub's operator. When you have the answer, run: wardbeat enroll ANSWER"
)
_SILENT_AFTER: Final = 4  # questions: some sixteen seconds
_NEXT: Final = "Next: your strap ('wardbeat scan --bind'), then 'wardbeat consent show'."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("paper", type=Path, nargs="?", metavar="BUNDLE|ANSWER", help="none: wait for the answer again")
    parser.add_argument("--replace", action="store_true", help="destroy the keys of the earlier enrollment")
    parser.add_argument("--by-hand", action="store_true", help="print the request, and send nothing")


def run(arguments: argparse.Namespace) -> int:
    """`wardbeat enroll`: with a bundle the request and its answer, with an answer the end, else wait again."""
    from agent import config
    from agent.enrollment import steps
    from agent.wire.armor import dearmor

    settings, _ = config.load(arguments.config)
    if arguments.paper is None:
        return _send(settings)
    text = _read(arguments.paper)
    if "BEGIN WARDBEAT ANSWER" in text:
        enrolled = steps.finish_enrollment(settings, dearmor("ANSWER", text))
        say(f"Enrolled at {enrolled.bundle.operator}. {_NEXT}")
        return 0
    return _begin(arguments, settings, text)


def _read(paper: Path) -> str:
    from agent.errors import WrongUse
    from agent.wire import paper_codes

    try:
        text = paper.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise WrongUse(f"{paper} cannot be read: {error.strerror}", remedy="Check the file name.") from error
    return paper_codes.read_papers(text)  # codes are scanned from a card


def _begin(arguments: argparse.Namespace, settings: "Settings", text: str) -> int:
    """Compare the bundle's words, make the keys and send the request, or print it."""
    from agent.commands import terminal
    from agent.enrollment import identity, steps
    from agent.errors import CheckFailed, WrongUse
    from agent.privacy.vault import existing_vault
    from agent.system.terminal import ask_agreement
    from agent.wire.armor import armor, dearmor, holds
    from agent.wire.bootstrap import decode_pass
    from agent.wire.enroll import verified_request

    paper = dearmor("BUNDLE", text)
    bundle = identity.read_bundle(paper)
    pass_ = dearmor("PASS", text) if holds("PASS", text) else None
    if pass_ is not None:
        decode_pass(pass_)  # a damaged one is named before any key is made
    say(f"Site {bundle.site} of {bundle.operator}; broker {bundle.host}:{bundle.port}")
    if identity.exists(settings.state_dir) and not arguments.replace:
        raise WrongUse(
            "this machine is already enrolled", remedy="To start over, add --replace; the old keys are destroyed."
        )
    words = f"{_COMPARE}\n\n    {bundle.words}\n"
    if not ask_agreement(words, "Do they agree?"):
        raise CheckFailed(
            "the words do not agree, or were not compared; nothing was made",
            remedy="Somebody may have changed the bundle: ask the operator for another one, by another way.",
        )
    pin = terminal.ask_pin("Choose a PIN that only you know (6 characters or more, not a date):  ", twice=True)
    request = steps.begin_enrollment(settings, paper, pin, replace_old=arguments.replace, pass_=pass_)
    vault = existing_vault(settings.state_dir, settings.key_store)
    terminal.show_code(identity.recovery_code(settings.state_dir, pin, vault))
    if pass_ is not None and not arguments.by_hand and (code := _sent(settings)) is not None:
        return code
    show(armor("REQUEST", request), end="")
    say(f"The request's eight words, for the operator to compare: {verified_request(request).words}")
    say(_BY_HAND)
    return 0


class _Patience:
    """Waits on, and says once that the hub is silent."""

    def __init__(self) -> None:
        self._asked = 0

    def __call__(self, is_heard: bool) -> bool:  # noqa: FBT001 - `Way.answer` calls it so
        self._asked += 1
        if self._asked == _SILENT_AFTER and not is_heard:
            say("The hub has not replied yet. It may be stopped, or your bundle may have ended: ask its operator.")
        return True


def _sent(settings: "Settings") -> int | None:
    """`_send`; None where the broker cannot be used, and the request is to be carried by hand."""
    from agent.errors import Missing

    try:
        return _send(settings)
    except Missing as error:
        say(f"The request cannot be sent: {error}. 'wardbeat enroll' tries again, or carry it by hand:")
        return None


def _send(settings: "Settings") -> int:
    """Send the request through the broker, wait for the answer and take it over."""
    from agent.enrollment import steps
    from agent.errors import CheckFailed, WireRefused, WrongUse
    from agent.publisher.enrolling import Way
    from agent.wire.enroll import verified_request

    begun = steps.begun_enrollment(settings)
    if begun is None:
        raise WrongUse("no request waits for an answer", remedy="Run 'wardbeat enroll BUNDLE' with a bundle first.")
    bundle, request = begun.bundle, begun.request
    try:
        with Way(settings.state_dir, bundle, begun.pass_, settings.mqtt.version) as way:
            say(_WAIT.format(operator=bundle.operator, words=verified_request(request).words))
            answer = way.answer(request, _Patience())
            try:
                enrolled = steps.finish_enrollment(settings, answer or b"")
            except WireRefused as refused:
                way.object_to(request, refused.reason)
                raise
    except KeyboardInterrupt:
        say("Stopped waiting. Run 'wardbeat enroll' to go on, or 'wardbeat enroll ANSWER' with an answer by hand.")
        return 130
    except WireRefused as refused:
        raise CheckFailed(
            f"this machine was not enrolled ({refused.reason}): {refused}",
            remedy="Tell the hub's operator: somebody may have used your bundle. Ask for another one.",
        ) from refused
    say(f"Enrolled at {enrolled.bundle.operator}. {_NEXT}")
    return 0
