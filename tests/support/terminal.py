"""Commands as a person types them: in a real terminal (pty), or without one."""

import os
import pty
import select
import subprocess
import sys
import time

from tests.support.machine import within_s

WARDBEAT = [sys.executable, "-m", "agent.cli"]


def call(*words, **options):
    """A command without a terminal."""
    return subprocess.run(
        [*WARDBEAT, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=within_s(60),
        start_new_session=True,
        check=False,
        **options,
    )


def on_terminal(*words, typed: list[tuple[str, str]], env=None) -> tuple[int, str]:
    """Run a command on a new terminal; type each answer when its question appears."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(WARDBEAT[0], [*WARDBEAT, *map(str, words)], {**os.environ, **(env or {})})
    seen, answers = "", list(typed)
    until = time.monotonic() + within_s(60)
    while time.monotonic() < until:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                chunk = os.read(terminal, 4096)
            except OSError:
                break
            if not chunk:
                break
            seen += chunk.decode()
        if answers and answers[0][0] in seen.split("\0")[-1]:
            time.sleep(0.1)  # getpass empties the line before it reads
            os.write(terminal, answers.pop(0)[1].encode() + b"\n")
            seen += "\0"
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen.replace("\0", "")
