"""Messages to the team: budgets, a server that is down for an hour, a crash at any point; none lost, none under two numbers."""

import json
import logging
import re
import threading
import time
from collections import Counter

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import OperationalError

from hub.alerts import channels, mail, webhook
from hub.alerts.channels import NotDelivered
from hub.alerts.posting import Posting
from hub.cli import main
from hub.store.posts import Posts
from hub.store.tables import POST
from tests.support.alerted import DAY_S, HOUR_S, alerted_hub
from tests.support.cared import NOW_UTC_S
from tests.support.message_servers import HOST, Behaviour, certificates, hook_server, mail_server


@pytest.fixture
def alerted(tmp_path):
    with alerted_hub(tmp_path) as made:
        yield made


def add(alerted, many, *, a_day=2, due_utc_s=0):
    with alerted.hub.writing() as db:
        for _ in range(many):
            Posts(db).add("ward", a_day, alerted.now_utc_s, max(due_utc_s, alerted.now_utc_s))


def ward(alerted):
    return next(one for one in alerted.follower.rules.channels if one.name == "ward")


class Server:
    """Takes messages over, or does not."""

    def __init__(self, monkeypatch):
        self.cause, self.taken = "", []
        monkeypatch.setattr(mail, "deliver", self.deliver)

    def deliver(self, channel, post, site):
        if self.cause:
            raise NotDelivered(self.cause)
        self.taken.append((post.number, post.count))


def test_what_is_over_the_budget_is_counted_in_the_first_message_of_a_later_day(alerted, monkeypatch):
    server = Server(monkeypatch)
    for day in range(4):
        alerted.now_utc_s = NOW_UTC_S + day * DAY_S
        add(alerted, 5 if day < 2 else 1)
        while alerted.follower.posting.post_once(ward(alerted)):
            pass
    assert [count for _, count in server.taken] == [1, 1, 3, 1, 4, 1, 1]
    assert len({number for number, _ in server.taken}) == 7
    assert sum(count for _, count in server.taken) == 12


def test_a_number_never_comes_twice_however_quickly_messages_are_made_and_delivered(alerted, monkeypatch):
    server = Server(monkeypatch)
    for _ in range(5):
        add(alerted, 4, a_day=200)
        alerted.follower.posting.post_once(ward(alerted))
        alerted.now_utc_s += 1
    assert len({number for number, _ in server.taken}) == len(server.taken) == 20


def test_an_hour_without_a_server_loses_and_doubles_nothing_and_is_named_once_an_hour(alerted, monkeypatch, caplog):
    server = Server(monkeypatch)
    server.cause = "the server answered 451"
    add(alerted, 3, a_day=9)
    with caplog.at_level(logging.ERROR):
        for _ in range(0, 2 * HOUR_S, 10):
            alerted.now_utc_s += 10
            assert alerted.follower.posting.post_once(ward(alerted)) == 0
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2
    assert "the channel ward does not deliver: the server answered 451; 3 messages wait, since 0 min" in said[0]
    with alerted.hub.store.connected() as db:
        (waiting,) = Posts(db).waiting()
    failed = alerted.hub.store.counters()["alerts_post_failed"]
    assert (waiting.messages, waiting.since_utc_s) == (3, NOW_UTC_S)
    assert 10 <= failed <= 16  # later each time
    server.cause = ""
    alerted.now_utc_s += 900
    assert alerted.follower.posting.post_once(ward(alerted)) == 3
    assert Counter(count for _, count in server.taken) == {1: 3}
    assert alerted.posts() == []


def test_show_names_a_channel_that_has_not_delivered_for_an_hour(alerted, monkeypatch, capsys):
    Server(monkeypatch).cause = "the server answered 451"
    alerted.now_utc_s = int(time.time()) - HOUR_S + 60
    add(alerted, 2)
    alerted.follower.posting.post_once(ward(alerted))
    assert main(["show", str(alerted.hub.folder)]) == 0
    assert json.loads(capsys.readouterr().out)["channels"][0]["messages"] == 2
    with alerted.hub.writing() as db:
        db.execute(update(POST).values(made_utc_s=POST.c.made_utc_s - 60))
    assert main(["show", str(alerted.hub.folder)]) == 1
    assert "The channel ward has not delivered 2 messages, the first for 60 min." in capsys.readouterr().err


