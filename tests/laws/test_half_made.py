"""A peer that resets before the handshake leaves no warning about a socket that nobody was handed."""

import gc
import socket
import ssl
import struct
import warnings

import pytest

from tests.support.half_made import TlsSocket

pytestmark = pytest.mark.process


def warned(kind):
    """How many times the collector warned after a reset before the handshake."""
    context = ssl.create_default_context()
    context.sslsocket_class = kind
    with warnings.catch_warnings(record=True) as seen, socket.create_server(("127.0.0.1", 0)) as server:
        warnings.simplefilter("always")
        raw = socket.create_connection(server.getsockname())
        peer, _ = server.accept()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
        with raw, pytest.raises(ConnectionError):
            context.wrap_socket(raw, server_hostname="127.0.0.1")
        gc.collect()
    return sum(issubclass(one.category, ResourceWarning) for one in seen)


def test_a_half_made_socket_closes_itself():
    assert warned(TlsSocket) == 0
    assert ssl.SSLContext.sslsocket_class is TlsSocket


def test_one_that_nobody_closes_is_found():
    assert warned(type("Left", (ssl.SSLSocket,), {"close": lambda self: None})) == 1
