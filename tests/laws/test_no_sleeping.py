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
    ): LOAD,
    ("agent/commands/test_terminal.py", "test_no_value_key_or_address_stands_in_a_log"): LOAD,
    ("agent/outbox/test_damage.py", "test_the_program_goes_on_when_its_outbox_breaks_under_it"): LOAD,
    ("agent/page/test_browser.py", "test_a_frozen_page_stays_as_it_is"): QUIET,
    ("agent/page/test_browser.py", "test_whoever_wants_less_motion_gets_a_still_page"): QUIET,
    ("agent/page/test_browser.py", "test_what_left_can_be_searched_saved_and_proven"): LOAD,
    ("agent/page/test_profiles.py", "test_a_pause_and_a_withdrawal_hold_within_their_seconds_and_are_shown"): QUIET,
    (
        "agent/sources/camera/test_camera.py",
        "test_every_fault_has_its_name_within_three_seconds_and_goes_within_ten",
    ): LOAD,
    ("agent/sources/camera/test_camera.py", "test_a_second_face_takes_every_number_away"): LOAD,
    (
        "agent/sources/camera/test_camera.py",
        "test_the_camera_is_not_opened_before_consent_and_closes_within_a_second_of_pause",
    ): QUIET,
    (
        "agent/sources/camera/test_camera.py",
        "test_a_slow_camera_is_neither_silent_nor_searched_too_seldom_in_a_burst",
    ): LATE,
    ("agent/sources/camera/test_camera.py", "test_a_cancellation_that_comes_with_a_line_is_not_lost"): LATE,
    ("agent/sources/strap/test_platform.py", "slow"): LATE,
    ("agent/sources/strap/test_platform.py", "test_a_scan_whose_start_does_not_end_leaves_no_discovery_behind"): LATE,
    ("agent/sources/strap/test_platform.py", "test_a_power_cycle_that_is_cancelled_leaves_the_adapter_on"): LATE,
    ("agent/sources/strap/test_platform.py", "test_only_the_bus_and_the_daemon_are_believed"): QUIET,
    ("agent/sources/strap/test_strap.py", "test_bleak_finds_reads_and_is_refused_as_the_services_say"): LOAD,
    (
        "agent/sources/strap/test_strap.py",
        "test_only_a_bound_strap_is_read_and_another_at_its_address_is_refused",
    ): QUIET,
    ("agent/system/test_cores.py", "crashed"): FOREIGN,
    ("attacks/test_attacks.py", "test_a_silent_hub_does_not_make_the_worn_strap_louder"): LOAD,
    ("attacks/test_attacks.py", "test_a_hub_that_is_silent_is_told_to_the_person"): LOAD,
    ("attacks/test_attacks.py", "test_a_key_directory_beyond_any_sense_is_not_even_read"): QUIET,
    ("attacks/test_page.py", "test_the_file_is_this_user_s_alone_and_goes"): QUIET,
    ("attacks/test_page.py", "test_a_thousand_requests_a_second_cost_no_beat"): LOAD,
    ("attacks/test_page.py", "test_a_locked_session_ends_the_page"): QUIET,
    ("attacks/test_page.py", "test_an_answer_of_a_dead_page_goes_to_no_other"): LOAD,
    ("chaos/agent.py", "main"): LOAD,
    ("chaos/faults.py", "copied_machine"): LOAD,
    ("chaos/faults.py", "hub_restored_from_a_backup"): LOAD,
    ("chaos/faults.py", "hub_clock_a_year_wrong"): LOAD,
    ("chaos/proxy.py", "_forward"): LOAD,
    ("chaos/storm.py", "calm"): FOREIGN,
    ("chaos/storm.py", "wait"): LOAD,
    ("chaos/test_delivery.py", "test_nothing_committed_is_lost_or_doubled_by_kill_9"): LOAD,
    ("fuzz/straps.py", "for_ever"): LOAD,
    ("fuzz/straps.py", "over_bumble"): LOAD,
    ("fuzz/straps.py", "over_the_bus"): LOAD,
    ("fuzz/test_straps.py", "test_a_cancellation_that_a_library_loses_is_said_again"): VIRTUAL,
    ("radio/__main__.py", "_seen"): FOREIGN,
    ("radio/__main__.py", "pass_time"): LOAD,
    ("radio/__main__.py", "sleep_machine"): LOAD,
    ("radio/in_guest.py", "end"): FOREIGN,
    ("radio/in_guest.py", "power"): FOREIGN,
    ("radio/in_guest.py", "rename"): FOREIGN,
    ("radio/in_guest.py", "restore"): FOREIGN,
    ("scenarios/test_whole_way.py", "sleep_until"): VIRTUAL,
    (
        "scenarios/test_whole_way.py",
        "test_the_wire_shows_one_size_one_rate_and_no_word_through_pause_and_withdrawal",
    ): LOAD,
    ("scenarios/test_whole_way.py", "test_what_the_broker_can_take_is_heeded"): QUIET,
    ("support/camera_program.py", "grab"): LOAD,
    ("support/fast_stack.py", "_until"): POLL,
    ("support/fast_stack.py", "pass_time"): VIRTUAL,
    ("support/fast_stack.py", "sleep_machine"): VIRTUAL,
    ("support/hostile_radio.py", "torment"): VIRTUAL,
    ("support/hostile_radio.py", "lived"): VIRTUAL,
    ("support/page_pictures.py", "main"): LOAD,
    ("support/processes.py", "wait_for"): POLL,
    ("support/processes.py", "until"): POLL,
    ("support/straps.py", "play"): POLL,
    ("support/terminal.py", "on_terminal"): FOREIGN,
    ("support/virtual_time.py", "pass_s"): VIRTUAL,
    ("support/virtual_time.py", "leftovers"): VIRTUAL,
}
"""(file, function): why it sleeps."""


