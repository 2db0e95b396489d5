"""The page in other places and states: first steps, a workplace, a pause that holds, a ledger that somebody changed."""

import json
import re
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from agent.model import Sample
from agent.outbox import Outbox, consents, ledger, pauses
from agent.session.live_view import now
from agent.tables.profiles import PROFILES
from agent.wire import envelope
from agent.wire.armor import armor, dearmor
from hub import enroll, site
from tests.support import page_agent
from tests.support.machine import within_s
from tests.support.page_agent import PAGES
from tests.support.processes import free_port, wait_for
from tests.support.world import OPERATOR

SECOND_S = 1.0


def steps(browser) -> list[str]:
    """The state of each of the first steps."""
    found = "[...document.querySelectorAll('.step')].map((one) => ['now', 'done', 'later'].find((state) => one.classList.contains(state)))"
    return browser("eval", js=found)


def test_from_nothing_to_ones_own_heart_beat(tmp_path, browser):
    """First run, nothing configured: look for straps, take one, live beats prove it; the camera stays off."""
    with page_agent.living(tmp_path, profile="personal", enrolled=False, is_bound=False, sensors=()) as living:
        browser.enter(living)
        began_s = time.monotonic()
        browser(
            "wait", js="document.querySelector('#scan') !== null"
        )  # whoever has no strap begins with the first steps
        assert browser.violations() == []
        assert steps(browser) == ["now", "later", "later", "later"]
        browser("click", sel="[data-step-on]")
        assert steps(browser) == ["done", "now", "later", "later"]
        assert browser("eval", js="document.activeElement.id") == "strap-h", "read next, by a reader of screens"
        browser("click", sel="#step-camera summary")
        assert "It stays off until you switch it on" in browser("text", sel="#main")
        browser("click", sel="#scan")
        browser("wait", js="document.querySelector('#straps button') !== null")
        assert browser.violations() == []
        browser("click", sel="#straps button")
        browser("wait", js="Number(document.getElementById('own-rate')?.textContent) > 40", within=60)
        took_s = time.monotonic() - began_s
        print(f"\nfrom 'no strap' to the own heart rate: {took_s:.1f} s")
        assert took_s < 120
        assert steps(browser) == ["done", "done", "later", "now"]
        assert "learning what is normal" in browser("text", sel="#main")
        browser("wait", js="document.querySelectorAll('#own-line polyline, #own-line circle').length === 2")
        first = browser("eval", js="document.querySelector('#own-line polyline').getAttribute('points')")
        browser("wait", js=f"document.querySelector('#own-line polyline').getAttribute('points') !== '{first}'")
        assert browser.violations() == []
        assert browser("eval", js="document.querySelector('nav [data-page=first]').closest('li').hidden"), (
            "left the menu"
        )
        browser("click", sel="#step-beat a.primary")
        browser("wait", js="Number(document.getElementById('rate')?.textContent) > 40")
        browser.go("sharing")
        assert "Nothing leaves this machine." in browser("text", sel="#main")
        assert browser("count", sel="#main svg") == 1
        assert browser.violations() == []
        browser.go("privacy")
        assert "nothing to consent to" in browser("text", sel="#main")
        # switched off at the page it is closed within a second, and stays so when the agent starts again
        assert browser.violations() == []
        browser("click", sel="button[aria-label=Strap]")
        wait_for(lambda: not living.agent.sensors.reading, 2.0, "the strap to be closed")
        browser(
            "wait", js="document.querySelector('button[aria-label=Strap]').getAttribute('aria-checked') === 'false'"
        )
        assert living.in_agent(lambda agent: pauses.switches(agent.outbox)) == {"ble_strap": False}
        assert browser("troubles") == []


