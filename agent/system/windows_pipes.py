"""Named pipes of Windows with a security descriptor of our own; those of asyncio's `start_serving_pipe` have none."""

import _winapi
import asyncio
import ctypes
import sys
import time
from contextlib import suppress
from ctypes import wintypes
from typing import Any, Final

from agent.system import windows_sid

assert sys.platform == "win32"  # whoever imports it asks first

from asyncio.windows_utils import PipeHandle  # noqa: E402 - it is there on Windows alone

_PREFIX: Final = "\\\\.\\pipe\\"
_REJECT_REMOTE_CLIENTS: Final = 0x00000008
_SECURITY_SQOS_PRESENT: Final = 0x00100000  # with level 0, anonymous: the server may not act in the caller's name
_INSTANCES_MOST: Final = 255
_BUFFER: Final = 65_536

_kernel = ctypes.WinDLL("kernel32", use_last_error=True)
_advapi = ctypes.WinDLL("advapi32", use_last_error=True)
_kernel.LocalFree.argtypes = (ctypes.c_void_p,)
for _asks in (_kernel.GetNamedPipeServerProcessId, _kernel.GetNamedPipeClientProcessId):
    _asks.argtypes = (wintypes.HANDLE, ctypes.POINTER(wintypes.ULONG))
_advapi.ConvertStringSecurityDescriptorToSecurityDescriptorW.argtypes = (
    wintypes.LPCWSTR,
    wintypes.DWORD,
    ctypes.POINTER(ctypes.c_void_p),
    ctypes.c_void_p,
)


class _SecurityAttributes(ctypes.Structure):
    _fields_ = (
        ("nLength", wintypes.DWORD),
        ("lpSecurityDescriptor", ctypes.c_void_p),
        ("bInheritHandle", wintypes.BOOL),
    )


class WindowsPipes:
    """`agent.control.pipe.Pipes`."""

    def own_sid(self) -> str:
        """The SID of this process's user."""
        return windows_sid.own_sid()

    def listen(self, name: str, rules: str, *, is_first: bool) -> "_Waiting":
        """One more end of a pipe.

        Raises:
            PermissionError: The name is there, and this should be its first end.
            OSError: The system refuses.
        """
        mode = _winapi.PIPE_ACCESS_DUPLEX | _winapi.FILE_FLAG_OVERLAPPED
        if is_first:
            mode |= _winapi.FILE_FLAG_FIRST_PIPE_INSTANCE
        kind = _winapi.PIPE_WAIT | _REJECT_REMOTE_CLIENTS  # of bytes, which is 0
        descriptor = ctypes.c_void_p()
        revision = 1
        if not _advapi.ConvertStringSecurityDescriptorToSecurityDescriptorW(
            rules, revision, ctypes.byref(descriptor), None
        ):
            raise ctypes.WinError(ctypes.get_last_error())
        try:
            secured = _SecurityAttributes(ctypes.sizeof(_SecurityAttributes), descriptor, False)
            handle = _winapi.CreateNamedPipe(
                f"{_PREFIX}{name}", mode, kind, _INSTANCES_MOST, _BUFFER, _BUFFER, 0, ctypes.addressof(secured)
            )
        finally:
            _kernel.LocalFree(descriptor)
        return _Waiting(handle)

    def caller_sid(self, writer: asyncio.StreamWriter) -> str:
        """The SID of a caller's process.

        Raises:
            OSError: The process is gone, or we may not look at it.
        """
        pipe: PipeHandle = writer.get_extra_info("pipe")
        return windows_sid.process_sid(_process_of(_kernel.GetNamedPipeClientProcessId, pipe.fileno()))

    def call(self, name: str, timeout_s: float) -> "_Connection":
        """Connect; where every end is taken, wait for one.

        Raises:
            FileNotFoundError: Nobody made the name.
            PermissionError: Whoever made it does not let this user in.
            TimeoutError: No end became free in time.
        """
        until_s = time.monotonic() + timeout_s
        flags = _winapi.FILE_FLAG_OVERLAPPED | _SECURITY_SQOS_PRESENT
        access = _winapi.GENERIC_READ | _winapi.GENERIC_WRITE
        while True:
            try:
                return _Connection(
                    _winapi.CreateFile(f"{_PREFIX}{name}", access, 0, 0, _winapi.OPEN_EXISTING, flags, 0)
                )
            except OSError as error:
                if error.winerror != _winapi.ERROR_PIPE_BUSY:
                    raise
            left_s = until_s - time.monotonic()
            if left_s <= 0:
                raise TimeoutError
            with suppress(OSError):  # what went wrong is said by the next try to open it
                _winapi.WaitNamedPipe(f"{_PREFIX}{name}", int(left_s * 1000) + 1)


class _Waiting:
    """`agent.control.pipe.Waiting`, on asyncio's proactor.

    asyncio has no public way from a handle of our own to a transport; these two of its names are the same in Python
    3.11 to 3.14, and its own `start_serving_pipe` is made of them.
    """

    def __init__(self, handle: int) -> None:
        self._pipe = PipeHandle(handle)

    async def connected(self) -> None:
        """Return when a caller is there.

        Raises:
            OSError: It was there, and left.
        """
        loop: Any = asyncio.get_running_loop()
        await loop._proactor.accept_pipe(self._pipe)  # noqa: SLF001

    async def hand_over(self, protocol: asyncio.StreamReaderProtocol) -> None:
        """Give the caller to a protocol, whose transport closes the handle."""
        loop: Any = asyncio.get_running_loop()
        loop._make_duplex_pipe_transport(self._pipe, protocol)  # noqa: SLF001

    def close(self) -> None:
        """Take this end away."""
        self._pipe.close()


class _Connection:
    """`agent.control.pipe.Connection`: a caller's end, each step with its time limit."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def owners(self) -> frozenset[str]:
        """SIDs of the pipe's owner and of the user whose process serves it.

        A process number can be taken up by another process; an owner cannot be another user (without a privilege that
        only administrators have).
        """
        server = _process_of(_kernel.GetNamedPipeServerProcessId, self._handle)
        return frozenset((windows_sid.owner_sid(self._handle), windows_sid.process_sid(server)))

    def send(self, data: bytes, timeout_s: float) -> None:
        """Send all of it."""
        while data:
            step, error = _winapi.WriteFile(self._handle, data, overlapped=True)
            data = data[_finished(step, error, timeout_s) :]

    def receive(self, timeout_s: float) -> bytes:
        """The next bytes."""
        step, error = _winapi.ReadFile(self._handle, _BUFFER, overlapped=True)
        count = _finished(step, error, timeout_s)
        return bytes(step.getbuffer() or b"")[:count]

    def close(self) -> None:
        """Disconnect."""
        _winapi.CloseHandle(self._handle)


def _finished(step: "_winapi.Overlapped", error: int, timeout_s: float) -> int:
    """How many bytes a step moved.

    Raises:
        TimeoutError: It was not done in time, and is taken back.
        OSError: It broke off.
    """
    if error == _winapi.ERROR_IO_PENDING:
        waited = _winapi.WaitForMultipleObjects([step.event], False, int(timeout_s * 1000) + 1)
        if waited == _winapi.WAIT_TIMEOUT:
            step.cancel()
            with suppress(OSError):
                step.GetOverlappedResult(True)
            raise TimeoutError
    count, _ = step.GetOverlappedResult(True)
    return count


def _process_of(asks: Any, handle: int) -> int:
    number = wintypes.ULONG()
    if not asks(handle, ctypes.byref(number)):
        raise ctypes.WinError(ctypes.get_last_error())
    return number.value
