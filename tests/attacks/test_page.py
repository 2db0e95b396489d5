"""Attacks on the page: other names, other sites, other users, floods and nonsense. The agent goes on, and loses no beat."""

import contextlib
import http.client
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import time
from itertools import pairwise

import pytest

from agent.errors import WrongPin
from agent.page import process
from agent.page.consent import Tries
from agent.page.web.sessions import CODE_S, KEY_HEADER, QUIET_S, SESSION_S, Sessions
from agent.signal.heart.rr import GAP_TOLERANCE_MS
from agent.web import peer
from tests.support import page_agent
from tests.support.page_caller import Caller
from tests.support.processes import system_tool, wait_for

NOBODY = 65534
HEAD_S = 10.0


@pytest.fixture(scope="module")
def living(tmp_path_factory):
    with page_agent.living(tmp_path_factory.mktemp("sessions"), days=3) as made:
        yield made


@pytest.fixture(scope="module")
def browser():
    made = page_agent.Browser()
    yield made
    made.close()


@pytest.fixture
def call(living):
    return Caller(living)


# ---- who may come in


def test_another_host_s_name_is_not_us(call):
    """DNS rebinding: a name of the attacker's that now resolves to this machine."""
    for host in (
        "evil.example",
        f"evil.example:{call.port}",
        f"localhost:{call.port}",
        "127.0.0.1",
        f"127.0.0.1:{call.port}.",
    ):
        assert call("GET", "/page/today", Host=host)[0] == 421, host
    assert call("GET", "/page/today", drop=("Host",))[0] in (400, 421)
    assert call("GET", "/page/today")[0] == 200  # the planted right one


def test_another_site_or_origin_is_turned_away(call):
    for origin in ("null", "http://evil.example", f"http://localhost:{call.port}", f"https://127.0.0.1:{call.port}",
                   f"http://127.0.0.1:{call.port + 1}"):  # fmt: skip
        assert call("POST", "/do/pause", body="{}", Origin=origin)[0] == 403, origin
        assert call("GET", "/page/today", Origin=origin)[0] == 403, origin
    assert call("POST", "/do/pause", body="{}", drop=("Origin",))[0] == 403
    for site in ("cross-site", "same-site"):
        assert call("GET", "/page/today", Sec_Fetch_Site=site)[0] == 403
        assert call("GET", "/static/page.js", Sec_Fetch_Site=site)[0] == 403
        assert call("GET", "/", Sec_Fetch_Site=site, Sec_Fetch_Dest="iframe")[0] == 403
    assert call("GET", "/page/today", Sec_Fetch_Site="same-origin")[0] == 200


def test_no_key_no_page_and_a_code_works_once(call, living):
    for path in ("/page/today", "/stream", "/part/row?idx=1", "/proof", "/found?search=a", "/file/everything.json"):
        assert call("GET", path, key=None)[0] == 401, path
        assert call("GET", path, key="x" * 43)[0] == 401, path
    assert call("POST", "/do/erase", key=None, body="{}")[0] == 401
    used = json.dumps({"code": call.code})
    assert call("POST", "/enter", key=None, body=used)[0] == 403
    for nonsense in ({"code": None}, {"code": ""}, {"code": "x" * 32}, {"code": ["a"]}, {}):
        assert call("POST", "/enter", key=None, body=json.dumps(nonsense))[0] == 403, nonsense
    told = living.page()
    assert call("POST", "/enter", key=None, body=json.dumps({"code": told["code"]}))[0] == 200
    assert call("POST", "/leave", body="{}")[0] == 200
    assert call("GET", "/page/today")[0] == 401


def test_codes_and_sessions_end_by_the_clock():
    now_s = [0.0]
    sessions = Sessions(1234, lambda: now_s[0])
    code = sessions.code()
    now_s[0] = CODE_S + 0.1
    assert sessions.enter(code) is None
    assert sessions.is_empty()
    key = sessions.enter(sessions.code())
    now_s[0] += QUIET_S - 1
    assert sessions.is_open(key)
    now_s[0] += QUIET_S + 1
    assert not sessions.is_open(key)  # a page that neither asks nor listens is gone
    key = sessions.enter(sessions.code())
    sessions.listens(key, 1)
    now_s[0] += SESSION_S - 1
    assert sessions.is_open(key)
    now_s[0] += 2
    assert not sessions.is_open(key)
    keys = [sessions.enter(sessions.code()) for _ in range(6)]
    assert sum(sessions.is_open(one) for one in keys) == 4