def test_a_pin_is_set_with_the_place_s_bundle_and_answer(tmp_path, browser):
    """The first steps of a place: bundle and PIN in, recovery code and request out, answer in; with a real hub's papers."""
    hub = tmp_path / "hub"
    site.init(hub, site.Site("test-site", OPERATOR, "127.0.0.1", free_port(), True, ""))
    with (
        pytest.raises(Exception, match="already enrolled"),
        page_agent.living(tmp_path / "me", enrolled=False, sensors=()) as living,
    ):
        browser.enter(living)
        browser.go("first")
        browser("click", sel="#step-pin summary")
        assert browser("eval", js="document.querySelector('form[data-form=enroll]').hidden"), "no PIN before the words"
        browser("upload", sel="#bundle", name="bundle.txt", text=site.invite(hub))
        browser("click", sel="form[data-form=bundle] button")
        browser("wait", js="!document.getElementById('agree').hidden")
        assert browser("text", sel="#operator") == OPERATOR
        browser("click", sel="#agree-no")
        assert "Do not go on" in browser.said()
        assert browser("eval", js="document.querySelector('form[data-form=enroll]').hidden")
        browser("upload", sel="#bundle", name="bundle.txt", text=site.invite(hub))
        browser("click", sel="form[data-form=bundle] button")
        browser("wait", js="!document.getElementById('agree').hidden")
        eight = browser("text", sel="#eight")
        assert len(eight.split()) == 8
        assert browser.violations() == []
        browser("click", sel="#agree-yes")
        browser("upload", sel="#bundle", name="other.txt", text="another file, whose words nobody compared")
        browser("fill", sel="#pin", text="six signs")
        browser("fill", sel="#again", text="six others")
        browser("click", sel="form[data-form=enroll] button")
        assert "not the same" in browser.said()
        browser("fill", sel="#pin", text="six signs")
        browser("fill", sel="#again", text="six signs")
        browser("click", sel="form[data-form=enroll] button")
        browser("wait", js="!document.getElementById('enrolled').hidden")
        assert len(browser("text", sel="#recovery").split()) == 9
        assert len(browser("text", sel="#request-words").split()) == 8
        assert browser.violations() == []
        assert "on its way to the operator" in browser("text", sel="#travels")
        browser("click", sel="#by-hand summary")
        request = browser("download", sel="#request")["text"]
        answer = enroll.admit(hub, request)
        browser.go("today")
        browser.go("first")
        browser("click", sel="#step-pin summary")
        browser("upload", sel="#answer", name="answer.txt", text=answer)
        browser("fill", sel="#words", text="other words than these")
        browser("fill", sel="#pin", text="six signs")
        browser("click", sel="form[data-form=admit] button")
        assert "not the eight words" in browser.said()
        browser("fill", sel="#words", text=eight.upper())
        browser("fill", sel="#pin", text="six signs")
        browser("click", sel="form[data-form=admit] button")
        browser("wait", js="document.getElementById('said').textContent.includes('restarts')")
        browser("wait", js="document.querySelector('#main .why') !== null")  # the agent ends, to start with its keys
    assert dearmor("REQUEST", armor("REQUEST", dearmor("REQUEST", request)))


