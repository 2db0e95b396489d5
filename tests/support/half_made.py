"""TLS sockets whose peer went before the handshake."""

import ssl


class TlsSocket(ssl.SSLSocket):
    """Closes itself if it was never made whole.

    Where the peer resets the connection before the handshake, `SSLContext.wrap_socket` raises and hands nobody the
    socket that it had made. Only the collector can close it, and it warns of a leak that no caller could have mended.
    A socket that was made whole is its maker's to close: about that one, the warning stays.
    """

    def __del__(self) -> None:
        if not hasattr(self, "_connected"):  # set once the peer's name is known
            self.close()


def install() -> None:
    """Every context of this process makes such sockets."""
    ssl.SSLContext.sslsocket_class = TlsSocket