def test_the_file_is_this_user_s_alone_and_goes(living, monkeypatch):
    monkeypatch.setattr(process, "_FILE_S", 2.0)
    living.open()
    time.sleep(1.5)
    file = living.open()
    assert file.stat().st_mode & 0o777 == 0o600
    address = file.read_text().split("url=")[1].split('"')[0]
    assert "?" not in address  # nothing in a query
    code = address.split("#")[1]
    words = subprocess.run(["ps", "-eo", "args", "e"], capture_output=True, text=True, check=True).stdout
    assert "agent.page.web.serve" in words
    assert code not in words
    time.sleep(1.0)
    assert file.exists()  # the first one's end is not the second one's
    wait_for(lambda: not file.exists(), 3, "the file to go")


def test_another_user_s_program_is_cut_off_before_a_byte_is_read(call):
    """And the same program as this user is answered: the detector sees what it looks for."""
    program = (
        "import socket, sys; s = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5);"
        "s.sendall(b'GET / HTTP/1.1\\r\\nHost: 127.0.0.1:' + sys.argv[1].encode() + b'\\r\\nConnection: close\\r\\n\\r\\n');"
        "print(s.recv(12))"
    )
    words = [sys.executable, "-c", program, str(call.port)]
    ours = subprocess.run(words, capture_output=True, text=True)
    assert "HTTP/1.1 200" in ours.stdout, ours.stderr
    if os.geteuid() != 0:
        pytest.skip("another user's program needs root to be started")
    other = [system_tool("setpriv"), f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *words]
    seen = subprocess.run(other, capture_output=True, text=True)
    assert "HTTP" not in seen.stdout
    assert "ConnectionResetError" in seen.stderr or "b''" in seen.stdout, seen


@pytest.mark.process
def test_the_far_end_s_user_is_known_by_both_ways():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as near:
        far, theirs = server.accept()
        ours = far.getsockname()
        assert peer._by_netlink(ours, theirs) == os.getuid()
        assert peer._by_table(ours, theirs) == os.getuid()
        assert peer._by_netlink(ours, ("127.0.0.1", 1)) is None
        assert peer._by_table(ours, ("127.0.0.1", 1)) is None
        assert peer.is_us(ours, theirs)
        assert not peer.is_us(ours, ("127.0.0.1", 1))
        near.close()
        far.close()


def test_a_neighbour_port_gets_no_cookie_reads_nothing_and_frames_nothing(living, browser):
    """Cookies of a host go to all its ports: there are none. Another port's page in the same browser sees nothing."""
    got = []

    class Evil(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            got.append(dict(self.headers))
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<title>evil</title><h1>evil</h1>")

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Evil)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        browser.enter(living)
        port = browser("eval", js="Number(location.port)")
        assert browser("cookies") == []
        assert browser("eval", js="localStorage.length + sessionStorage.length") == 0
        browser("goto", url=f"http://127.0.0.1:{server.server_port}/")  # the person's browser goes on to the neighbour
        assert all("Cookie" not in one and KEY_HEADER not in {name.lower() for name in one} for one in got)
        # the neighbour's own page names itself to itself, never ours
        assert all(f":{port}" not in one.get("Referer", "") for one in got)
        for path in ("/page/today", "/", "/words.json", "/file/everything.json"):
            seen = browser("eval", js=f"fetch('http://127.0.0.1:{port}{path}', {{credentials: 'include'}})"
                           ".then((one) => one.text(), (error) => 'refused')")  # fmt: skip
            assert seen == "refused", path
        sent = browser("eval", js=f"fetch('http://127.0.0.1:{port}/do/pause', {{method: 'POST', mode: 'no-cors', body: '{{}}'}})"
                       ".then((one) => one.status, () => 'refused')")  # fmt: skip
        assert sent in (0, "refused")
        assert not living.agent.paused
        framed = browser("eval", js=f"""new Promise((done) => {{ const one = document.createElement('iframe');
            one.src = 'http://127.0.0.1:{port}/'; one.onload = () => {{ try {{ done(one.contentDocument === null ? 'closed' : one.contentDocument.title) }} catch {{ done('closed') }} }};
            document.body.append(one); setTimeout(() => done('closed'), 3000); }})""")  # fmt: skip
        assert framed != "Wardbeat"
        own = browser("eval", js=f"fetch('http://127.0.0.1:{server.server_port}/').then((one) => one.text())")
        assert "evil" in own  # the detector reads what may be read
    finally:
        server.shutdown()
        server.server_close()


