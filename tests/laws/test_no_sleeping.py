"""Tests wait for events. Each sleep that is left stands in one table with its reason.

Programs that a test hands to another Python as text are not looked into.
"""

import ast
from pathlib import Path

TESTS = Path(__file__).parents[1]

POLL = "a helper that looks again and again, for all tests"
QUIET = "something must not happen for this long after the event before it"
LOAD = "the pace or the length of a load, a fault or a recording of traffic"
LATE = "a part under test answers late on purpose"
VIRTUAL = "simulated time, which an event loop or a session clock skips"
FOREIGN = "another program gives no event to wait for"

SLEEPS = {
    (
        "agent/commands/test_terminal.py",
        "test_a_minute_of_run_connects_to_the_broker_alone_and_writes_into_its_own_folder",
    ): (1, LOAD),
    ("agent/commands/test_terminal.py", "test_no_value_key_or_address_stands_in_a_log"): (1, LOAD),
    ("agent/page/test_browser.py", "test_a_frozen_page_stays_as_it_is"): (1, QUIET),
    ("agent/page/test_browser.py", "test_whoever_wants_less_motion_gets_a_still_page"): (1, QUIET),
    ("agent/page/test_browser.py", "test_what_left_can_be_searched_saved_and_proven"): (1, LOAD),
    ("agent/page/test_profiles.py", "test_a_pause_and_a_withdrawal_hold_within_their_seconds_and_are_shown"): (
        3,
        QUIET,
    ),
    ("agent/session/test_noticing.py", "looked_at"): (1, POLL),
    ("agent/sources/camera/test_camera.py", "test_every_fault_has_its_name_within_three_seconds_and_goes_within_ten"): (
        1,
        LOAD,
    ),
    ("agent/sources/camera/test_camera.py", "test_a_second_face_takes_every_number_away"): (1, LOAD),
    (
        "agent/sources/camera/test_camera.py",
        "test_the_camera_is_not_opened_before_consent_and_closes_within_a_second_of_pause",
    ): (1, QUIET),
    (
        "agent/sources/camera/test_camera.py",
        "test_a_slow_camera_is_neither_silent_nor_searched_too_seldom_in_a_burst",
    ): (1, LATE),
    ("agent/sources/camera/test_camera.py", "test_a_cancellation_that_comes_with_a_line_is_not_lost"): (1, LATE),
    ("agent/sources/strap/test_platform.py", "slow"): (1, LATE),
    ("agent/sources/strap/test_platform.py", "test_a_scan_whose_start_does_not_end_leaves_no_discovery_behind"): (
        2,
        LATE,
    ),
    ("agent/sources/strap/test_platform.py", "test_a_power_cycle_that_is_cancelled_leaves_the_adapter_on"): (1, LATE),
    ("agent/sources/strap/test_platform.py", "test_only_the_bus_and_the_daemon_are_believed"): (2, QUIET),
    ("agent/system/test_cores.py", "crashed"): (1, FOREIGN),
    ("attacks/test_core_files.py", "quit_at"): (1, FOREIGN),
    ("attacks/test_attacks.py", "test_a_silent_hub_does_not_make_the_worn_strap_louder"): (1, LOAD),
    ("attacks/test_attacks.py", "test_a_hub_that_is_silent_is_told_to_the_person"): (1, LOAD),
    ("attacks/test_attacks.py", "test_a_key_directory_beyond_any_sense_is_not_even_read"): (1, QUIET),
    ("attacks/test_page.py", "test_the_file_is_this_user_s_alone_and_goes"): (2, QUIET),
    ("attacks/test_page.py", "test_a_thousand_requests_a_second_cost_no_beat"): (1, LOAD),
    ("attacks/test_page.py", "test_a_locked_session_ends_the_page"): (1, QUIET),
    ("attacks/test_page.py", "test_an_answer_of_a_dead_page_goes_to_no_other"): (2, LOAD),
    ("chaos/agent.py", "main"): (3, LOAD),
    ("chaos/faults.py", "copied_machine"): (1, LOAD),
    ("chaos/faults.py", "hub_restored_from_a_backup"): (1, LOAD),
    ("chaos/faults.py", "hub_clock_a_year_wrong"): (1, LOAD),
    ("chaos/proxy.py", "Proxy._forward"): (2, LOAD),
    ("chaos/storm.py", "Storm.wait"): (1, LOAD),
    ("chaos/storm.py", "Storm.calm"): (1, FOREIGN),
    ("chaos/test_delivery.py", "test_nothing_committed_is_lost_or_doubled_by_kill_9"): (2, LOAD),
    ("support/floods.py", "_publish"): (1, LOAD),
    ("support/floods.py", "_silent"): (2, LOAD),
    ("support/floods.py", "Flooded._tick"): (1, LOAD),
    ("fuzz/straps.py", "Heard.for_ever"): (1, LOAD),
    ("fuzz/straps.py", "over_bumble"): (1, LOAD),
    ("fuzz/straps.py", "over_the_bus"): (3, LOAD),
    ("fuzz/test_straps.py", "test_a_cancellation_that_a_library_loses_is_said_again"): (2, VIRTUAL),
    ("radio/__main__.py", "GuestPlace.pass_time"): (1, LOAD),
    ("radio/__main__.py", "GuestPlace.sleep_machine"): (1, LOAD),
    ("radio/__main__.py", "GuestPlace._seen"): (1, FOREIGN),
    ("radio/in_guest.py", "Host.end"): (1, FOREIGN),
    ("radio/in_guest.py", "Host.power"): (1, FOREIGN),
    ("radio/in_guest.py", "Host.rename"): (1, FOREIGN),
    ("radio/in_guest.py", "Host.restore"): (1, FOREIGN),
    ("scenarios/test_whole_way.py", "test_the_wire_shows_one_size_one_rate_and_no_word_through_pause_and_withdrawal"): (
        3,
        LOAD,
    ),
    ("scenarios/test_whole_way.py", "test_the_limits_of_the_broker_are_kept"): (1, QUIET),
    ("support/camera_program.py", "Scripted.grab"): (2, LOAD),
    ("support/fast_stack.py", "FastPlace.pass_time"): (1, VIRTUAL),
    ("support/fast_stack.py", "FastPlace._until"): (1, POLL),
    ("support/hostile_radio.py", "torment"): (2, VIRTUAL),
    ("support/hostile_radio.py", "lived"): (1, VIRTUAL),
    ("support/page_pictures.py", "main"): (2, LOAD),
    ("support/page_pictures.py", "_shot"): (1, LOAD),
    ("support/processes.py", "wait_for"): (1, POLL),
    ("support/processes.py", "until"): (1, POLL),
    ("support/terminal.py", "on_terminal"): (1, FOREIGN),
    ("support/virtual_time.py", "pass_s"): (1, VIRTUAL),
    ("support/virtual_time.py", "leftovers"): (1, VIRTUAL),
    ("support/virtual_time.py", "Leaping.sleep_until"): (1, VIRTUAL),
}
"""(file, function): how many sleeps, and why."""


