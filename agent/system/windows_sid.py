"""Who a process and an object of Windows belong to: security identifiers as text (S-1-5-21-...)."""

import ctypes
import sys
from ctypes import wintypes
from typing import Final

assert sys.platform == "win32"  # whoever imports it asks first

_QUERY_LIMITED_INFORMATION: Final = 0x1000
_TOKEN_QUERY: Final = 0x0008
_TOKEN_USER: Final = 1
_KERNEL_OBJECT: Final = 6
_OWNER_INFORMATION: Final = 1

_kernel = ctypes.WinDLL("kernel32", use_last_error=True)
_advapi = ctypes.WinDLL("advapi32", use_last_error=True)
_kernel.GetCurrentProcess.restype = wintypes.HANDLE
_kernel.OpenProcess.argtypes = (wintypes.DWORD, wintypes.BOOL, wintypes.DWORD)
_kernel.OpenProcess.restype = wintypes.HANDLE
_kernel.CloseHandle.argtypes = (wintypes.HANDLE,)
_kernel.LocalFree.argtypes = (ctypes.c_void_p,)
_advapi.OpenProcessToken.argtypes = (wintypes.HANDLE, wintypes.DWORD, ctypes.POINTER(wintypes.HANDLE))
_advapi.GetTokenInformation.argtypes = (
    wintypes.HANDLE,
    ctypes.c_int,
    ctypes.c_void_p,
    wintypes.DWORD,
    ctypes.POINTER(wintypes.DWORD),
)
_advapi.ConvertSidToStringSidW.argtypes = (ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p))
_advapi.GetSecurityInfo.argtypes = (
    wintypes.HANDLE,
    ctypes.c_int,
    wintypes.DWORD,
    ctypes.POINTER(ctypes.c_void_p),
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.POINTER(ctypes.c_void_p),
)
_advapi.GetSecurityInfo.restype = wintypes.DWORD


def own_sid() -> str:
    """The SID of this process's user.

    Raises:
        OSError: The system does not say.
    """
    return _user_of(_kernel.GetCurrentProcess())


def process_sid(process_id: int) -> str:
    """The SID of another process's user.

    Raises:
        OSError: There is no such process, or we may not look at it.
    """
    process = _kernel.OpenProcess(_QUERY_LIMITED_INFORMATION, False, process_id)
    if not process:
        raise ctypes.WinError(ctypes.get_last_error())
    try:
        return _user_of(process)
    finally:
        _kernel.CloseHandle(process)


def owner_sid(handle: int) -> str:
    """The SID of the owner of an open kernel object, such as a pipe: whoever made it, or was named as its owner then.

    Raises:
        OSError: The system does not say.
    """
    owner, descriptor = ctypes.c_void_p(), ctypes.c_void_p()
    error = _advapi.GetSecurityInfo(
        handle, _KERNEL_OBJECT, _OWNER_INFORMATION, ctypes.byref(owner), None, None, None, ctypes.byref(descriptor)
    )
    if error:
        raise ctypes.WinError(error)
    try:
        return _text(owner)
    finally:
        _kernel.LocalFree(descriptor)


def _user_of(process: int) -> str:
    token, size = wintypes.HANDLE(), wintypes.DWORD()
    _succeeded(_advapi.OpenProcessToken(process, _TOKEN_QUERY, ctypes.byref(token)))
    try:
        _advapi.GetTokenInformation(token, _TOKEN_USER, None, 0, ctypes.byref(size))  # fails, and says the size
        found = ctypes.create_string_buffer(size.value)
        _succeeded(_advapi.GetTokenInformation(token, _TOKEN_USER, found, size, ctypes.byref(size)))
        return _text(ctypes.cast(found, ctypes.POINTER(ctypes.c_void_p))[0])  # TOKEN_USER begins with its pointer
    finally:
        _kernel.CloseHandle(token)


def _text(sid: ctypes.c_void_p | int | None) -> str:
    words = ctypes.c_void_p()
    _succeeded(_advapi.ConvertSidToStringSidW(sid, ctypes.byref(words)))
    try:
        return ctypes.wstring_at(words.value or 0)
    finally:
        _kernel.LocalFree(words)


def _succeeded(result: int) -> None:
    if not result:
        raise ctypes.WinError(ctypes.get_last_error())
