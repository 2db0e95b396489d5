"""A TCP proxy between devices and their broker that can be slow, deaf, half-open, or cut."""

import contextlib
import socket
import threading
import time


class Proxy:
    """Listens on one port of loopback and forwards to another; ``mode`` says how.

    Modes: ``through`` | ``slow`` (a few kB a second) | ``halted`` (both ways stand still, nothing is closed: a
    half-open link) | ``deaf`` (what comes down is swallowed). `cut` ends every connection.
    """

    def __init__(self, port: int, to_port: int) -> None:
        self.mode = "through"
        self.port, self._to_port = port, to_port
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._listen, daemon=True).start()

    def cut(self) -> None:
        with self._lock:
            for end in self._open:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # else the thread in `accept` would keep the port
        self._listener.close()
        self.cut()

    def passed(self, size: int, *, down: bool) -> None:
        """A piece went through; for who wants to know."""

    def _listen(self) -> None:
        while True:
            try:
                device, _ = self._listener.accept()
            except OSError:
                return
            try:
                broker = socket.create_connection(("127.0.0.1", self._to_port), 2)
            except OSError:
                device.close()
                continue
            broker.settimeout(None)
            with self._lock:
                self._open |= {device, broker}
            for source, target, down in ((device, broker, False), (broker, device, True)):
                threading.Thread(target=self._forward, args=(source, target, down), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket, down: bool) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                while self.mode == "halted":
                    time.sleep(0.02)
                if self.mode == "slow":
                    for at in range(0, len(piece), 512):
                        time.sleep(0.02)
                        target.sendall(piece[at : at + 512])
                elif not (down and self.mode == "deaf"):
                    target.sendall(piece)
                self.passed(len(piece), down=down)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open -= {source, target}
        source.close()