def sleeps(text: str) -> list[tuple[str, int]]:
    """(function, line) of each call of time.sleep or asyncio.sleep, under whatever name; ``sleep(0)`` only lets others run.

    A method is named Class.method; what a function contains counts for it.
    """
    tree = ast.parse(text)
    modules, names = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.asname or alias.name for alias in node.names if alias.name in ("time", "asyncio")}
        elif isinstance(node, ast.ImportFrom) and node.module in ("time", "asyncio"):
            names |= {alias.asname or alias.name for alias in node.names if alias.name == "sleep"}
    found = []

    def is_sleep(call: ast.Call) -> bool:
        match call.func:
            case ast.Attribute(value=ast.Name(id=module), attr="sleep"):
                is_one = module in modules
            case ast.Name(id=name):
                is_one = name in names
            case _:
                is_one = False
        is_yield = bool(call.args) and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0
        return is_one and not is_yield

    def look(node: ast.AST, place: str, *, is_inside: bool) -> None:
        for child in ast.iter_child_nodes(node):
            inner, inside = place, is_inside
            if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not is_inside:
                inner = f"{place}.{child.name}" if place else child.name
                inside = not isinstance(child, ast.ClassDef)
            if isinstance(child, ast.Call) and is_sleep(child):
                found.append((inner or "<module>", child.lineno))
            look(child, inner, is_inside=inside)

    look(tree, "", is_inside=False)
    return found


def faults(texts: dict[str, str], table: dict[tuple[str, str], tuple[int, str]]) -> list[str]:
    """Sleeps without a row, more than a row allows, rows for sleeps that are gone."""
    lines: dict[tuple[str, str], list[int]] = {}
    for file, text in texts.items():
        for function, line in sleeps(text):
            lines.setdefault((file, function), []).append(line)
    found = []
    for file, function in sorted(set(lines) | set(table)):
        here, (allowed, _) = lines.get((file, function), []), table.get((file, function), (0, ""))
        if len(here) > allowed:
            found.append(
                f"tests/{file}:{here[-1]}: {function} sleeps {len(here)} times, {allowed} allowed; wait for an event "
                "(processes.wait_for, processes.until, virtual_time.pass_s), or give a reason in SLEEPS"
            )
        elif len(here) < allowed:
            found.append(
                f"SLEEPS, row {(file, function)}: {len(here)} sleeps there, {allowed} in the row; correct the row"
            )
    return found


def texts() -> dict[str, str]:
    return {
        file.relative_to(TESTS).as_posix(): file.read_text(encoding="utf-8")
        for file in TESTS.rglob("*.py")
        if "node_modules" not in file.parts
    }


def test_no_test_sleeps_without_a_reason():
    assert faults(texts(), SLEEPS) == []


def test_the_law_finds_each_kind_of_sleep():
    planted = {
        "test_a.py": "import time\ndef test_a():\n    time.sleep(1)\n    time.sleep(2)\n",
        "test_b.py": "import asyncio\nclass Place:\n    async def f(self):\n        await asyncio.sleep(0.1)\n",
        "test_c.py": "from time import sleep as nap\nnap(3)\n",
        "test_d.py": "import asyncio\nasync def test_d():\n    await asyncio.sleep(0)\n",
        "test_e.py": "def test_e(clock):\n    clock.sleep(3600)\n",
    }
    found = faults(planted, {("test_a.py", "test_a"): (1, LOAD), ("test_d.py", "test_d"): (1, LOAD)})
    assert [line.split(";")[0] for line in found] == [
        "tests/test_a.py:4: test_a sleeps 2 times, 1 allowed",
        "tests/test_b.py:4: Place.f sleeps 1 times, 0 allowed",
        "tests/test_c.py:2: <module> sleeps 1 times, 0 allowed",
        "SLEEPS, row ('test_d.py', 'test_d'): 0 sleeps there, 1 in the row",
    ]
