"""Whose program is at the other end of a loopback connection.

Linux answers for one connection by its netlink socket (sock_diag(7)), in some 30 microseconds; its table in /proc is
the slower way where that is closed. Other systems do not tell: there the session's key alone decides.
"""

import contextlib
import os
import socket
import struct
import sys
from pathlib import Path
from typing import Final

Address = tuple[str, int]

_HEADER: Final = struct.Struct("=IHHII")  # struct nlmsghdr
_ID: Final = struct.Struct("!HH16s16s")  # of struct inet_diag_sockid: ports and addresses
_NETLINK_SOCK_DIAG: Final = 4
_BY_FAMILY, _REQUEST, _ERROR = 20, 1, 2
_UID_AT: Final = _HEADER.size + 4 + 48 + 12  # of struct inet_diag_msg


def is_us(ours: Address, theirs: Address) -> bool:
    """Whether this user owns the far end; True where the system does not tell.

    Args:
        ours: Our end of the connection.
        theirs: The far end.
    """
    if sys.platform != "linux":
        return True
    uid = _by_netlink(ours, theirs)
    return (uid if uid is not None else _by_table(ours, theirs)) == os.getuid()


def _by_netlink(ours: Address, theirs: Address) -> int | None:
    if sys.platform != "linux":
        return None
    ends = _ID.pack(theirs[1], ours[1], _packed(theirs), _packed(ours))
    asked = struct.pack("=BBBxI", socket.AF_INET, socket.IPPROTO_TCP, 0, 0xFFFFFFFF)
    body = asked + ends + struct.pack("=III", 0, 0xFFFFFFFF, 0xFFFFFFFF)  # any interface, any cookie
    with contextlib.suppress(OSError):
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as kernel:
            kernel.settimeout(1.0)
            kernel.sendto(_HEADER.pack(_HEADER.size + len(body), _BY_FAMILY, _REQUEST, 1, 0) + body, (0, 0))
            answer = kernel.recv(4096)
        if _HEADER.unpack_from(answer)[1] == _BY_FAMILY and len(answer) >= _UID_AT + 4:
            return int(struct.unpack_from("=I", answer, _UID_AT)[0])
    return None


def _by_table(ours: Address, theirs: Address) -> int | None:
    wanted = [_in_table(theirs), _in_table(ours)]
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1:3] == wanted:
            return int(fields[7])
    return None


def _packed(address: Address) -> bytes:
    return socket.inet_aton(address[0]).ljust(16, b"\0")


def _in_table(address: Address) -> str:
    return f"{struct.unpack('=I', socket.inet_aton(address[0]))[0]:08X}:{address[1]:04X}"
