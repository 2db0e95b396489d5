"""A WiX source for wixl, written from staged files: a component each, with an id that depends on its place alone."""

import hashlib
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

NAMESPACE: Final = "http://schemas.microsoft.com/wix/2006/wi"
PROGRAM: Final = "program"
DATA: Final = "data"
ROOTS: Final = {PROGRAM: ("ProgramFiles64Folder", "Wardbeat"), DATA: ("CommonAppDataFolder", "wardbeat")}
"""For each folder of the staged files: the system's folder, and ours in it."""

EVENT_SOURCE: Final = r"SYSTEM\CurrentControlSet\Services\EventLog\Application\Wardbeat"
TEXTS_OF_EVENTS: Final = r"%SystemRoot%\System32\EventCreate.exe"
_OURS: Final = uuid.uuid5(uuid.NAMESPACE_DNS, "windows.packaging.wardbeat.invalid")
UPGRADE_CODE: Final = str(uuid.uuid5(_OURS, "upgrade")).upper()
_NO_PYTHON: Final = "Wardbeat needs Python {} for all users (python.org, 64 bit, with its launcher). It brings none."
_NEWER: Final = "A newer version of Wardbeat is installed. Remove it first, if you want to go back."


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A file to be installed.

    Attributes:
        place: Its path below `PROGRAM` or `DATA`, which is its first part.
        size: In bytes.
    """

    place: PurePosixPath
    size: int


def guid(name: str) -> str:
    """A GUID that is the same in each build and each version.

    >>> guid("program/lib/agent/cli.py") == guid("program/lib/agent/cli.py") != guid("program/lib/agent/model.py")
    True
    """
    return str(uuid.uuid5(_OURS, name)).upper()


def identifier(kind: str, place: PurePosixPath) -> str:
    """The key of a row in the installer's tables."""
    return f"{kind}{hashlib.sha256(place.as_posix().encode()).hexdigest()[:24]}"


def source(files: Iterable[StagedFile], version: str, python: str) -> str:
    """The WiX document.

    Args:
        files: All of them; their paths are relative to the folder in which wixl is started.
        version: Of the program.
        python: Which Python it needs, such as ``3.13``.
    """
    wix = ET.Element("Wix", xmlns=NAMESPACE)
    product = _product(wix, version)
    ET.SubElement(product, "MajorUpgrade", DowngradeErrorMessage=_NEWER)
    ET.SubElement(product, "Media", Id="1", Cabinet="wardbeat.cab", EmbedCab="yes")
    _needs_python(product, python)
    root = ET.SubElement(product, "Directory", Id="TARGETDIR", Name="SourceDir")
    folders = _folders(root, sorted(files, key=lambda file: file.place))
    components = [*folders, _menu(root, version), _events(root)]
    feature = ET.SubElement(product, "Feature", Id="Wardbeat", Title="Wardbeat", Level="1")
    for component in components:
        ET.SubElement(feature, "ComponentRef", Id=component)
    ET.indent(wix)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(wix, encoding="unicode") + "\n"


def _product(wix: ET.Element, version: str) -> ET.Element:
    """Another product with each version, which takes the place of those with the same code for upgrades."""
    product = ET.SubElement(
        wix,
        "Product",
        Id=guid(f"product {version}"),
        Name="Wardbeat",
        Version=version,
        Manufacturer="Wardbeat",
        Language="1033",
        UpgradeCode=UPGRADE_CODE,
    )
    ET.SubElement(
        product,
        "Package",
        InstallerVersion="500",
        Compressed="yes",
        InstallScope="perMachine",
        Description=f"Wardbeat {version}",
        Comments="Installing it starts nothing.",
    )
    return product


def _needs_python(product: ET.Element, python: str) -> None:
    """Refuse to install where no Python could run it, rather than leave a program that cannot start."""
    found = ET.SubElement(product, "Property", Id="PYTHON")
    key = rf"SOFTWARE\Python\PythonCore\{python}\InstallPath"
    search = {"Root": "HKLM", "Key": key, "Name": "ExecutablePath", "Type": "raw", "Win64": "yes"}
    ET.SubElement(found, "RegistrySearch", Id="python", **search)
    ET.SubElement(product, "Condition", Message=_NO_PYTHON.format(python)).text = "Installed OR PYTHON"


def _folders(root: ET.Element, files: list[StagedFile]) -> list[str]:
    """Folders as deep as the files lie, and a component for each file."""
    folders, components = {}, []
    for first, (of_system, ours) in ROOTS.items():
        above = ET.SubElement(root, "Directory", Id=of_system)
        folders[PurePosixPath(first)] = ET.SubElement(above, "Directory", Id=folder_id(first), Name=ours)
    for file in files:
        folder = _folder(folders, file.place.parent)
        key = identifier("c", file.place)
        component = ET.SubElement(folder, "Component", Id=key, Guid=guid(file.place.as_posix()), Win64="yes")
        place = {"Id": identifier("f", file.place), "Name": file.place.name, "Source": file.place.as_posix()}
        ET.SubElement(component, "File", KeyPath="yes", **place)
        components.append(key)
    locked = ET.SubElement(folders[PurePosixPath(DATA)], "Component", Id="data", Guid=guid("folder data"), Win64="yes")
    ET.SubElement(locked, "CreateFolder")
    return [*components, "data"]


def folder_id(first: str) -> str:
    """The key of one of our two folders."""
    return {PROGRAM: "INSTALLDIR", DATA: "DATADIR"}[first]


def _folder(folders: dict[PurePosixPath, ET.Element], place: PurePosixPath) -> ET.Element:
    if place not in folders:
        above = _folder(folders, place.parent)
        folders[place] = ET.SubElement(above, "Directory", Id=identifier("d", place), Name=place.name)
    return folders[place]


def _menu(root: ET.Element, version: str) -> str:
    """One entry in the Start menu: it opens the person's own page. Nothing starts with the machine or a session."""
    menu = ET.SubElement(root, "Directory", Id="ProgramMenuFolder")
    component = ET.SubElement(menu, "Component", Id="menu", Guid=guid("menu"), Win64="yes")
    entry = {"Name": "Wardbeat", "Description": "Your own page", "Target": "[INSTALLDIR]open.cmd"}
    ET.SubElement(
        component, "Shortcut", Id="open", Directory="ProgramMenuFolder", WorkingDirectory="INSTALLDIR", **entry
    )
    value = {"Root": "HKLM", "Key": r"Software\Wardbeat", "Name": "Version", "Type": "string", "Value": version}
    ET.SubElement(component, "RegistryValue", KeyPath="yes", **value)
    return "menu"


def _events(root: ET.Element) -> str:
    """The source of our events: EventCreate.exe has a text for each number to 1000, which shows the event's string."""
    program = next(one for one in root.iter("Directory") if one.get("Id") == folder_id(PROGRAM))
    component = ET.SubElement(program, "Component", Id="events", Guid=guid("events"), Win64="yes")
    values = (
        ("EventMessageFile", "string", TEXTS_OF_EVENTS),
        ("TypesSupported", "integer", "7"),
        ("CustomSource", "integer", "1"),
    )
    for name, kind, value in values:
        row = {"Root": "HKLM", "Key": EVENT_SOURCE, "Name": name, "Type": kind, "Value": value}
        ET.SubElement(component, "RegistryValue", row)
    return "events"
