"""The care view of a folder as a separate process, with the pages of `tests.support.care_site`; and callers of it."""

import contextlib
import http.client
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from agent.system import output
from agent.system.service_manager import ServiceManager
from hub.care.web.app import Site
from hub.care.web.serve import Life, Options, serve_folder
from hub.care.web.sessions import COOKIE
from tests.support.care_inside import TOKEN
from tests.support.care_site import ACTIONS, PAGES, Badge, client_context
from tests.support.processes import Process, start_process, wait_for


@contextlib.contextmanager
def running(folder: Path, log: Path, port: int = 0) -> Iterator[tuple[Process, int]]:
    """The process and its port."""
    log.write_bytes(b"")
    process = start_process(sys.executable, "-m", "tests.support.care_view", folder, port, log=log)
    try:
        yield process, port_of(process, log)
    finally:
        for one in Browser.every:
            one.close()
        Browser.every.clear()
        process.stop()


def port_of(process: Process, log: Path) -> int:
    """Once it listens."""
    found: list[str] = []

    def listens() -> bool:
        assert process.popen.poll() is None, log.read_text()[-3000:]
        found[:] = re.findall(r"at https://[^ ]+:(\d+)\.", log.read_text())
        return bool(found)

    wait_for(listens, 60, "the care view")
    return int(found[-1])


class Browser:
    """One client over TLS, with a certificate or none; keeps its cookie."""

    every: ClassVar[list["Browser"]] = []

    def __init__(self, folder: Path, port: int, badge: Badge | None = None) -> None:
        self.port, self.cookie, self.token = port, "", ""
        self.context = client_context(folder, badge)
        self.connection: http.client.HTTPSConnection | None = None
        self.every.append(self)

    def __call__(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str]:
        sent = {"Host": f"127.0.0.1:{self.port}"}
        if self.cookie:
            sent["Cookie"] = f"{COOKIE}={self.cookie}"
        if method == "POST":
            sent |= {"Origin": f"https://127.0.0.1:{self.port}", "Content-Type": "application/x-www-form-urlencoded"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        is_kept = self.connection is not None
        if self.connection is None:
            self.connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=self.context)
        try:
            self.connection.request(method, path, body, sent)
            answer = self.connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            if is_kept and method == "GET" and isinstance(error, ConnectionError):
                return self(method, path, body, **headers)  # it had ended meanwhile; as browsers do
            raise
        self.headers = {name.lower(): value for name, value in answer.getheaders()}
        if answer.getheader("connection") == "close":
            self.close()
        given = re.search(rf"{COOKIE}=([^;]*)", self.headers.get("set-cookie", ""))
        self.cookie = given[1] if given else self.cookie
        self.token = text.partition(TOKEN)[2].partition('"')[0] or self.token
        return answer.status, text

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def enter(self) -> "Browser":
        assert self("POST", "/sign-in", b"")[0] == 303
        return self


FLOOD = """
import collections, socket, ssl, sys, time
port, ca, seconds = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
context = ssl.create_default_context(cafile=ca)
ask = f"GET / HTTP/1.1\\r\\nHost: 127.0.0.1:{port}\\r\\n\\r\\n".encode()
counts, ends, n = collections.Counter(), time.monotonic() + seconds, 0
def made():
    raw = socket.create_connection(("127.0.0.1", port), 10, ("127.0.0.2", 0))
    return context.wrap_socket(raw, server_hostname="127.0.0.1")
held = [made() for _ in range(8)]
while time.monotonic() < ends:
    for at, one in enumerate(held):
        try:
            one.sendall(ask * 8)
        except OSError:
            held[at] = made()
    for at, one in enumerate(held):
        got, left = b"", 8
        try:
            while got.count(b"HTTP/1.1 ") < 8 or not got.endswith(b"requests"):
                part = one.recv(65536)
                if not part:
                    break
                got += part
                if got.count(b"HTTP/1.1 ") == 8 and b"429" not in got[-700:]:
                    break
        except OSError:
            pass
        for piece in got.split(b"HTTP/1.1 ")[1:]:
            counts[piece[:3].decode()] += 1
            n += 1
        if len(got.split(b"HTTP/1.1 ")) < 9:
            one.close()
            held[at] = made()
print(f"{n / seconds:.0f}", dict(counts))
"""


def flooding(folder: Path, port: int, seconds: float = 8.0) -> subprocess.Popen[str]:
    """A stranger's program at another address: it prints its rate and what it was answered."""
    words = [sys.executable, "-c", FLOOD, str(port), str(folder / "ca.pem"), str(seconds)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


if __name__ == "__main__":
    at, manager = Options.parsed(f"127.0.0.1:{sys.argv[2]}"), ServiceManager()
    serve_folder(
        Path(sys.argv[1]),
        at,
        Site(PAGES, ACTIONS, Path(__file__).parent),
        Life(manager.alive, manager.every_s),
        lambda where: output.say(f"The care view is at {where}."),
    )
    manager.stopping()