# ---- nonsense


def test_bodies_too_large_or_malformed_are_refused(call, living):
    status, body = call("POST", "/do/answer", body=b'{"a": "' + b"x" * 200_000 + b'"}')
    assert status == 409
    assert b"too long" in body
    for nonsense in (b"", b"\xff\xfe", b"[1, 2]", b'"text"', b"{" * 5000, b"[" * 60_000, b'{"short": 1}', b'{"answers": {"a": {}}}',
                     b'{"short": "cbi", "answers": {"p1": 1e400}}', b'{"short": "cbi", "answers": {"p1": -1}}',
                     b'{"short": "cbi", "answers": [1]}', b'{"short": "cbi", "answers": {"p1": 99999999999999999999}}'):  # fmt: skip
        assert call("POST", "/do/answer", body=nonsense)[0] == 409, nonsense[:40]
    for name in ("hours", "sensor", "consent", "bind", "note", "unnote", "admit", "pause"):
        for nonsense in (
            '{"for": "ever", "hours": 3, "name": 5, "what": 1}',
            '{"hours": [[-1, 5000]]}',
            '{"hours": [[1]]}',
        ):
            assert call("POST", f"/do/{name}", body=nonsense)[0] == 409, (name, nonsense)
    assert call("POST", "/do/now", body="{}")[0] == 404
    assert call("POST", "/do/__class__", body="{}")[0] == 404
    assert call("GET", "/found?search=" + "%00%ff" * 500)[0] in (200, 409)
    assert call("GET", "/page/sharing?before=99999999999999999999")[0] == 200
    assert not living.agent.paused
    assert living.ask("status").exit_code == 0


def test_heads_that_do_not_end_and_bytes_that_are_no_request_are_cut_off(call):
    for raw in (b"\x16\x03\x01" + b"\0" * 200, b"GET / HTTP/9.9\r\n\r\n", b"GET /" + b"a" * 100_000, b"G" * 70_000,
                b"POST /enter HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nzz\r\n" % call.port):  # fmt: skip
        with socket.create_connection(("127.0.0.1", call.port), 5) as one:
            one.settimeout(HEAD_S + 5)
            said = b""
            with contextlib.suppress(ConnectionError):
                one.sendall(raw)
                while part := one.recv(2000):
                    said += part  # to its end: a connection that stays open fails by its timeout
            assert b" 200 " not in said
    held = [socket.create_connection(("127.0.0.1", call.port), 5) for _ in range(100)]
    for one in held:
        with contextlib.suppress(ConnectionError):
            one.sendall(b"GET / HTTP/1.1\r\nHost: ")
    wait_for(lambda: page_is_there(call), HEAD_S + 5, "the page after a hundred heads without end")
    for one in held:
        one.close()
    assert call("GET", "/page/today")[0] == 200


