"""Runs inside the machine: what is refused to this process. Without limits it prints the same words with "allowed"."""

import ctypes
import errno
import mmap
import socket


def tried(name, action):
    try:
        action()
    except (OSError, ValueError) as error:
        print(name, "refused", errno.errorcode.get(getattr(error, "errno", None), "?"))
    else:
        print(name, "allowed")


def outside():
    with open("/srv/open/trial", "w"):
        pass


def namespace():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x10000000) != 0:  # CLONE_NEWUSER
        raise OSError(ctypes.get_errno(), "unshare")


def packets():
    socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).close()


def code():
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()


tried("write", outside)
tried("namespace", namespace)
tried("socket", packets)
tried("code", code)
