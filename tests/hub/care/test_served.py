"""The care view as a process: TLS, kills, floods, one a site, and its service manager."""

import contextlib
import http.client
import os
import queue
import random
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time

import pytest
from sqlalchemy import text

from agent.errors import KeysMissing, Missing, WireRefused
from agent.wire.looks import chained
from agent.wire.message import SchemaMessage
from agent.wire.receipt import LooksMessage
from hub.care.looks import faults
from hub.care.web.sessions import COOKIE
from hub.care.web.tls import names_of
from hub.cli import main
from hub.store.rides import waiting_rides
from tests.support.care_site import care_site
from tests.support.care_view import Browser, flooding, port_of, running
from tests.support.clients import connected
from tests.support.hub_messages import seal
from tests.support.machine import within_s
from tests.support.processes import free_port, start_process, wait_for

pytestmark = pytest.mark.process
STRANGER = ("127.0.0.2", 0)  # another address of this machine


@pytest.fixture
def site(tmp_path):
    with care_site(tmp_path / "hub") as made:
        yield made


@pytest.fixture
def log(tmp_path):
    return tmp_path / "view.log"


def looks(site):
    return list(site.store.looks())


def ridden(site, kid):
    """The looks that wait for a person, verified as their agent does, from the first."""
    with site.store.deriving() as write:
        rides = waiting_rides(write._db, site.keys, [kid]).get(kid, [])
    return [one for ride in rides for one, _ in chained(ride.answer)]


def test_only_the_staff_s_certificates_come_in_and_each_refusal_is_named(site, log):
    ada, late, gone = site.member("Ada", "lead"), site.expired("Late"), site.member("Gone", "lead")
    person = site.consents(site.person())
    with running(site.folder, log) as (_, port):
        browser = Browser(site.folder, port, ada).enter()
        status, shown = browser("GET", "/")
        assert status == 200
        assert person.canary in shown
        site.keys.staff.revoke([gone.fingerprint], int(time.time()))
        for badge, word in (
            (None, "No staff certificate"),
            (late, "has ended"),
            (gone, "was revoked"),
            (site.stranger(), "Unknown"),
        ):
            caller = Browser(site.folder, port, badge)
            status, shown = caller("GET", "/sign-in")
            assert status in (401, 403)
            assert word in shown
            caller.cookie = browser.cookie
            status, shown = caller("GET", "/")
            assert status == 303
            assert person.canary not in shown
            browser.enter()
        foreign = Browser(site.folder, port, site.stranger("ca"))  # as a device's certificate is
        with pytest.raises((ssl.SSLError, OSError)):
            foreign("GET", "/sign-in")
        wait_for(lambda: "at its TLS handshake: " in log.read_text(), what="its line")
        old = ssl.create_default_context(cafile=site.folder / "ca.pem")
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(ssl.SSLError), socket.create_connection(("127.0.0.1", port)) as raw:
            old.wrap_socket(raw, server_hostname="127.0.0.1")
        with socket.create_connection(("127.0.0.1", port), 10) as raw:
            raw.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            raw.settimeout(10)
            with contextlib.suppress(ConnectionError):
                assert b"HTTP" not in raw.recv(1000)
        said = log.read_text()
    for word in ("'Late' that has ended", "'Gone'", "without a staff certificate", "was not added"):
        assert word in said
    assert "Traceback" not in said
    assert person.name not in said


def test_a_certificate_in_a_header_is_nothing(site, log):
    ada = site.member("Ada", "lead")
    with running(site.folder, log) as (_, port):
        mine = Browser(site.folder, port, ada).enter()
        thief = Browser(site.folder, port)
        thief.cookie = mine.cookie
        for name in (
            "X-SSL-Client-Cert",
            "X-Client-Certificate",
            "Ssl-Client-Cert",
            "X-Forwarded-Client-Cert",
            "peer-certificate",
        ):
            status, _ = thief("GET", "/", **{name.replace("-", "_"): ada.pem.read_text().replace("\n", " ")})
            assert status == 303
            assert mine.enter()("GET", "/")[0] == 200
            thief.cookie = mine.cookie


