"""The page without a terminal: the agent is started where it does not run, and errors stand in the browser."""

import argparse
import html
import time
import webbrowser
from pathlib import Path
from typing import Final

from agent.commands.loading import load
from agent.control import channel
from agent.errors import NotRunning, WardbeatError
from agent.system import host
from agent.system.browser import lead_in
from agent.system.output import say

FILE: Final = "open-failed.html"
_START_S: Final = 60.0  # as long as loading takes on a Raspberry Pi
_LOOK_S: Final = 0.3


def open_page(arguments: argparse.Namespace) -> int:
    """Open the page; what cannot be done is said in the browser. The exit code is that of the error.

    Args:
        arguments: Of the command; ``config`` is the settings file.
    """
    folder = host.data_dir()
    try:
        settings, _ = load(arguments)
        folder = settings.state_dir
        reply = _asked(folder)
    except WardbeatError as error:
        return _failed(folder, str(error), error.remedy, error.exit_code)
    if reply.exit_code:
        return _failed(folder, reply.words, reply.remedy, reply.exit_code)
    return lead_in(Path(reply.body))


def _asked(folder: Path) -> channel.Reply:
    """What the agent answers, once it runs.

    Raises:
        WardbeatError: It cannot be started, or did not answer.
    """
    try:
        return channel.ask(folder, channel.Command("open"))
    except NotRunning:
        from agent.service import platforms

        platforms.manager().start()
    until_s = time.monotonic() + _START_S
    while True:
        try:
            return channel.ask(folder, channel.Command("open"))
        except NotRunning:
            if time.monotonic() > until_s:
                raise
        time.sleep(_LOOK_S)


def _failed(folder: Path, words: str, remedy: str, code: int) -> int:
    say(f"wardbeat: {words}")
    if remedy:
        say(f"  → {remedy}")
    try:
        file = host.private_dir(folder) / FILE
        host.write_private(file, failure(words, remedy).encode())
        webbrowser.open(file.as_uri())
    except OSError:
        say("This could not be shown in a browser.")
    return code


def failure(words: str, remedy: str) -> str:
    """A page that says what could not be done; it loads and runs nothing.

    Args:
        words, remedy: Of the error.
    """
    sentences = [f"{one[:1].upper()}{one[1:].rstrip('.')}." for one in (words, remedy) if one]
    body = "".join(f"<p>{html.escape(one)}</p>" for one in sentences)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<title>Wardbeat</title><style>:root{color-scheme:light dark;font:1.125rem/1.5 system-ui,sans-serif}"
        "body{max-width:36rem;margin:3rem auto;padding:0 1rem}</style>"
        f"<h1>Your page could not be opened</h1>{body}</html>"
    )
