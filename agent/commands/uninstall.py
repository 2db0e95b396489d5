"""`wardbeat uninstall`: stop the agent of this person; keep their data, or erase them here and at the hub first."""

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent.commands.loading import load, print_reply
from agent.system.output import say

if TYPE_CHECKING:
    from agent.config import Settings

_WAIT_S: Final = 900.0  # three slots: the wish leaves in the next one, and the hub answers within one more
_LOOK_S: Final = 1.0
_TELL_S: Final = 60.0
_QUESTION: Final = """\
This stops the agent, and it starts no more with your session. What is to become of your data?
  keep    they stay here, sealed; a later installation goes on with them
  erase   they are deleted here, the hub is asked to delete its copy, and this machine's keys are destroyed
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--keep", action="store_true", help="keep your data, and do not ask")
    what.add_argument("--erase", action="store_true", help="erase your data here and at the hub, and do not ask")
    parser.add_argument("--wait", type=float, default=_WAIT_S, metavar="SECONDS", help="for the hub's receipt")
    parser.add_argument(
        "--without-receipt", action="store_true", help="with erase: remove the folder before the hub has confirmed"
    )


def run(arguments: argparse.Namespace) -> int:
    from agent.errors import WrongUse

    settings, _ = load(arguments)
    folder = settings.state_dir
    erases = arguments.erase or (not arguments.keep and _wants_to_erase())
    if arguments.without_receipt and not erases:
        raise WrongUse("--without-receipt is for erasing", remedy="Run 'wardbeat uninstall --erase --without-receipt'.")
    receipt = _erased(arguments, settings) if erases and folder.exists() else None
    if erases and receipt is False:
        return 1
    _stop()
    if erases and folder.exists():
        _remove(folder, arguments.config)
    elif folder.exists():
        say(f"Your data stay in {folder}, sealed under a key of this machine.")
    _say_how_to_remove()
    return 0


def _wants_to_erase() -> bool:
    from agent.errors import WrongUse
    from agent.system.terminal import ask_line

    answer = ask_line(f"{_QUESTION}\nType keep or erase: ", "your decision").lower()
    if answer not in ("keep", "erase"):
        raise WrongUse("neither 'keep' nor 'erase' was typed", remedy="Nothing was changed. Start again.")
    return answer == "erase"


def _erased(arguments: argparse.Namespace, settings: "Settings") -> bool:
    """Erase here and ask the hub; whether its receipt is here, or nobody has to give one."""
    from agent.control import client
    from agent.enrollment import identity
    from agent.enrollment.departure import RECEIPT

    folder = settings.state_dir
    if not any((folder / name).exists() for name in ("data.key", "data.key.in-system-store")):
        return True  # nothing was ever kept here
    is_enrolled, began_s = identity.exists(folder), time.time()
    print_reply(client.carry_out(settings, "erase"))
    if not is_enrolled:
        return True
    wait_s = arguments.wait if _agent_runs(folder) and not arguments.without_receipt else 0.0
    if _waited(folder / RECEIPT, began_s, wait_s):
        say("The hub has deleted its copy, and signed a receipt.")
        return True
    if arguments.without_receipt:
        say("The hub has not confirmed. Its copy stays until it hears from you: use your recovery code.")
        return True
    say("The hub has not confirmed yet, so this machine keeps what it needs to ask it. Nothing else is left here.")
    say(
        "  → Let the agent run with a network, and run 'wardbeat uninstall --erase' again. If the hub is gone for good:"
    )
    say("    wardbeat uninstall --erase --without-receipt")
    return False


def _agent_runs(folder: Path) -> bool:
    from agent.control import channel
    from agent.errors import AgentBusy, NotRunning

    try:
        channel.ask(folder, channel.Command("status"))
    except NotRunning:
        return False
    except AgentBusy:
        return True
    return True


def _waited(receipt: Path, began_s: float, wait_s: float) -> bool:
    until_s, tell_s = time.monotonic() + wait_s, 0.0
    while not (receipt.exists() and receipt.stat().st_mtime >= began_s - 1):
        if time.monotonic() >= until_s:
            return False
        if time.monotonic() >= tell_s:
            say(f"Waiting for the hub's receipt, {max(0, until_s - time.monotonic()):.0f} s at most; Ctrl-C ends it.")
            tell_s = time.monotonic() + _TELL_S
        time.sleep(min(_LOOK_S, wait_s))
    return True


def _stop() -> None:
    """Stop the person's service where one is installed."""
    from agent.errors import Missing
    from agent.service import platforms

    try:
        manager = platforms.manager()
    except Missing:  # whose services we manage nowhere
        return
    try:
        manager.remove()
    except Missing as error:  # a session without a service manager has no service
        say(f"No service was removed: {error}")
        return
    say("The agent is stopped, and starts no more with your session.")


def _remove(folder: Path, config: Path | None) -> None:
    """Remove the state folder and the person's settings; the hub's receipt goes to their home folder."""
    from agent.config import default_file
    from agent.enrollment.departure import RECEIPT
    from agent.privacy import vault
    from agent.system import host, state_files

    with host.only_one(folder / "agent.lock"):  # an agent that somebody started by hand still works here
        if (folder / RECEIPT).exists():
            kept = Path.home() / "wardbeat-erase-receipt.txt"
            host.write_private(kept, (folder / RECEIPT).read_bytes())
            say(f"The hub's receipt is in {kept}.")
        vault.forget(folder)
    left = state_files.remove_all(folder)
    if left:
        say(f"These files in {folder} are not Wardbeat's, and were left: {', '.join(path.name for path in left)}")
    if config is None:
        default_file().unlink(missing_ok=True)
    say("Your data, your keys and your settings are gone from this machine.")


def _say_how_to_remove() -> None:
    from agent.system.installation import how_to_remove

    say(f"The program itself is still installed. {how_to_remove()}")