def test_a_thousand_looks_with_kills_between_are_each_in_the_log_before_the_answer(site, log):
    """Killed at random moments: what was answered is in the log; each person's list equals the log."""
    dice = random.Random(7)
    people = [site.consents(site.person()) for _ in range(5)]
    badges = [site.member(name, role) for name, role in (("Ada", "lead"), ("Eve", "member"), ("Joan", "reader"))]
    port, answered, kills = free_port(), [], 0
    log.write_bytes(b"")
    process = start_process(sys.executable, "-m", "tests.support.care_view", site.folder, port, log=log)
    port_of(process, log)
    browsers = [Browser(site.folder, port, badge).enter() for badge in badges]
    killed_at = set(dice.sample(range(50, 950), 4))
    try:
        for n in range(1000):
            which, person = dice.randrange(3), dice.choice(people)
            path = dice.choice(
                ("/", f"/people/{person.name}", f"/people/{person.name}", f"/people/{person.name}/print")
            )
            if n in killed_at:
                timer = threading.Timer(dice.uniform(0, 0.01), process.kill)
                timer.start()
            try:
                status, shown = browsers[which]("GET", path)
            except (OSError, http.client.HTTPException):
                status, shown = 0, ""
            answered += [(one.kid, badges[which].fingerprint) for one in people if one.canary in shown]
            if status == 429:
                full.wait(0.3)  # a bucket fills by the real clock
            if n in killed_at:
                timer.join()
                process.popen.wait()
                kills += 1
                process = start_process(sys.executable, "-m", "tests.support.care_view", site.folder, port, log=log)
                wait_for(lambda n=kills + 1: log.read_text().count("The care view is at") == n, 60, "the view again")
                for one in browsers:
                    one.close()
                browsers = [Browser(site.folder, port, badge).enter() for badge in badges]
    finally:
        for one in browsers:
            one.close()
        process.stop()
    assert kills == 4
    names = {badge.fingerprint: name for badge, name in zip(badges, ("Ada", "Eve", "Joan"), strict=True)}
    in_log = [(row.kid, row.look.who) for row in looks(site)]
    print(f"\n{len(answered)} answered, {len(in_log)} in the log, {kills} kills")
    for person in people:
        mine = [who for kid, who in in_log if kid == person.kid]
        for name in names.values():
            shown_n = sum(kid == person.kid and names[who] == name for kid, who in answered)
            assert mine.count(name) >= shown_n  # a kill may come between the log and the answer, never the other way
        with site.store.deriving() as write:
            rows = write._db.execute(text("SELECT count(*) FROM ride WHERE device = :d"), {"d": person.kid}).scalar()
        assert rows == len(mine)
    assert len(in_log) - len(answered) <= kills * len(people)
    assert len(answered) > 500
    assert list(faults(site.store, site.keys)) == []


def test_what_rides_to_a_person_is_the_log(site, log):
    person, other = (site.consents(site.person()) for _ in range(2))
    with running(site.folder, log) as (_, port):
        browser = Browser(site.folder, port, site.member("Ada", "lead")).enter()
        for path in ("/", f"/people/{person.name}", f"/people/{other.name}", f"/people/{person.name}/print"):
            assert browser("GET", path)[0] == 200
    for one in (person, other):
        assert ridden(site, one.kid) == [row.look for row in looks(site) if row.kid == one.kid]
    assert [look.view for look in ridden(site, person.kid)] == ["list", "person", "print"]
    one = looks(site)[0].look
    with pytest.raises(WireRefused):  # what a person's agent finds where a look is left out
        list(chained(LooksMessage(bytes(32), (one.encode(), ridden(site, person.kid)[2].encode()))))


def test_one_process_a_site_that_its_manager_watches_and_ends(site, log, tmp_path):
    said: list[bytes] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))

        def read() -> None:  # all the time: its queue holds ten
            while b"end" not in said:
                said.append(manager.recv(200))

        reader = threading.Thread(target=read)
        reader.start()
        env = {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "4000000"}
        log.write_bytes(b"")
        process = start_process(sys.executable, "-m", "tests.support.care_view", site.folder, 0, log=log, env=env)
        try:
            port_of(process, log)
            wait_for(lambda: said[:1] == [b"READY=1\nWATCHDOG=1"], what="READY")
            wait_for(lambda: said.count(b"WATCHDOG=1") >= 2, what="signs of life")
            words = [sys.executable, "-m", "tests.support.care_view", site.folder, "0"]
            second = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
            assert second.returncode != 0
            assert "already served by another process" in second.stderr
            process.popen.send_signal(signal.SIGTERM)
            assert process.popen.wait(60) == 0
            wait_for(lambda: said[-1] == b"STOPPING=1", what="STOPPING")
        finally:
            process.stop()
            _end(tmp_path / "notify")
            reader.join()
    assert "Traceback" not in log.read_text()


def _end(address):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way:
        way.sendto(b"end", str(address))


