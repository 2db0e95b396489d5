"""What wixl cannot write into an installer, and how its tables are read: msibuild and msiinfo of msitools."""

import csv
import struct
import subprocess
from pathlib import Path
from typing import Final

import wix

_PERMANENT: Final = 16
_NEVER_OVERWRITE: Final = 128
_64_BIT: Final = 256
# Whoever may sign in reads the machine's settings; administrators and the system alone write them. Without this, the
# rights of ProgramData would let everyone lay files there.
ACCESS: Final = "D:P(A;OICI;GA;;;SY)(A;OICI;GA;;;BA)(A;OICI;GRGX;;;BU)"
_LOCK: Final = (
    "MsiLockPermissionsEx\tLockObject\tTable\tSDDLText\tCondition\n"
    "s72\ts72\ts32\ts0\tS255\n"
    "MsiLockPermissionsEx\tMsiLockPermissionsEx\n"
    f"data\t{wix.folder_id(wix.DATA)}\tCreateFolder\t{ACCESS}\t\n"
)
_PATH: Final = (
    "Environment\tName\tValue\tComponent_\n"
    "s72\tl255\tL255\ts72\n"
    "Environment\tEnvironment\n"
    "path\t=-*PATH\t[~];[INSTALLDIR]\tmenu\n"
)
_ACTIONS: Final = {"RemoveEnvironmentStrings": 3300, "WriteEnvironmentStrings": 5200}
_FILETIME: Final = struct.Struct("<IQ")  # the type's number, and 100 ns since 1601
_VT_FILETIME: Final = 64
_SECONDS_1601: Final = 11_644_473_600


def complete(msi: Path, kept: list[str], code: str) -> None:
    """Add what wixl has no words for: settings that stay, rights of a folder, the search path, and the package's code.

    Args:
        msi: As wixl wrote it.
        kept: Components whose file is never overwritten and never removed.
        code: GUID of this package.
    """
    attributes = _PERMANENT | _NEVER_OVERWRITE | _64_BIT
    queries = [f"UPDATE Component SET Attributes = {attributes} WHERE Component = '{key}'" for key in kept]
    queries += [
        f"INSERT INTO InstallExecuteSequence (Action, Sequence) VALUES ('{action}', {number})"
        for action, number in _ACTIONS.items()
    ]
    # REG_EXPAND_SZ: wixl knows the word and writes a plain string
    expanded = f"#%{wix.TEXTS_OF_EVENTS}"
    queries.append(f"UPDATE `Registry` SET `Value` = '{expanded}' WHERE `Value` = '{wix.TEXTS_OF_EVENTS}'")
    for query in queries:
        subprocess.run(["msibuild", str(msi), "-q", query], check=True)
    for name, rows in (("MsiLockPermissionsEx", _LOCK), ("Environment", _PATH)):
        table = msi.with_name(f"{name}.idt")
        table.write_text(rows, encoding="utf-8", newline="\r\n")
        subprocess.run(["msibuild", str(msi), "-i", str(table)], check=True)
        table.unlink()
    subprocess.run(["msibuild", str(msi), "-s", "Wardbeat", "Wardbeat", "x64;1033", f"{{{code}}}"], check=True)


def settle_times(msi: Path, from_s: int, until_s: int, epoch_s: int) -> int:
    """Give the two times of the summary another moment; how many were found.

    Args:
        msi: The installer.
        from_s: When its build began, in UTC seconds.
        until_s: When it ended.
        epoch_s: The moment that it shall tell.
    """
    content, found = bytearray(msi.read_bytes()), 0
    new = _FILETIME.pack(_VT_FILETIME, (epoch_s + _SECONDS_1601) * 10**7)
    place = content.find(_FILETIME.pack(_VT_FILETIME, 0)[:4])
    while place >= 0:
        if place + _FILETIME.size <= len(content):
            told_s = _FILETIME.unpack_from(content, place)[1] / 10**7 - _SECONDS_1601
            if from_s - 1 <= told_s <= until_s + 1:
                content[place : place + len(new)] = new
                found += 1
        place = content.find(new[:4], place + 1)
    msi.write_bytes(content)
    return found


def table(msi: Path, name: str) -> list[dict[str, str]]:
    """The rows of a table of an installer."""
    words = ["msiinfo", "export", str(msi), name]
    text = subprocess.run(words, check=True, capture_output=True, text=True, encoding="utf-8").stdout
    head, _, _, *rows = csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return [dict(zip(head, row, strict=False)) for row in rows]
