"""The Debian packages, one row each, and the releases of Debian that they are built for."""

from dataclasses import dataclass, field
from typing import Final

LIB: Final = "opt/wardbeat"
"""Where the program lies: `bin/python3` is a link to the system's Python, which finds its packages by `pyvenv.cfg`."""


@dataclass(frozen=True, slots=True)
class Package:
    """One package.

    Attributes:
        name: Of the Debian package.
        lock: File of `packaging/locks` with the hashes of its libraries.
        beside: The lock of the package that it depends on: what that one brings is not brought twice.
        own: Which top-level packages of our own code it carries.
        depends: Debian packages, beside Python itself.
        summary, words: For `apt show`.
        files: Files of this repository, and where they go.
        models: Whether it carries the face models.
    """

    name: str
    lock: str
    own: tuple[str, ...]
    summary: str
    words: str
    beside: str | None = None
    depends: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    models: bool = False


@dataclass(frozen=True, slots=True)
class Release:
    """One release of Debian: its suite, its number, its Python, and the oldest C library that its machines have."""

    suite: str
    number: int
    python: str
    platform: str


RELEASES: Final = (
    Release("bookworm", 12, "3.11", "manylinux_2_36"),
    Release("trixie", 13, "3.13", "manylinux_2_40"),
)


@dataclass(frozen=True, slots=True)
class System:
    """A system beside Debian that libraries are staged for: its Python, and its name in uv after the machine's."""

    python: str
    platform: str


WINDOWS: Final = System("3.13", "pc-windows-msvc")
MACOS: Final = System("3.13", "apple-darwin")
MACHINES: Final = {"amd64": "x86_64", "arm64": "aarch64"}

_OWN_VERSION: Final = "{version}"

PACKAGES: Final = (
    Package(
        "wardbeat-agent",
        "agent.lock",
        own=("agent",),
        summary="heart-rate variability from a strap; only sealed summaries leave",
        words="The agent of one person: it reads a Bluetooth strap, computes heart-rate variability on this machine, "
        "and publishes only what the person has consented to. Installing it starts nothing.",
        depends=("bluez", "dbus"),
        files={
            "packaging/deb/wardbeat": "usr/bin/wardbeat",
            "packaging/deb/wardbeat.1": "usr/share/man/man1/wardbeat.1",
            "agent/service/wardbeat.service": "usr/lib/systemd/user/wardbeat.service",
            "packaging/systemd/wardbeat@.service": "usr/lib/systemd/system/wardbeat@.service",
            "packaging/launcher/wardbeat.desktop": "usr/share/applications/wardbeat.desktop",
            "packaging/launcher/wardbeat.svg": "usr/share/icons/hicolor/scalable/apps/wardbeat.svg",
            "packaging/launcher/wardbeat-symbolic.svg": "usr/share/icons/hicolor/symbolic/apps/wardbeat-symbolic.svg",
            "packaging/deb/policy.yaml": "etc/wardbeat/policy.yaml",
            "packaging/deb/settings.yaml": "etc/wardbeat/settings.yaml",
        },
    ),
    Package(
        "wardbeat-camera",
        "camera.lock",
        beside="agent.lock",
        own=(),
        summary="facial actions for the agent, computed on this machine",
        words="What the agent needs to read movements of a face from a camera, with the face models. No picture is "
        "kept or sent. The camera stays off until the person switches it on.",
        depends=(f"wardbeat-agent (= {_OWN_VERSION})",),
        files={"packaging/systemd/camera.conf": "usr/lib/systemd/system/wardbeat@.service.d/camera.conf"},
        models=True,
    ),
    Package(
        "wardbeat-hub",
        "hub.lock",
        beside="agent.lock",
        own=("hub",),
        summary="receives, stores and scores sealed summaries",
        words="The hub of a site: it receives sealed summaries from an MQTT broker, stores and receipts them, "
        "scores them, and shows a care team the people who asked for it. Each process has its own user. Installing it "
        "starts nothing.",
        depends=(f"wardbeat-agent (= {_OWN_VERSION})",),
        files={
            "packaging/systemd/wardbeat-hub.service": "usr/lib/systemd/system/wardbeat-hub.service",
            "packaging/systemd/broker/wardbeat-broker.service": "usr/lib/systemd/system/wardbeat-broker.service",
            "packaging/systemd/wardbeat-score.service": "usr/lib/systemd/system/wardbeat-score.service",
            "packaging/systemd/wardbeat-alerts.service": "usr/lib/systemd/system/wardbeat-alerts.service",
            "packaging/systemd/wardbeat-care.service": "usr/lib/systemd/system/wardbeat-care.service",
            "packaging/systemd/wardbeat-metrics.service": "usr/lib/systemd/system/wardbeat-metrics.service",
            "docs/prometheus/wardbeat-hub.rules.yml": "usr/share/doc/wardbeat-hub/prometheus/wardbeat-hub.rules.yml",
            **{
                f"docs/grafana/{name}.json": f"usr/share/doc/wardbeat-hub/grafana/{name}.json"
                for name in ("receiving", "scoring", "keys", "groups")
            },
            "packaging/systemd/hub.sysusers": "usr/lib/sysusers.d/wardbeat-hub.conf",
            "packaging/systemd/hub.tmpfiles": "usr/lib/tmpfiles.d/wardbeat-hub.conf",
        },
    ),
)
