"""No log holds a device address."""

import logging
import re
import sys


def test_the_library_logs_that_hold_addresses_are_shut():
    import agent.sources.strap.bluetooth  # noqa: F401 - it shuts them

    for name in ("bleak.backends.bluezdbus.client", "bleak_retry_connector", "dbus_fast.message_bus"):
        assert not logging.getLogger(name).isEnabledFor(logging.ERROR)
    assert logging.getLogger("agent").isEnabledFor(logging.ERROR)


def test_no_address_gets_through_the_log_not_even_in_a_traceback(capsys):
    from agent.system import logs

    record = logging.LogRecord("bleak", logging.WARNING, "", 0, "lost %s", ("F0:12:34:56:78:9a",), None)
    path = logging.LogRecord(
        "bleak", logging.WARNING, "", 0, "/org/bluez/hci0/dev_F0_12_34_56_78_9A/service000c", (), None
    )
    mac = logging.LogRecord("bleak", logging.WARNING, "", 0, "6E400001-B5A3-F393-E0A9-E50E24DCCA9E gone", (), None)
    try:
        raise RuntimeError("F0-12-34-56-78-9A")
    except RuntimeError:
        trace = logging.LogRecord("x", logging.ERROR, "", 0, "failed", (), sys.exc_info())
    lines = [logs.Formatter("%(message)s").format(one) for one in (record, path, mac, trace)]
    assert not [line for line in lines if re.search("12.34.56|6E400001", line)]
    assert lines[1] == "/org/bluez/hci0/dev_(address)/service000c"
    assert logs.without_addresses("2026-11-21 05:52:13,969 at 05:52:13") == "2026-11-21 05:52:13,969 at 05:52:13"