def sleeps(text: str) -> list[tuple[str, int]]:
    """(outermost function, line) of each call of a sleep; ``sleep(0)`` only lets others run."""
    found = []

    def look(node: ast.AST, function: str) -> None:
        for child in ast.iter_child_nodes(node):
            is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
            name = child.name if is_function and not function else function
            if isinstance(child, ast.Call):
                called = child.func.attr if isinstance(child.func, ast.Attribute) else getattr(child.func, "id", "")
                is_yield = bool(child.args) and isinstance(child.args[0], ast.Constant) and child.args[0].value == 0
                if called == "sleep" and not is_yield:
                    found.append((name or "<module>", child.lineno))
            look(child, name)

    look(ast.parse(text), "")
    return found


def faults(texts: dict[str, str], table: dict[tuple[str, str], str]) -> list[str]:
    """Sleeps without a row, rows without a sleep."""
    there = {(file, function): line for file, text in texts.items() for function, line in sleeps(text)}
    found = [
        f"tests/{file}:{there[file, function]}: {function} sleeps; wait for an event (processes.wait_for, processes.until, "
        "virtual_time.pass_s), or give a reason in SLEEPS"
        for file, function in sorted(set(there) - set(table))
    ]
    found += [
        f"SLEEPS, row {row}: nothing sleeps there any more; remove the row" for row in sorted(set(table) - set(there))
    ]
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
        "test_a.py": "import time\ndef test_a():\n    time.sleep(1)\n",
        "test_b.py": "import asyncio\nasync def test_b():\n    async def inner():\n        await asyncio.sleep(0.1)\n",
        "test_c.py": "from time import sleep\nsleep(3)\n",
        "test_d.py": "import asyncio\nasync def test_d():\n    await asyncio.sleep(0)\n",
    }
    found = faults(planted, {("test_d.py", "test_d"): LOAD})
    assert [line.split(";")[0] for line in found] == [
        "tests/test_a.py:3: test_a sleeps",
        "tests/test_b.py:4: test_b sleeps",
        "tests/test_c.py:2: <module> sleeps",
        "SLEEPS, row ('test_d.py', 'test_d'): nothing sleeps there any more",
    ]
