"""Camera sessions on the files of an agent that does not run: the plan is kept, and the camera stays closed."""

import json
from contextlib import closing
from pathlib import Path

from agent.control import camera_words
from agent.control.camera_words import CameraWish
from agent.control.channel import Reply
from agent.days.store import DayStore
from agent.errors import WrongUse
from agent.outbox import Outbox, camera_plan, pauses
from agent.outbox.camera_plan import CameraPlan, Skips
from agent.privacy.vault import Vault
from agent.session import appointment_times as times
from agent.session.appointment_list import NOTHING_TO_SKIP, Listed, known_shifts, listed
from agent.session.appointment_times import Shift
from agent.system import host
from agent.weeks import days
from agent.windows.history import History


def carried_out(wish: CameraWish, outbox: Outbox, folder: Path, vault: Vault, now_utc_s: int) -> Reply:
    """Show, try, choose or skip.

    Raises:
        WrongUse: The plan cannot be kept, or there is nothing to skip.
        StorageFull: Nothing was changed.
    """
    if wish.what == "try":
        found = _listed(wish.plan, Skips(), outbox, _shifts(wish.plan, folder, vault), now_utc_s)
        return Reply(body=json.dumps(camera_words.as_body(wish.plan, found)))
    words = ""
    if wish.what == "choose":
        camera_plan.choose(outbox, wish.plan)
        words = camera_words.plan_words(wish.plan)
    plan = camera_plan.plan(outbox)
    shifts = _shifts(plan, folder, vault)
    if wish.what in ("skip", "rest"):
        until_utc_s = _skip(wish, outbox, _listed(plan, camera_plan.skips(outbox), outbox, shifts, now_utc_s),
                            times.rest_until_utc_s(shifts, now_utc_s, host.local_time))  # fmt: skip
        words = camera_words.skipped_words(until_utc_s, rest=wish.what == "rest")
    found = _listed(plan, camera_plan.skips(outbox), outbox, shifts, now_utc_s)
    return Reply(body=json.dumps(camera_words.as_body(plan, found)), words=words)


def _skip(wish: CameraWish, outbox: Outbox, found: list[Listed], rest_until_utc_s: int) -> int:
    if wish.what == "rest":
        camera_plan.skip_until(outbox, rest_until_utc_s)
        return rest_until_utc_s
    coming = [one.appointment for one in found if one.state == "coming"]
    if not coming:
        raise WrongUse(NOTHING_TO_SKIP, remedy="'wardbeat camera show' lists the times.")
    camera_plan.skip(outbox, coming[0].start_utc_s)
    return coming[0].end_utc_s


def _listed(plan: CameraPlan, skips: Skips, outbox: Outbox, shifts: tuple[Shift, ...], now_utc_s: int) -> list[Listed]:
    return listed(times.shown(plan, shifts, now_utc_s, host.local_time), skips, pauses.hours(outbox), now_utc_s)


def _shifts(plan: CameraPlan, folder: Path, vault: Vault) -> tuple[Shift, ...]:
    if plan.how != "per_shift" or not (folder / "history.db").exists():
        return ()
    with closing(History(folder / "history.db", vault)) as history:
        told = history.told()
    with closing(DayStore(folder / "history.db", vault, writes=False)) as store:
        return known_shifts(told, days.of(store).shifts)