def test_show_names_rules_that_are_refused(alerted, capsys):
    file = alerted.hub.folder / "alerts.yaml"
    before = file.read_text()
    assert main(["show", str(alerted.hub.folder)]) == 0
    file.write_text("rules: {sleep: {purpose: care}}")
    assert main(["show", str(alerted.hub.folder)]) == 1
    assert "there is no fact 'sleep'" in capsys.readouterr().err
    file.write_text(before)
    assert main(["show", str(alerted.hub.folder)]) == 0
    capsys.readouterr()


def test_a_crash_between_the_answer_and_the_deletion_sends_the_same_number_again(alerted, monkeypatch):
    server = Server(monkeypatch)
    add(alerted, 1)
    monkeypatch.setattr(Posts, "delivered", lambda *_: (_ for _ in ()).throw(OperationalError("", {}, OSError())))
    for _ in range(3):  # this process knows that the message was taken over
        with pytest.raises(OperationalError):
            alerted.follower.posting.post_once(ward(alerted))
    assert len(server.taken) == 1
    after = Posting(alerted.hub.store, "test-site", lambda: alerted.now_utc_s)  # a process after the crash
    monkeypatch.undo()
    again = Server(monkeypatch)
    assert after.post_once(ward(alerted)) == 1
    assert again.taken == server.taken
    assert alerted.posts() == []


def test_a_library_that_fails_is_tried_again_like_a_server(alerted, monkeypatch):
    monkeypatch.setattr(mail, "deliver", lambda *_: (_ for _ in ()).throw(RuntimeError("planted")))
    add(alerted, 1)
    assert alerted.follower.posting.post_once(ward(alerted)) == 0
    assert [post.tries for post in alerted.posts()] == [1]


def test_messages_of_a_channel_that_is_gone_go_to_one_that_is_there(alerted):
    with alerted.hub.writing() as db:
        Posts(db).add("pager", 9, NOW_UTC_S, NOW_UTC_S)
    alerted.follower.posting._adopt(alerted.follower.rules.channels)
    assert [post.channel for post in alerted.posts()] == ["ward"]


@pytest.mark.process
def test_a_slow_server_stops_neither_the_other_channel_nor_the_process(tmp_path, monkeypatch):
    for module in (mail, webhook, channels):
        monkeypatch.setattr(module, "TIMEOUT_S", 20.0)
    context, ca = certificates(tmp_path / "papers")
    slow, quick = Behaviour(is_slow=True), Behaviour()
    with mail_server(context, slow) as port, hook_server(context, quick) as hook:
        rules = f"""
channels:
  ward: {{mail: {{server: {HOST}, port: {port}, sender: w@example.org, to: [t@example.org], ca_file: {ca}}}}}
  pager: {{webhook: {{url: "https://{HOST}:{hook}/in", secret_file: secret, ca_file: {ca}}}}}
"""
        with alerted_hub(tmp_path / "hub", rules) as alerted:
            (tmp_path / "hub" / "secret").write_text("a secret")
            (tmp_path / "hub" / "secret").chmod(0o600)
            person = alerted.hub.person().consents()
            person.heard()
            person.asks()
            alerted.changed(person)
            stop = threading.Event()
            alerted.follower.posting.start(stop, lambda: alerted.follower.rules.channels)
            try:
                assert slow.reached.wait(30)
                assert quick.reached.wait(30)
                other = alerted.hub.person().consents()
                other.heard()
                other.asks()
                alerted.changed(other)  # while the mail server is silent
                assert len(alerted.riding(other)) == 1
            finally:
                stop.set()
                slow.go_on.set()
            for thread in alerted.follower.posting._threads.values():
                thread.join(30)
    assert len(quick.taken) >= 1
    assert not any(re.search(rb"d\d{7}", body) for _, body in quick.taken)  # no device


def test_nothing_of_a_message_says_who_or_which(alerted):
    person = alerted.hub.person("label of a person").consents()
    person.heard()
    person.asks("words of a person")
    alerted.changed(person)
    (post,) = alerted.posts()
    made = mail.message(ward(alerted).way, post, "test-site").as_string()
    for secret in (person.name, person.kid.hex(), "label", "words", "asked", "help"):
        assert secret not in made
    with alerted.hub.writing() as db:
        db.execute(delete(POST))
