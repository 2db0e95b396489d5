"""The person's own browser, led in by a file that only they can read."""

from pathlib import Path

from agent.system.output import say, show


def lead_in(file: Path, *, only_print: bool = False, command: str = "wardbeat open") -> int:
    """Open the file in the person's browser, or name it where there is none.

    Args:
        file: That leads the browser in.
        only_print: Name it alone.
        command: What opens this page, for the words.
    """
    if not only_print:
        import webbrowser

        if webbrowser.open(file.as_uri()):
            say(f"Your page opens in your browser. If it does not, run: {command} --print")
            return 0
    if not only_print:
        say("No browser was found here.")
    say("Open this file in a browser on this machine, within 30 seconds; it works once:")
    show(str(file), flush=True)
    return 0
