"""Fixtures over tests/house.py."""

import logging

import pytest
import yaml

import house


def pytest_ignore_collect(collection_path):
    """Only tests are collected here: programs among them may need what this machine has not, and say so when run."""
    return True if collection_path.suffix == ".py" and not collection_path.name.startswith("test_") else None


@pytest.fixture(autouse=True)
def quiet():
    logging.getLogger().setLevel(logging.WARNING)


@pytest.fixture
def world(tmp_path):
    """An enrolled person who has consented."""
    made = house.make_world(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="session")
def server():
    """A real PostgreSQL server, for all tests of this run."""
    import postgres

    made = postgres.Server()
    yield made
    made.remove()


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
    process = house.mosquitto(world)
    yield process
    process.stop()


def pytest_terminal_summary(terminalreporter):
    """End with the skips, by reason."""
    reasons = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[reason] = reasons.get(reason, 0) + 1
    for reason, n in sorted(reasons.items()):
        terminalreporter.write_line(f"skipped {n}: {reason}")
