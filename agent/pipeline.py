"""The one file that starts tasks: it builds a `Session`, starts every loop over it, and ends them together.

source.NAME ──queue──▶ collect ──▶ ring ──▶ release ──▶ history, gate, outbox ──▶ publish.* ──▶ broker
                                   control, marks, page ──▶ pause, withdraw, erase
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any

from agent.config import Settings
from agent.config_watch import SettingsWatch
from agent.control import channel, handlers, marks
from agent.enrollment.enrolled import Identity
from agent.errors import OutboxBroken
from agent.outbox import arousal_choice, damage
from agent.page.process import PageProcess
from agent.session import appointments, enrolling, loops, noticing
from agent.session.sensors import session_clock
from agent.session.session import Session
from agent.sources import Eyes, Radio
from agent.system import signals
from agent.system.clock import Clock
from agent.system.run_mode import RunMode
from agent.system.status import Level
from agent.tables.profiles import Profile

_ASK_ADMINISTRATOR = "Ask whoever administers this machine. Wardbeat continues when the policy allows it."

Task = Callable[[], Coroutine[Any, Any, None]]


class _RunEnded(Exception):
    """Ends the task group: asked to stop, or done."""


async def run(
    settings: Settings,
    profile: Profile,
    clock: Clock | None = None,
    *,
    mode: RunMode | None = None,
    radio: Radio | None = None,
    eyes: Eyes | None = None,
    stop: asyncio.Event | None = None,
    watch: SettingsWatch | None = None,
    extra_tasks: Mapping[str, Callable[[Session], Awaitable[None]]] | None = None,
) -> None:
    """Run the agent until it is stopped, or until a one-shot run is done.

    Args:
        settings: From `agent.config`.
        profile: The policy in force.
        clock: Default: the real session clock; on a UTC window boundary when a recording is replayed.
        mode: See `RunMode`.
        radio, eyes: A simulated Bluetooth or camera process, for demo and tests; default: the system's own.
        stop: Set it to end the run.
        watch: The files of the settings, where a change of them is to be taken over while the agent runs.
        extra_tasks: Further tasks, by name (the demo's live view).

    Raises:
        AlreadyRunning: Another agent holds the state folder.
        BeginAgain: The settings have changed; `watch` holds what is in force now.
        WardbeatError: What stopped the agent.
    """
    mode = mode or RunMode()
    clock = clock or session_clock(settings, mode)
    with ExitStack() as parts:
        session = Session(settings, profile, clock, mode, parts, radio=radio, eyes=eyes)
        marks.obey(session)  # decided while no agent could hear it
        tasks: dict[str, Task] = {
            "collect": partial(loops.collect, session),
            "release": partial(_until_released, session),
        }
        if mode.serves:
            tasks |= _serving(session)
        if watch is not None:
            tasks["settings"] = partial(_until_changed, session, watch)
        if stop is not None:
            tasks["stop"] = partial(_until_stopped, stop)
        for name, extra in (extra_tasks or {}).items():
            tasks[f"extra.{name}"] = partial(_as_coroutine, partial(extra, session))
        try:
            await _run_together(session, tasks)
        except BaseExceptionGroup as group_error:
            _, rest = group_error.split(_RunEnded)
            if rest is not None:
                if rest.subgroup(OutboxBroken) is not None:
                    damage.suspect(session.folder)
                raise _first(rest) from None


async def _run_together(session: Session, tasks: Mapping[str, Task]) -> None:
    async with asyncio.TaskGroup() as group:
        running = [
            group.create_task(loops.run_sensor(session, name, _start), name=f"source.{name}")
            for name in loops.sensors_to_run(session)
        ]
        group.create_task(loops.until_sensors_end(session, running), name="sources")
        for name, task in tasks.items():
            group.create_task(task(), name=name)


def _start(coroutine: Coroutine[Any, Any, None], name: str) -> "asyncio.Task[None]":
    """A task outside the group: the loop that starts it waits for it, cancels it and reads its error."""
    return asyncio.create_task(coroutine, name=name)


def _serving(session: Session) -> dict[str, Task]:
    """What a resident agent does for the person, and for the hub."""
    page = PageProcess(session)
    handle = partial(handlers.handle, session, open_page=page.opened)
    tasks: dict[str, Task] = {
        "marks": partial(marks.keep, session),
        "control": partial(channel.serve, session.folder, handle),
        "broken": session.until_broken,
        "pauses": partial(loops.keep_pauses, session),
        "appointments": partial(appointments.keep, session.appointments),
        "clock": partial(loops.keep_clock, session),
        "page": page.keep,
        "page.slow": page.slow,
        "page.live": page.live,
        "notices": partial(noticing.keep_notices, session, page.opened),
    }
    if arousal_choice.is_allowed(session.profile):
        from agent.session import arousal  # not even loaded where the place has no such reading

        session.arousal = arousal.ArousalNow(session)
        tasks["arousal"] = partial(arousal.keep, session.arousal)
    if (port := session.settings.metrics.port) is not None:
        from agent.control import metrics  # with its parser of HTTP, where somebody wants it alone

        tasks["metrics"] = partial(metrics.keep_metrics, session.board, port)
    if (folder := session.settings.days.calendar_folder) is not None:
        from agent.session import roster  # with the importer, where somebody has such a folder

        tasks["roster"] = partial(roster.keep_roster, session, folder.expanduser())
    if session.mode.held:
        session.board.set("policy", Level.TROUBLE, f"{session.mode.held}; nothing leaves", _ASK_ADMINISTRATOR)
    elif session.identity is not None:
        tasks |= _publishing(session, session.identity)
    elif session.profile.recipients:
        tasks["enroll"] = partial(enrolling.keep_enrolling, session)
    return tasks


def _publishing(session: Session, identity: Identity) -> dict[str, Task]:
    from agent.publisher import Publisher, PublisherSettings  # paho only where something leaves

    mqtt = session.settings.mqtt
    session.publisher = Publisher(
        session.folder,
        session.vault,
        identity,
        session.outbox,
        PublisherSettings(mqtt.version, mqtt.keepalive_s, mqtt.resend_after_s, mqtt.in_flight),
        session.board,
        slot_s=session.mode.slot_s,
        utc_s=session.utc_s,
    )
    return {
        "publish.link": session.publisher.keep_link,
        "publish.slots": session.publisher.keep_slots,
        "publish.listen": session.publisher.listen,
    }


async def _until_released(session: Session) -> None:
    await loops.release_windows(session, _start)
    raise _RunEnded


async def _until_changed(session: Session, watch: SettingsWatch) -> None:
    loops.show_settings(session, watch.error)
    if not session.mode.held:
        session.board.set("policy", Level.OK, "read")
    asked = asyncio.Event()
    if session.mode.alive is not None:  # a terminal that is closed sends the same signal, and ends the agent
        signals.on_reload(asked)
    await loops.keep_settings(session, watch, asked)


async def _until_stopped(stop: asyncio.Event) -> None:
    await stop.wait()
    raise _RunEnded


async def _as_coroutine(task: Callable[[], Awaitable[None]]) -> None:
    await task()


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