@pytest.mark.long
def test_a_workplace_has_no_word_of_what_it_may_not_ask(tmp_path, browser):
    """Every page of `eu-workplace`, everything opened: no forbidden word, no check-in but the tiredness line."""
    forbidden = re.compile("|".join(PROFILES["eu-workplace"].forbidden_words), re.IGNORECASE)
    with page_agent.living(tmp_path, profile="eu-workplace", days=100, window_s=60.0, speed=10.0) as living:
        wait_for(lambda: living.agent.last_summary is not None, 30, "a window")
        browser.enter(living)
        for page in (*PAGES, "about/rmssd_ms"):
            browser.go(page)
            browser("eval", js="document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            words = browser("eval", js="document.documentElement.outerHTML")
            assert forbidden.search(words) is None, (page, forbidden.search(words))
            assert browser.violations() == [], page
        browser.go("check-in")
        assert browser("count", sel="form[data-form=check-in]") == 1
        assert "tired" in browser("text", sel="#main").lower()
        browser.go("weeks")
        assert browser("count", sel="#points-h") == 0
        browser("eval", js="location.hash = 'about/smile_left_share_01'")
        assert "no number with that name" in browser.said()
        face = ("smile_left_x", "smile_right_x", "brow_down_x", "jaw_open_x", "lid_shut_01")

        def faces(agent):
            for channel in face:
                agent.windows.ring.add(Sample(agent.clock.now_ns(), channel, 0.5))
            return now(agent)["face"]

        assert living.in_agent(faces) == {"lids": 0.5}  # tiredness alone: movements are not for a workplace
        assert forbidden.search("your strain index")  # the detector sees what it looks for


@pytest.mark.long
def test_a_pause_and_a_withdrawal_hold_within_their_seconds_and_are_shown(tmp_path, browser):
    """No beat taken over and no summary sealed a second later; the link to the strap is down within five."""
    with page_agent.living(tmp_path, window_s=60.0, slot_s=0.5, speed=10.0) as living:

        def newest_ns(agent):
            return agent.windows.ring.newest_ns()

        def summaries(agent):
            found = agent.outbox.db.execute("SELECT made_utc_s FROM ledger WHERE kind = 'summary'").fetchall()
            return [made for (made,) in found]

        wait_for(lambda: living.in_agent(summaries), 60, "a summary that leaves")
        browser.enter(living)
        browser("click", sel="#pause")
        clicked_s = time.monotonic()
        browser("wait", js="document.getElementById('said').textContent.includes('Paused')")
        paused_s = time.monotonic()
        wait_for(lambda: time.monotonic() >= paused_s + SECOND_S, what="the second in which beats may still arrive")
        held_ns, sealed = living.in_agent(newest_ns), len(living.in_agent(summaries))
        wait_for(lambda: not living.strap._device.connections, 5.0 - SECOND_S, "the link to be down")
        down_s = time.monotonic() - clicked_s
        browser("wait", js="!document.getElementById('paused').hidden")
        time.sleep(8)
        assert living.in_agent(newest_ns) == held_ns
        assert len(living.in_agent(summaries)) == sealed
        print(f"\nthe link was down {down_s:.2f} s after the click")
        browser("click", sel="#pause")
        browser("wait", js="document.getElementById('paused').hidden")
        wait_for(lambda: living.in_agent(newest_ns) > held_ns, 30, "beats after the pause")  # the detector sees beats
        wait_for(lambda: len(living.in_agent(summaries)) > sealed, 40, "a summary after the pause")
        browser.go("privacy")
        browser("click", sel="[data-do=withdraw]")
        browser("wait", js="document.getElementById('said').textContent.includes('Withdrawn')")
        time.sleep(SECOND_S)
        sealed = len(living.in_agent(summaries))
        time.sleep(8)
        assert len(living.in_agent(summaries)) == sealed
        assert living.in_agent(newest_ns)  # the heart is still the person's own to see


@pytest.mark.long
def test_the_camera_is_switched_at_the_page_and_previewed_after_a_click_alone(tmp_path, browser):
    word = tmp_path / "camera"
    word.write_text("play")
    with page_agent.living(tmp_path / "me", profile="personal", enrolled=False, camera=word, speed=10.0) as living:
        browser.enter(living)
        browser("wait", js="document.querySelectorAll('#actions meter').length >= 4", within=60)
        assert browser("eval", js="document.getElementById('drawing').hidden")
        browser("click", sel="#preview")
        browser("wait", js="document.querySelectorAll('#face *').length > 3")
        assert "not a picture" in browser("text", sel="#drawing")
        assert browser.violations() == []
        assert browser("count", sel="#main img, #main canvas, #main video") == 0
        browser.go("privacy")
        browser("click", sel="button[aria-label=Camera]")
        browser(
            "wait", js="document.querySelector('button[aria-label=Camera]').getAttribute('aria-checked') === 'false'"
        )
        wait_for(lambda: "webcam" not in living.agent.sensors.reading, 2.0, "the camera to be closed")
        browser.go("today")
        off = "[...document.querySelectorAll('#states li.off')].some((one) => one.textContent.startsWith('Camera'))"
        browser("wait", js=off)
        assert browser("count", sel="#actions") == 0, "nothing of a face stands there without a camera"


@pytest.mark.long
def test_the_ledger_is_what_the_hub_opened_byte_for_byte_and_a_changed_row_is_named(tmp_path, browser, monkeypatch):
    """Each row's words as the page saves them against what the hub opened of that envelope; then one row is changed."""
    opened = {}
    real_open = envelope.Envelope.open

    def recording(self, key, site, topic):
        opened[self.digest.hex()] = real_open(self, key, site, topic)
        return opened[self.digest.hex()]

    monkeypatch.setattr(envelope.Envelope, "open", recording)
    with page_agent.living(tmp_path, window_s=60.0, slot_s=0.4, speed=10.0) as living:

        def kinds(agent):
            return {row.kind for row in ledger.rows(agent.outbox) if row.state == "receipted"}

        wait_for(lambda: "summary" in living.in_agent(kinds), 60, "a summary's receipt")
        browser.enter(living)
        browser.go("sharing")
        browser("click", sel="#proofs > summary")
        rows = json.loads(browser("download", sel="[data-file='ledger.json']")["text"])
        arrived = [row for row in rows if row["state"] == "receipted"]
        assert len(arrived) >= 10
        assert {"summary", "cover", "consent"} <= {row["kind"] for row in arrived}
        assert [row["idx"] for row in arrived if bytes.fromhex(row["words"]) != opened[row["digest"]]] == []
        assert bytes.fromhex(arrived[0]["words"])[:-1] + b"x" != opened[arrived[0]["digest"]]
        browser("click", sel="#prove")
        browser("wait", js="document.querySelector('#proof').textContent.includes('whole')")

        def change(agent):
            idx, sealed = agent.outbox.db.execute(
                "SELECT idx, sealed_words FROM ledger WHERE kind = 'summary' LIMIT 1"
            ).fetchone()
            words = agent.vault.open(f"ledger {idx}", sealed)
            changed = agent.vault.seal(f"ledger {idx}", words[:-1] + bytes([words[-1] ^ 1]))
            agent.outbox.db.execute("UPDATE ledger SET sealed_words = ? WHERE idx = ?", (changed, idx))
            return idx

        idx = living.in_agent(change)
        browser("click", sel="#prove")
        browser("wait", js="document.querySelector('#proof').textContent.includes('broken')")
        assert f"row {idx}" in browser("text", sel="#proof")


def test_a_pause_begun_at_the_page_outlives_the_agent(tmp_path, browser):
    with page_agent.living(tmp_path) as living:
        browser.enter(living)
        browser.go("privacy")
        browser("click", sel="#main [data-do=pause][data-with*=tomorrow]")
        browser("wait", js="document.querySelector('#main [data-do=resume]') !== null")
        vault, path = living.agent.vault, living.state / "outbox.db"
    with closing(Outbox(path, vault, None)) as kept:
        assert consents.is_paused(kept)


@pytest.mark.process
def test_the_commands_lead_in_and_watch_in_a_terminal(tmp_path):
    with page_agent.living(tmp_path) as living:
        file = tmp_path / "settings.yaml"
        file.write_text(yaml.safe_dump({"state_dir": str(living.state), "profile": "care", "key_store": "file"}))
        call = [sys.executable, "-m", "agent.cli", "--config", str(file)]
        made = subprocess.run([*call, "open", "--print"], capture_output=True, text=True, timeout=within_s(30))
        assert made.returncode == 0, made.stderr
        assert Path(made.stdout.strip()).stat().st_mode & 0o777 == 0o600
        assert "127.0.0.1" not in made.stdout + made.stderr  # no address, no code on a terminal that is kept
        wait_for(lambda: len(living.in_agent(lambda agent: agent.live.recent(0))) > 4, what="beats")
        with subprocess.Popen([*call, "status", "--watch"], stdout=subprocess.PIPE, text=True) as watching:
            text = ""
            while "source.ble_strap" not in text and len(text) < 10_000:
                text += watching.stdout.readline()
            watching.terminate()
        assert re.search(r"heart \d+/min", text)
        assert re.search("[▁▂▃▄▅▆▇█]{3}", text)
        assert "source.ble_strap" in text
        for words in (["pause", "--for", "hour"], ["resume"]):
            made = subprocess.run([*call, *words], capture_output=True, text=True, timeout=within_s(30))
            assert made.returncode == 0, made.stderr
            assert living.agent.paused == (words[0] == "pause")
            assert words == ["resume"] or "until" in made.stderr
    made = subprocess.run([*call, "open"], capture_output=True, text=True, timeout=within_s(30))
    assert made.returncode == 3
    assert "wardbeat run" in made.stderr
