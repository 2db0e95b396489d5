"""What the running agent says of itself, for `wardbeat doctor`."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from agent.commands.doctor_rows import Check
from agent.config import Settings
from agent.control import channel
from agent.control.channel import Command
from agent.errors import AgentBusy, NotRunning, WardbeatError
from agent.outbox import Outbox, camera_plan, pauses
from agent.privacy.vault import existing_vault
from agent.tables.profiles import Profile

RECEIPTS_LATE_S: Final = 1800  # six slots; a busy hub answers within one
_OWN_CHECK: Final = ("broker", "certificate", "directory", "clock", "hub", "consent")


@dataclass(frozen=True, slots=True)
class Said:
    """The agent's answer.

    Attributes:
        body: Of `status`; empty where it gave none.
        error: Why it gave none.
        switched: Sensors that the person switched on or off.
        has_sessions: Whether the camera is limited to announced sessions.
    """

    body: Mapping[str, Any] = field(default_factory=dict)
    error: WardbeatError | None = None
    switched: Mapping[str, bool] = field(default_factory=dict)
    has_sessions: bool = False

    @classmethod
    def ask(cls, settings: Settings) -> Self:
        """Ask the running agent; where none runs, its files say which sensors are on."""
        try:
            body = json.loads(channel.ask(settings.state_dir, Command("status")).body)
            return cls(
                body, switched=body["sensors"], has_sessions=body.get("camera", {}).get("how", "always") != "always"
            )
        except NotRunning as error:
            switched, has_sessions = _chosen(settings)
            return cls(error=error, switched=switched, has_sessions=has_sessions)
        except AgentBusy as error:
            return cls(error=error, has_sessions=_chosen(settings)[1])
        except (ValueError, KeyError, TypeError):
            words = "the running agent gave an answer that cannot be read"
            return cls(error=AgentBusy(words, remedy="Start the agent again."))

    @property
    def runs(self) -> bool:
        """Whether an agent runs here, busy or not."""
        return not isinstance(self.error, NotRunning)

    def part(self, name: str) -> Mapping[str, Any]:
        """A part's state on the agent's board; empty where it has none."""
        return next((one for one in self.body.get("states", ()) if one["part"] == name), {})


def checks(said: Said, profile: Profile) -> Iterator[Check]:
    """The agent, its sensors, and what else it reports."""
    for state in said.body.get("states", ()):
        if state["part"].startswith("source."):
            ok = {"ok": True, "waiting": None, "off": None}.get(state["level"], False)
            words = state["words"] + (f" → {state['remedy']}" if ok is None and state["remedy"] else "")
            yield Check(state["part"], ok, words, state["remedy"])
    if plan := said.part("camera_plan"):
        yield Check("camera_plan", ok=True, words=plan["words"])
    yield _agent(said, profile)
    if notices := said.part("notices"):
        ok = True if notices["level"] == "ok" else None
        words = notices["words"] + (f" → {notices['remedy']}" if ok is None and notices["remedy"] else "")
        yield Check("notices", ok, words)
    if said.body:
        yield _trouble(said)


def _agent(said: Said, profile: Profile) -> Check:
    if said.error is not None:
        return Check("agent", ok=False, words=str(said.error), remedy=said.error.remedy)
    if said.body["profile"] != profile.name:
        words = f"the running agent has the profile {said.body['profile']}, these settings name {profile.name}"
        return Check("agent", ok=False, words=words, remedy="Use the same --config for every command.")
    if said.body["unheard"]:
        words = "running; the hub has not yet confirmed your latest consent, withdrawal or erasure"
        return Check("agent", ok=True, words=words)
    return Check("agent", ok=True, words=f"running{', paused' if said.body['paused'] else ''}")


def _trouble(said: Said) -> Check:
    for state in said.body["states"]:
        own = state["part"].startswith("source.") or state["part"] in _OWN_CHECK
        if state["level"] == "trouble" and not own:
            return Check("trouble", ok=False, words=f"{state['part']}: {state['words']}", remedy=state["remedy"])
    return Check("trouble", ok=True, words="none")


def _chosen(settings: Settings) -> tuple[dict[str, bool], bool]:
    """Sensors that the person switched, and whether the camera is limited to sessions, as the files have it."""
    file = settings.state_dir / "outbox.db"
    try:
        if not file.exists():
            return {}, False
        vault = existing_vault(settings.state_dir, settings.key_store)
        with Outbox(file, vault, None, writes=False) as outbox:
            return pauses.switches(outbox), camera_plan.plan(outbox).how != "always"
    except (WardbeatError, OSError):  # its own check says so
        return {}, True
