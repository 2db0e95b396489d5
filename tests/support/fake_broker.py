"""Brokers that no real one is on purpose: one that delivers nothing, refuses the subscription, or speaks 3.1.1 only."""

import contextlib
import socket
import ssl
import threading
from enum import StrEnum

from tests.support.world import World


class Manner(StrEnum):
    """How it behaves."""

    DELIVERS = "delivers"
    SILENT = "silent"
    REFUSES = "refuses"
    ONLY_311 = "only 3.1.1"
    NO_SHARED = "no shared subscriptions"
    CLOSES = "closes"


class FakeBroker:
    """A TLS server on the site's port that speaks just enough MQTT 5 for the hub's client."""

    def __init__(self, world: World, manner: Manner) -> None:
        self.manner, self.subscribed = manner, []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(world.hub / "broker" / "broker.crt", world.hub / "broker" / "broker.key")
        self._server = socket.create_server(("127.0.0.1", world.port))
        self._links: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for link in self._links:
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                bare, _ = self._server.accept()
                thread = threading.Thread(target=self._serve, args=(bare,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, bare: socket.socket) -> None:
        self._links.append(bare)
        with contextlib.suppress(OSError, EOFError), contextlib.closing(bare):
            link = self._context.wrap_socket(bare, server_side=True)
            with link:
                while True:
                    answer = self._answer(*_packet(link))
                    if answer is None:
                        return
                    link.sendall(answer)

    def _answer(self, head: int, body: bytes) -> bytes | None:
        match head >> 4:
            case 1 if self.manner is Manner.ONLY_311:
                return b"\x20\x02\x00\x01"
            case 1 if self.manner is Manner.CLOSES:
                return None
            case 1:
                properties = b"\x2a\x00" if self.manner is Manner.NO_SHARED else b""
                return _made(0x20, bytes([0, 0, len(properties)]) + properties)
            case 8:
                self.subscribed.append(body)
                return _made(0x90, body[:2] + b"\x00" + (b"\x87" if self.manner is Manner.REFUSES else b"\x01"))
            case 10:
                return _made(0xB0, body[:2] + b"\x00\x00")
            case 12:
                return b"\xd0\x00"
            case 3 if head & 0x06:
                length = int.from_bytes(body[:2], "big")
                acked = _made(0x40, body[2 + length : 4 + length])
                is_probe = b"/up/" in body[2 : 2 + length]
                return acked + (_made(head & ~0x01, body) if self.manner is Manner.DELIVERS and is_probe else b"")
            case 14:
                return None
            case _:
                return b""


def _packet(link: ssl.SSLSocket) -> tuple[int, bytes]:
    head = _read(link, 1)[0]
    length = shift = 0
    while True:
        byte = _read(link, 1)[0]
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return head, _read(link, length)


def _read(link: ssl.SSLSocket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = link.recv(count - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def _made(head: int, body: bytes) -> bytes:
    length, size = len(body), b""
    while True:
        length, low = length >> 7, length & 0x7F
        size += bytes([low | (0x80 if length else 0)])
        if not length:
            return bytes([head]) + size + body