def page_is_there(call):
    try:
        return call("GET", "/page/today")[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def test_no_path_climbs_out(call):
    for path in ("/static/../sessions.py", "/static/%2e%2e/sessions.py", "/static/..%2fdoor.py", "/static/....//sessions.py", "//etc/passwd",
                 "/static//etc/passwd", "/static/page.js/../../sessions.py", "/static/%00", "/page/../../../etc/passwd",
                 "/page/shell", "/page/parts", "/page/proof", "/page/about/../../x", "/file/../../keys/identity",
                 "/file/..%2f..%2fkeys%2fidentity", "/words/en/app.json", "/openapi.json"):  # fmt: skip
        status, body = call("GET", path)
        assert status in (400, 404, 409), (path, status)
        assert b"root:" not in body
        assert b"import" not in body
    assert call("GET", "/static/page.js")[0] == 200


def test_every_answer_is_dressed_and_no_page_is_kept(call):
    for method, path in (
        ("GET", "/"),
        ("GET", "/static/base.css"),
        ("GET", "/page/today"),
        ("GET", "/page/none"),
        ("POST", "/enter"),
    ):
        call(method, path, body="{}" if method == "POST" else None)
        assert "default-src 'none'" in call.headers["content-security-policy"], path
        assert "unsafe" not in call.headers["content-security-policy"]
        assert call.headers["cache-control"] == "no-store"
        assert call.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in call.headers
        assert "server" not in call.headers
        assert "access-control-allow-origin" not in call.headers


# ---- floods


def gaps(beats):
    """Places where an interval does not reach back to the beat before: a lost beat, or two."""
    return sum(abs((b[0] - a[0]) / 1e6 - b[1]) > GAP_TOLERANCE_MS for a, b in pairwise(beats))


def test_a_thousand_requests_a_second_cost_no_beat(living, call):
    """With and without a session; the page says no, the agent goes on. A beat taken out is found by the same count."""
    wait_for(lambda: living.in_agent(lambda agent: len(agent.live.recent(0))) > 5, what="beats")
    began_ns = living.in_agent(lambda agent: agent.clock.now_ns())
    answered, over = [], threading.Event()

    def flood(key):
        while not over.is_set():
            try:
                answered.append(call.__class__.__call__(call, "GET", "/page/today", key=key, timeout=5)[0])
            except (OSError, http.client.HTTPException):
                answered.append(0)

    threads = [threading.Thread(target=flood, args=(None if n % 2 else "",)) for n in range(8)]
    for one in threads:
        one.start()
    began_s = time.monotonic()
    slowest_s = 0.0
    while len(answered) < 3000 and time.monotonic() - began_s < 120:  # counted, however fast this machine is
        asked_s = time.monotonic()
        assert living.ask("status").exit_code == 0
        slowest_s = max(slowest_s, time.monotonic() - asked_s)
        time.sleep(0.2)
    over.set()
    for one in threads:
        one.join()
    took_s = time.monotonic() - began_s
    print(f"\n{len(answered) / took_s:.0f} requests a second; the agent's slowest answer {slowest_s:.2f} s")
    assert len(answered) >= 3000
    let_in = len(answered) - answered.count(429) - answered.count(0)
    assert let_in <= 2 * (200 + 100 * took_s)  # 200 at once and 100 a second, for strangers and for the person
    assert slowest_s < 30.0  # a command waits no longer
    seen = living.in_agent(lambda agent: len(agent.live.recent(0)))
    wait_for(
        lambda: (
            living.in_agent(lambda agent: sum(s.t_ns > began_ns for s in agent.windows.ring._channels["rr_ms"])) >= 6
        ),
        what="beats after the flood",
    )
    assert seen > 0
    beats = living.in_agent(
        lambda agent: [(s.t_ns, s.value) for s in agent.windows.ring._channels["rr_ms"] if s.t_ns > began_ns]
    )
    assert len(beats) >= 5
    assert gaps(beats) == 0
    assert gaps(beats[:2] + beats[3:]) == 1  # planted
    assert Caller(living)("GET", "/page/today")[0] in (200, 429)


def test_many_connections_that_say_nothing_leave_the_agent_as_it_is(living, call):
    held = [socket.create_connection(("127.0.0.1", call.port), 5) for _ in range(200)]
    try:
        assert living.ask("status").exit_code == 0
        assert living.open().exists()
    finally:
        for one in held:
            one.close()
    wait_for(lambda: call("GET", "/", key=None)[0] == 200, what="the page")


def test_a_page_s_process_that_is_killed_or_speaks_nonsense_is_begun_anew(living):
    call = Caller(living)
    living.in_agent(lambda agent: living.page_process._process.kill())
    wait_for(lambda: living.page_process._process is None, what="the end of the page's process")
    assert living.ask("status").exit_code == 0
    again = Caller(living)
    assert again.port != call.port or again.key != call.key
    assert again("GET", "/page/today")[0] == 200


def test_a_locked_session_ends_the_page(tmp_path, monkeypatch, browser):
    """Logind says so; here a program in its client's place does (no logind runs in a test)."""
    folder = tmp_path / "bin"
    folder.mkdir()
    word = tmp_path / "locked"
    word.write_text("no")
    (folder / "loginctl").write_text(f"#!/bin/sh\ncat {word}\n")
    (folder / "loginctl").chmod(0o755)
    monkeypatch.setenv("XDG_SESSION_ID", "1")
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    with page_agent.living(tmp_path / "me", enrolled=False, profile="personal") as living:
        browser.enter(living)
        browser("wait", js="document.querySelectorAll('#beats circle').length > 2")
        time.sleep(6)
        assert browser("count", sel="#beats") == 1
        word.write_text("yes")
        browser("wait", js="document.querySelector('#main .why') !== null", within=8)
        assert browser("count", sel="#beats") == 0


def test_five_wrong_pins_in_a_row_cost_a_minute():
    tries = Tries()
    for second in range(5):
        tries.check(second)
        tries.was(right=False, now_s=second)
    with pytest.raises(WrongPin, match="five"):
        tries.check(63.0)
    tries.check(64.1)
    tries.was(right=True, now_s=65.0)
    tries.check(65.0)


def test_what_strangers_ask_takes_nothing_from_the_person():
    sessions = Sessions(1234, lambda: 0.0)
    key = sessions.enter(sessions.code())
    asked = {"host": "127.0.0.1:1234"}
    turned = [sessions.refusal("GET", "/page/today", asked, is_public=False).status for _ in range(300)]
    assert turned.count(401) == 200
    assert turned.count(429) == 100
    assert sessions.refusal("GET", "/page/today", asked | {KEY_HEADER: key}, is_public=False) is None
    evil = [sessions.refusal("GET", "/page/today", {"host": "evil"}, is_public=False).status for _ in range(300)]
    assert set(evil) == {421}


def test_an_answer_of_a_dead_page_goes_to_no_other(living):
    """A strap is looked for; the page's process ends, and another begins: its first questions get their own answers."""
    call = Caller(living)
    slow = threading.Thread(target=lambda: page_is_there_or_not(call))
    slow.start()
    time.sleep(0.5)
    living.in_agent(lambda agent: living.page_process._end())
    wait_for(lambda: living.page_process._process is None, what="the end of the page's process")
    again = Caller(living)
    for _ in range(8):
        status, body = again("GET", "/page/today")
        assert status == 200, body
        time.sleep(1)
    slow.join()


def page_is_there_or_not(call):
    with contextlib.suppress(OSError, http.client.HTTPException):
        call("POST", "/do/scan", body="{}")


NONSENSE = (
    b'{"ask": "scan"}', b'{"id": "x", "ask": "now", "with": {}}', b"[" * 100_000, b"7", b"[]", b'"code"', b"{}", b"\xff",
    b'{"code": "\\"><script>", "port": 80}', b'{"code": "aaaaaaaaaaaaaaaaaaaaaaaa", "port": "zz"}', b'{"id": 1, "ask": ["now"], "with": {}}',
    b'{"id": 1, "ask": "now", "with": [1]}', b'{"id": ' + b"9" * 5000 + b', "ask": "now", "with": {}}', b'{"watch": {"a": 1}}',
)  # fmt: skip


@pytest.mark.process
def test_nonsense_of_the_page_s_process_ends_it_alone(tmp_path, monkeypatch):
    """A taken-over page: every line that it may say, one process each; and a program that is not there. The agent goes on."""
    with page_agent.living(tmp_path, enrolled=False, profile="personal") as living:
        program = tmp_path / "page.py"
        for number, line in enumerate(NONSENSE):
            said = tmp_path / f"line-{number}"
            said.write_bytes(b'{"ready": true}\n' + line + b"\n")
            program.write_text(
                f"import sys, time; sys.stdout.buffer.write(open({str(said)!r}, 'rb').read()); sys.stdout.flush(); time.sleep(2)"
            )
            monkeypatch.setattr(process, "COMMAND", (sys.executable, str(program)))
            monkeypatch.setattr(process, "_START_S", 1.0)
            assert living.ask("open").exit_code == 3, line[:50]
            wait_for(lambda: living.page_process._process is None, 10, "its end")
        monkeypatch.setattr(process, "COMMAND", (str(tmp_path / "nobody"),))
        assert living.ask("open").exit_code == 3
        assert living.ask("status").exit_code == 0
        monkeypatch.undo()
        assert living.open().exists()  # the right one, after all of it