def test_five_hundred_requests_a_second_of_one_process_harm_nobody(site, log):
    """A stranger's program over many connections; a member is answered meanwhile."""
    person, ada = site.consents(site.person()), site.member("Ada", "lead")
    with running(site.folder, log) as (_, port):
        browser = Browser(site.folder, port, ada).enter()
        flood = flooding(site.folder, port)
        slowest_s, answers = 0.0, 0
        while flood.poll() is None:
            began_s = time.monotonic()
            status, shown = browser("GET", f"/people/{person.name}")
            slowest_s = max(slowest_s, time.monotonic() - began_s)
            assert status == 200
            assert person.canary in shown
            answers += 1
            full.wait(0.2)
        rate, statuses = flood.communicate()[0].strip().split(" ", 1)
        print(f"\n{rate} requests a second; {statuses}; a member's slowest of {answers} answers {slowest_s:.2f} s")
        assert slowest_s < 10
        assert float(rate) * within_s(1.0) > 500
        assert "429" in statuses
        assert browser("GET", "/")[0] == 200
    assert log.stat().st_size < 20_000  # a flood is a line a minute


full = threading.Event()


def test_a_stranger_who_opens_every_connection_keeps_no_member_out(site, log):
    person, ada = site.consents(site.person()), site.member("Ada", "lead")
    with running(site.folder, log) as (_, port):
        held = [socket.create_connection(("127.0.0.1", port), 30, STRANGER) for _ in range(200)]
        context = Browser(site.folder, port).context
        for raw in held[:40]:
            with contextlib.suppress(OSError):
                held.append(context.wrap_socket(raw, server_hostname="127.0.0.1"))
        for _ in range(3):
            browser = Browser(site.folder, port, ada).enter()
            assert person.canary in browser("GET", f"/people/{person.name}")[1]
            browser.close()
        for raw in held:
            raw.close()
    assert "too many" in log.read_text()


def test_bodies_and_heads_that_are_too_long_or_do_not_end_are_cut_off(site, log):
    ada = site.member("Ada", "lead")
    with running(site.folder, log) as (_, port), contextlib.ExitStack() as ends:

        def opened():
            return ends.enter_context(socket.create_connection(("127.0.0.1", port), 30, STRANGER))

        browser = Browser(site.folder, port, ada).enter()
        assert browser("POST", "/lead/do", b"a=" + b"x" * 200_000)[0] == 400
        host = b"Host: 127.0.0.1:%d\r\nOrigin: https://127.0.0.1:%d\r\n" % (port, port)
        form = b"Content-Type: application/x-www-form-urlencoded\r\nCookie: %s=%s\r\n" % (
            COOKIE.encode(),
            browser.cookie.encode(),
        )
        slow = b"POST /lead/do HTTP/1.1\r\n" + host + form + b"Content-Length: 50\r\n\r\na"
        held = []
        for head in (b"GET / HTTP/1.1\r\nHost: ", slow, b"\x16\x03\x01garbage\r\n\r\n", b"G" * 70_000):
            one = ends.enter_context(browser.context.wrap_socket(opened(), server_hostname="127.0.0.1"))
            with contextlib.suppress(OSError):
                one.sendall(head)
            held.append((head, one))
        silent = [opened() for _ in range(20)]  # no TLS at all
        assert browser("GET", "/")[0] == 200
        for head, one in held:
            said = b""
            with contextlib.suppress(OSError):
                while part := one.recv(4096):
                    said += part
            assert b" 200 " not in said
            assert b" 400 " in said or head is not slow
        for raw in silent:
            with contextlib.suppress(OSError):
                assert raw.recv(100) == b""
        assert browser("GET", "/")[0] == 200
    assert "Traceback" not in log.read_text()


@pytest.mark.broker
def test_receipts_arrive_while_the_view_is_flooded(served, tmp_path):
    """`hub run` receives beside it: each message is answered."""
    world, heard, waited_s = served, queue.Queue(), []
    client = connected(world, heard)
    with running(world.hub, tmp_path / "view.log") as (_, port):
        flood, n = flooding(world.hub, port, 12.0), 0
        while flood.poll() is None:
            n += 1
            began_s = time.monotonic()
            client.publish(world.topic, seal(world, [SchemaMessage(2)], n), qos=1)
            heard.get(timeout=60)
            waited_s.append(time.monotonic() - began_s)
        rate, statuses = flood.communicate()[0].strip().split(" ", 1)
    client.loop_stop()
    client.disconnect()
    slow_s = sorted(waited_s)[int(0.95 * (len(waited_s) - 1))]
    print(f"\n{rate} requests a second; {statuses}; {n} receipts, 95 % within {slow_s:.2f} s")
    assert n >= 5
    assert slow_s < within_s(2.0)


def test_a_certificate_that_is_missing_or_names_no_host_is_refused_by_name(site, tmp_path):
    with pytest.raises(Missing, match="cannot be read: No such file"):
        names_of(tmp_path / "none.pem")
    with pytest.raises(Missing, match=r"is no certificate of a server with host names$"):
        names_of(site.folder / "ca.pem")
    with pytest.raises(KeysMissing, match="there is no hub in"):
        main(["view", str(tmp_path), "--care"])
    assert list(tmp_path.glob("*.lock")) == []
