"""What the hub's log says when the broker cannot be reached: the cause, and no address."""

import logging
import threading

import pytest

from tests.support.machine import within_s
from tests.support.world import make_world

pytestmark = pytest.mark.process


class Until(logging.Handler):
    """Sets an event when a line contains some words."""

    def __init__(self, words):
        super().__init__()
        self.words, self.came, self.lines = words, threading.Event(), []

    def emit(self, record):
        self.lines.append(record.getMessage())
        if self.words in record.getMessage():
            self.came.set()


def test_a_broker_that_is_not_there_is_logged_with_the_cause(tmp_path):
    world = make_world(tmp_path)
    receiver = world.receiver()
    log, handler = logging.getLogger("hub.receive.client"), Until("does not respond")
    log.addHandler(handler)
    stop = threading.Event()
    running = threading.Thread(target=receiver.run, args=(stop,))
    running.start()
    try:
        assert handler.came.wait(within_s(30.0)), "the log names a failed connection"
    finally:
        stop.set()
        running.join()
        log.removeHandler(handler)
    assert "the broker does not respond (ConnectionRefusedError); retrying automatically" in handler.lines
    assert not [line for line in handler.lines if "127.0.0.1" in line]
