"""Fixtures of all tests."""

import logging
import os
import random
from collections import Counter
from datetime import datetime

import hypothesis
import pytest
import time_machine
import yaml

from agent.system import host
from tests.support import guard, half_made, strap_program
from tests.support.world import make_world, start_site_broker
from tests.support.world import served as serving

MARKED_BY = (
    ("server", "postgres"),
    ("broker", "broker"),
    ("served", "broker"),
    ("browser", "browser"),
    ("living", "radio"),
    ("watcher", "slow"),
)
"""A fixture and the marker that it brings."""


def pytest_ignore_collect(collection_path):
    """Only tests are collected here: programs among them may need what this machine has not, and say so when run."""
    return True if collection_path.suffix == ".py" and not collection_path.name.startswith("test_") else None


def pytest_addoption(parser):
    group = parser.getgroup("wardbeat")
    group.addoption("--fast", action="store_true", help="only tests without processes, sockets and root")
    group.addoption("--shuffle", type=int, metavar="SEED", help="in random order")
    group.addoption("--at", metavar="DATE", help="as if today were this date (YYYY-MM-DDTHH:MM, local time)")


def pytest_configure(config):
    guard.install()
    half_made.install()
    # a program's start lowers this limit for good; tests that call one in here would take it from the tests of cores
    host.no_core_dumps = lambda: None
    # no deadline: a busy machine is slow, and no test is one of time
    is_ci = bool(os.environ.get("WARDBEAT_TOOLS_REQUIRED"))
    hypothesis.settings.register_profile(
        "wardbeat", derandomize=is_ci, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
    hypothesis.settings.load_profile("wardbeat")
    if at := config.getoption("at"):
        time_machine.travel(datetime.fromisoformat(at).astimezone(), tick=True).start()


def pytest_itemcollected(item):
    """Mark by fixtures."""
    for name, marker in MARKED_BY:
        if name in getattr(item, "fixturenames", ()):
            item.add_marker(marker)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Choose and order: files with most processes start first; a file stays together, for what it sets up once."""
    if config.getoption("fast"):
        chosen = [item for item in items if guard.is_fast(_markers(item))]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
        items[:] = chosen
    seed = config.getoption("shuffle")
    if seed is not None:
        random.Random(seed).shuffle(items)
    else:
        heavy = Counter(item.location[0] for item in items if not guard.is_fast(_markers(item)))
        items.sort(key=lambda item: -heavy[item.location[0]])


def _markers(item):
    return {mark.name for mark in item.iter_markers()}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item):
    guard.begin()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    try:
        result = yield
    finally:
        guard.record(item.nodeid)
    if found := guard.breach(_markers(item)):
        pytest.fail(found)
    return result


@pytest.fixture(autouse=True)
def quiet():
    logging.getLogger().setLevel(logging.WARNING)


@pytest.fixture
def world(tmp_path):
    """An enrolled person who has consented."""
    made = make_world(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="session")
def server():
    """A real PostgreSQL server, for all tests of this run."""
    from tests.support import postgres

    made = postgres.Server()
    yield made
    made.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request, tmp_path):
    """An enrolled person whose hub has either kind of database."""
    base = request.getfixturevalue("server").base() if request.param == "postgresql" else ""
    made = make_world(tmp_path, database=base)
    yield made
    made.close()


@pytest.fixture
def large(server, tmp_path):
    """An enrolled person whose hub is on PostgreSQL."""
    made = make_world(tmp_path, database=server.base())
    yield made
    made.close()


@pytest.fixture
def served(world):
    """The same with the site's broker and its hub at work."""
    with serving(world):
        yield world


@pytest.fixture
def settings_file(world):
    """The world's settings as the command line reads them."""
    file = world.folder / "settings.yaml"
    file.write_text(
        yaml.safe_dump({"state_dir": str(world.settings.state_dir), "profile": "care", "key_store": "file"})
    )
    return file


@pytest.fixture
def broker(world):
    """A real mosquitto with TLS and client certificates."""
    process = start_site_broker(world)
    yield process
    process.stop()


@pytest.fixture
def sim(request):
    """The simulated straps as a process, with a Bluetooth service on a private bus: (environment, what it said)."""
    with strap_program.simulator(*getattr(request, "param", ["--straps", "1"])) as (_, said):
        yield {"DBUS_SYSTEM_BUS_ADDRESS": said["bus"]}, said


def pytest_terminal_summary(terminalreporter):
    """End with the skips, by reason."""
    reasons = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[reason] = reasons.get(reason, 0) + 1
    for reason, n in sorted(reasons.items()):
        terminalreporter.write_line(f"skipped {n}: {reason}")
