"""`make test-wine`: what of the installer and the agent for Windows runs under wine, as a table.

    wine_trial.py INTO

Wine is not Windows: a row that runs here is likely to run there, and one that fails may fail for wine's own reasons.
What is known to fail here is named as that, with its reason. Exits with 1 where anything else fails.
"""

import contextlib
import json
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import build
import wine_math
import wix
from wine import PYTHON, Wine

_START = r"C:\Program Files\Wardbeat\wardbeat.py"
_LIB = r"C:\Program Files\Wardbeat\lib"
_KEY = r"HKLM\SOFTWARE\Python\PythonCore\3.13\InstallPath"
_POLICY = r"HKLM\Software\Policies\Wardbeat"
_MSI = r"C:\wardbeat.msi"
_PATIENCE_S = 60.0
_QUESTIONS = 8  # that pipe_probe.py puts
_HPKE = (
    "from agent.wire.keys import SUITE, ReceiveKey, receive_public; key = ReceiveKey.of(bytes(32)); "
    "assert key.open(SUITE.encrypt(b'x', receive_public(key.public), info=b'i'), b'i') == b'x'"
)
_SPECTRUM = "import numpy as np; assert abs(np.fft.rfft(np.sin(2 * np.pi * 8 * np.arange(64) / 64))).argmax() == 8"
_DATABASE = (
    "import sqlite3; assert sqlite3.connect('C:/t.db').execute('pragma journal_mode=wal').fetchone() == ('wal',)"
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table.

    Attributes:
        name: What was tried.
        ran: Whether it showed what it must.
        known: Why it cannot run under wine; empty: it must run.
        words: What it showed instead.
    """

    name: str
    ran: bool
    known: str = ""
    words: str = ""

    @property
    def is_bad(self) -> bool:
        """Whether it fails the trial."""
        return not self.ran and not self.known


class Trial:
    """The rows, as they come.

    Args:
        wine: Where programs run.
        tree: The staged files.
    """

    def __init__(self, wine: Wine, tree: Path) -> None:
        self.wine, self.tree, self.rows = wine, tree, []

    def row(self, name: str, ran: bool, words: str = "", known: str = "") -> None:  # noqa: FBT001
        """Keep a row, and print it."""
        row = Row(name, ran, known, "" if ran else " ".join(words.split())[-160:])
        self.rows.append(row)
        said = "ran" if row.ran else "known" if row.known else "FAILED"
        print(f"{said:7} {name}{': ' + (row.known or row.words) if not row.ran else ''}", flush=True)

    def agent(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of the installed agent."""
        return self.wine.python("-I", _START, *words)

    def code(self, name: str, text: str, known: str = "") -> None:
        """A line of Python with the installed libraries."""
        done = self.wine.python("-c", f"import sys; sys.path.insert(0, {_LIB!r}); {text}; print('well')")
        self.row(name, done.stdout.strip().endswith("well"), done.stderr or done.stdout, known)

    def command(self, name: str, *words: str, code: int = 0, shows: str = "") -> str:
        """A command of the agent, its exit code, and what must be in its output; the output."""
        done = self.agent(*words)
        said = done.stdout + done.stderr
        self.row(name, done.returncode == code and shows in said, f"exit code {done.returncode}: {said}")
        return said


def installed(trial: Trial, msi: Path) -> None:
    """The installer: refused without Python, complete with it, settings kept."""
    wine, program = trial.wine, trial.wine.drive / "Program Files/Wardbeat"
    shutil.copyfile(msi, wine.drive / "wardbeat.msi")
    wine.run("msiexec", "/i", _MSI, "/qn")
    trial.row("the installer refuses where no Python 3.13 is", not program.exists())
    wine.run("reg", "add", _KEY, "/v", "ExecutablePath", "/d", PYTHON, "/f")
    wine.run("msiexec", "/i", _MSI, "/qn", timeout_s=300)
    places = ((trial.tree / "program", program), (trial.tree / "data", wine.drive / "ProgramData/wardbeat"))
    there = [sizes(place) for _, place in places]
    same = [sizes(staged) == found for (staged, _), found in zip(places, there, strict=True)]
    trial.row(f"the installer lays {sum(map(len, there))} files, each with its size", all(same))
    path = wine.run("reg", "query", r"HKLM\System\CurrentControlSet\Control\Session Manager\Environment", "/v", "PATH")
    trial.row("its folder is on the search path", r"Program Files\Wardbeat" in path.stdout, path.stdout)
    source = wine.run("reg", "query", rf"HKLM\{wix.EVENT_SOURCE}", "/v", "EventMessageFile")
    trial.row("its events have their source", "REG_EXPAND_SZ    %SystemRoot%" in source.stdout, source.stdout)
    menu = list(wine.drive.rglob("Start Menu/**/Wardbeat.lnk"))
    startup = [one for one in menu if "StartUp" in one.parts]
    trial.row("one entry in the Start menu, and nothing that starts by itself", len(menu) == 1 and not startup)


def sizes(folder: Path) -> dict[str, int]:
    """Each file below a folder, with its size."""
    return {one.relative_to(folder).as_posix(): one.stat().st_size for one in folder.rglob("*") if one.is_file()}


def libraries(trial: Trial) -> None:
    """What the agent stands on."""
    trial.command("wardbeat --version", "--version", shows=build.VERSION)
    trial.code("pydantic, with its compiled core", "import pydantic; pydantic.TypeAdapter(int).validate_python('1')")
    trial.code("yaml, starlette, uvicorn, jinja2, paho", "import yaml, starlette, uvicorn, jinja2, paho.mqtt.client")
    trial.code("sqlite3, with a write-ahead log", _DATABASE)
    trial.code("cryptography: HPKE with ML-KEM-768 and X25519", _HPKE)
    trial.code("bleak, with Windows' own interface", "import bleak.backends.winrt.client")
    trial.code("keyring", "import keyring.backends.Windows")
    known = "wine's C runtime lacks complex functions (crealf); the rows below use a stand-in for them"
    trial.code("numpy as it is shipped", _SPECTRUM, known)
    count = wine_math.mend(trial.wine.drive / "Program Files/Wardbeat/lib/numpy")
    trial.code(f"numpy: a spectrum, with a stand-in in {count} of its modules", _SPECTRUM)


def settings(trial: Trial) -> None:
    """Settings, and a policy from the registry."""
    trial.command("wardbeat config example", "config", "example", shows="keepalive_s")
    trial.command("config show --origin", "config", "show", "--origin", shows=r"ProgramData\\wardbeat\\policy.yaml")
    add = ("reg", "add", _POLICY, "/f", "/v", "denied_kinds")
    trial.wine.run(*add, "/t", "REG_MULTI_SZ", "/d", r"affect\0strain")
    said = trial.command("a policy in the registry", "config", "show", "--origin", shows=r"HKLM\\Software\\Policies")
    trial.row("both of its values count", '["affect", "strain"]' in said, said)
    trial.wine.run(*add, "/t", "REG_DWORD", "/d", "1")
    name = "a value of another type stops the agent"
    trial.command(name, "run", code=2, shows="its type is REG_DWORD, not REG_MULTI_SZ")
    trial.wine.run("reg", "delete", _POLICY, "/f")
    recording = trial.wine.drive / "rr.txt"
    recording.write_text("".join(f"{800 + 40 * (number % 7)}\n" for number in range(600)))
    trial.command("wardbeat analyze", "analyze", r"C:\rr.txt", "--json", shows="rmssd")


@contextlib.contextmanager
def started(trial: Trial, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A program of Python that goes on; it ends with this."""
    command = trial.wine.command(PYTHON, *words, env=(f"PYTHONPATH={_LIB}",))
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True, errors="replace")
    try:
        yield process
    finally:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.kill()
        process.wait()


def until(found: Callable[[], bool]) -> bool:
    """Look again and again, a minute at most."""
    until_s = time.monotonic() + _PATIENCE_S
    while not found():
        if time.monotonic() > until_s:
            return False
        time.sleep(1)
    return True


def pipes(trial: Trial) -> None:
    """The control pipe: server and client are two processes."""
    shutil.copyfile(Path(__file__).with_name("pipe_probe.py"), trial.wine.drive / "pipe_probe.py")
    (trial.wine.drive / "probe").mkdir()
    known = {
        "a second first end is refused": "wine overlooks FILE_FLAG_FIRST_PIPE_INSTANCE",
    }
    env = (f"PYTHONPATH={_LIB}",)
    with started(trial, r"C:\pipe_probe.py", "serve", r"C:\probe"):
        time.sleep(5)
        done = trial.wine.python(r"C:\pipe_probe.py", "ask", r"C:\probe", env=env)
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    for name, ran, words in rows:
        trial.row(f"control pipe: {name}", ran, words, known.get(name, ""))
    trial.row("control pipe: every question was put", len(rows) == _QUESTIONS, done.stderr)
    trial.row("control pipe: another user is kept out", ran=False, known="wine has one user; not tried anywhere")


def running(trial: Trial) -> None:
    """The agent itself, and the commands that reach it."""
    with started(trial, "-I", _START, "run"):
        found = until(lambda: trial.agent("status").returncode == 0)
        trial.row("wardbeat run; status answers", found)
        trial.command("wardbeat pause", "pause", shows="Paused")
        shown = trial.agent("open", "--print")
        trial.row("the person's page is served", _is_served(trial), shown.stderr)
        trial.command("a second agent is refused", "run", code=3, shows="already running")
        trial.command("wardbeat resume", "resume")
    trial.wine.stop()
    trial.command("when it has ended, no agent runs", "status", code=3, shows="no agent is running")


def _is_served(trial: Trial) -> bool:
    """Whether the page's process answers at the address that its file names."""
    file = next(trial.wine.drive.rglob("AppData/Local/wardbeat/open.html"), None)
    found = re.search(r"http://127\.0\.0\.1:\d+", file.read_text()) if file else None
    try:
        with urllib.request.urlopen(found[0] if found else "", timeout=30) as answer:  # noqa: S310 - our own page
            return b"<title>Wardbeat</title>" in answer.read()
    except (OSError, ValueError):
        return False


def service(trial: Trial) -> None:
    """The scheduled task: wine's own scheduler reads its XML."""
    trial.command("wardbeat service install", "service", "install", shows="starts with your session")
    folder = trial.wine.drive / "windows/system32/tasks"
    kept = [file.read_text(encoding="utf-8-sig") for file in folder.rglob("Wardbeat-S-1-5-*")]
    # its scheduler has no triggers and runs nothing
    read = len(kept) == 1 and "PT0S" in kept[0] and "IgnoreNew" in kept[0]
    trial.row("wine's scheduler reads the task's XML and keeps its settings", read, str(kept))
    trial.command("wardbeat service remove", "service", "remove", shows="starts no more")
    trial.row("no task is left", not list(folder.rglob("Wardbeat-S-1-5-*")))


def removed(trial: Trial) -> None:
    """Repair and removal keep what an administrator wrote."""
    policy = trial.wine.drive / "ProgramData/wardbeat/policy.yaml"
    policy.write_text("denied_kinds: [affect]\n")
    trial.wine.run("msiexec", "/fa", _MSI, "/qn", timeout_s=300)
    trial.row("a repair keeps a changed policy", policy.read_text() == "denied_kinds: [affect]\n")
    trial.wine.run("msiexec", "/x", _MSI, "/qn", timeout_s=300)
    left = list((trial.wine.drive / "Program Files/Wardbeat").rglob("*.py"))
    trial.row("a removal takes the program away", not left, f"{len(left)} files are left")
    trial.row("and keeps a changed policy", policy.exists())


def main() -> None:
    """Build, install, try, and print the table."""
    into = Path(sys.argv[1]).resolve()
    into.mkdir(parents=True, exist_ok=True)
    tree, msi = into / "staged", into / "wardbeat.msi"
    shutil.rmtree(tree, ignore_errors=True)
    build.installer(tree, build.staged(tree), msi)
    trial = Trial(Wine(into), tree)
    try:
        installed(trial, msi)
        for part in (libraries, settings, pipes, running, service, removed):
            part(trial)
    finally:
        trial.wine.stop()
    bad = [row for row in trial.rows if row.is_bad]
    ran = sum(row.ran for row in trial.rows)
    print(
        f"{ran} of {len(trial.rows)} rows ran, {len(trial.rows) - ran - len(bad)} are known not to, {len(bad)} failed"
    )
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
