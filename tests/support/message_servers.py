"""A mail server and a server of webhooks, each with real TLS, that behave as a test says."""

import contextlib
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from hub.keys.certificates import issue, make_ca

HOST = "localhost"


@dataclass
class Behaviour:
    """What a server does, and what it took over.

    Attributes:
        answer: Of HTTP, or code of SMTP after the data.
        offers_tls: Whether STARTTLS is offered.
        is_slow: It answers nothing until `go_on`.
        hangs_up: It takes the message over and closes without an answer.
    """

    answer: int = 0
    offers_tls: bool = True
    is_slow: bool = False
    hangs_up: bool = False
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    clear: list[bytes] = field(default_factory=list)
    reached: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)


def certificates(folder: Path, name: str = HOST) -> tuple[ssl.SSLContext, Path]:
    """A server's context for a name, and the file of the authority that signed its certificate."""
    folder.mkdir(exist_ok=True)
    make_ca(folder)
    issue(folder, name, folder / "server", server=name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.crt", folder / "server.key")
    return context, folder / "ca.pem"


@contextlib.contextmanager
def mail_server(context: ssl.SSLContext, does: Behaviour, *, tls_first: bool = False) -> Iterator[int]:
    """A mail server; its port."""

    class Talk(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError), contextlib.ExitStack() as opened:
                sock = context.wrap_socket(self.request, server_side=True) if tls_first else self.request
                _mail(opened.enter_context(sock), context, does, opened, is_sealed=tls_first)

    with _served(Talk, does) as port:
        yield port


def _mail(
    sock: socket.socket, context: ssl.SSLContext, does: Behaviour, opened: contextlib.ExitStack, *, is_sealed: bool
) -> None:
    if does.is_slow:
        does.reached.set()
        does.go_on.wait(60)
        return
    file = opened.enter_context(sock.makefile("rwb"))

    def says(line: str) -> None:
        file.write(line.encode() + b"\r\n")
        file.flush()

    says("220 test")
    envelope: dict[str, str] = {}
    while line := file.readline():
        if not is_sealed:
            does.clear.append(line)
        verb = line.split()[0].upper().decode() if line.split() else ""
        if verb == "EHLO":
            says("250-test")
            says("250 STARTTLS" if does.offers_tls and not is_sealed else "250 AUTH PLAIN LOGIN")
        elif verb == "STARTTLS":
            says("220 go on")
            sock = opened.enter_context(context.wrap_socket(sock, server_side=True))
            file, is_sealed = opened.enter_context(sock.makefile("rwb")), True
        elif verb == "AUTH":
            envelope["auth"] = line.split()[-1].decode()
            says("235 welcome" if does.answer != 535 else "535 who are you")
        elif verb in ("MAIL", "RCPT"):
            envelope[verb] = envelope.get(verb, "") + line.decode().strip()
            says("250 good")
        elif verb == "DATA":
            says("354 go on")
            body = b""
            while (part := file.readline()) not in (b".\r\n", b""):
                body += part
            if does.answer:
                says(f"{does.answer} no")
                continue
            does.taken.append((envelope, body))
            does.reached.set()
            if does.hangs_up:
                return
            says("250 taken")
        elif verb == "QUIT":
            says("221 bye")
            return
        else:
            says("250 good")


@contextlib.contextmanager
def hook_server(context: ssl.SSLContext, does: Behaviour) -> Iterator[int]:
    """A server of webhooks; its port."""

    class Talk(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError), contextlib.ExitStack() as opened:
                sock = opened.enter_context(context.wrap_socket(self.request, server_side=True))
                _hook(opened.enter_context(sock.makefile("rwb")), does)

    with _served(Talk, does) as port:
        yield port


def _hook(file: IO[bytes], does: Behaviour) -> None:
    first = file.readline().decode().strip()
    headers = {"": first}
    while line := file.readline().strip():
        name, _, value = line.decode().partition(": ")
        headers[name.lower()] = value
    body = file.read(int(headers.get("content-length", "0")))
    if does.is_slow:
        does.reached.set()
        does.go_on.wait(60)
        return
    status = does.answer or 204
    if status < 300:
        does.taken.append((headers, body))
    does.reached.set()
    if does.hangs_up:
        return
    file.write(f"HTTP/1.1 {status} -\r\nLocation: https://elsewhere.example/\r\nContent-Length: 0\r\n\r\n".encode())
    file.flush()


@contextlib.contextmanager
def _served(talk: type[socketserver.BaseRequestHandler], does: Behaviour) -> Iterator[int]:
    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that does not like our certificate hangs up."""

    with Server(("127.0.0.1", 0), talk) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            does.go_on.set()
            server.shutdown()
