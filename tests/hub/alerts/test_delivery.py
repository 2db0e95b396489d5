"""E-mail and webhook against real servers with TLS: what leaves, what is refused, and what an answer means."""

import contextlib
import email
import hashlib
import hmac
import json
import re
import socket

import pytest

from agent.errors import CheckFailed, WrongUse
from hub.alerts import channels, mail, webhook
from hub.alerts.channels import MailChannel, NotDelivered, WebhookChannel
from hub.cli import main
from hub.store.posts import Post
from tests.support.message_servers import HOST, Behaviour, certificates, hook_server, mail_server
from tests.support.world import make_world

pytestmark = pytest.mark.process
NOW_UTC_S = 1_796_000_000
POST = Post(4711, "ward", NOW_UTC_S, NOW_UTC_S, 0, 1)
SECRET = b"a secret of thirty-two bytes or so"


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    return certificates(tmp_path_factory.mktemp("site") / "own")


@pytest.fixture(scope="module")
def strangers(tmp_path_factory):
    return certificates(tmp_path_factory.mktemp("strange") / "own")


@pytest.fixture(scope="module")
def other_name(tmp_path_factory):
    return certificates(tmp_path_factory.mktemp("other") / "own", "other.example")


@pytest.fixture
def does():
    return Behaviour()


@pytest.fixture(autouse=True)
def short(monkeypatch):
    for module in (mail, webhook, channels):
        monkeypatch.setattr(module, "TIMEOUT_S", 0.5)
        monkeypatch.setattr(module, "WHOLE_S", 1.0)


def secret_file(tmp_path, content=SECRET, mode=0o600):
    file = tmp_path / "secret"
    file.write_bytes(content + b"\n")
    file.chmod(mode)
    return file


def mail_channel(port, ca, **more):
    values = {"server": HOST, "port": port, "starts_tls": True, "sender": "w@example.org", "to": ("a@b.org", "c@d.org")}
    return MailChannel(**{**values, "ca_file": ca, **more})


def hook_channel(tmp_path, port, ca):
    return WebhookChannel(HOST, port, "/in?team=1", secret_file(tmp_path), ca)


@pytest.mark.parametrize("starts_tls", [True, False])
def test_an_e_mail_says_that_there_is_a_message_and_nothing_else(papers, does, starts_tls):
    context, ca = papers
    with mail_server(context, does, tls_first=not starts_tls) as port:
        mail.deliver(mail_channel(port, ca, starts_tls=starts_tls), POST, "test-site")
        mail.deliver(mail_channel(port, ca, starts_tls=starts_tls), Post(5, "ward", NOW_UTC_S, 0, 3, 4), "test-site")
    (envelope, first), (_, second) = does.taken
    assert "a@b.org" in envelope["RCPT"]
    assert "c@d.org" in envelope["RCPT"]
    parsed = email.message_from_bytes(first)
    assert parsed.get_payload().strip() == "There is one message in Wardbeat."
    assert parsed["Message-ID"] == "<4711.ward@test-site.wardbeat>"
    assert set(parsed.keys()) <= {
        *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version"),
        *("Content-Type", "Content-Transfer-Encoding"),
    }
    assert parsed["Subject"] == "Wardbeat"
    assert email.message_from_bytes(second).get_payload().strip() == "There are 4 messages in Wardbeat."


def test_before_tls_nothing_is_said_but_ehlo_and_starttls(papers, does):
    with mail_server(papers[0], does) as port:
        mail.deliver(mail_channel(port, papers[1]), POST, "test-site")
    assert {line.split()[0].lower() for line in does.clear} == {b"ehlo", b"starttls"}


def test_the_login_is_read_from_its_file(papers, does, tmp_path):
    file = secret_file(tmp_path, b"pass word")
    with mail_server(papers[0], does) as port:
        mail.deliver(mail_channel(port, papers[1], user="u", password_file=file), POST, "test-site")
        assert does.taken[0][0]["auth"]
        file.chmod(0o644)
        with pytest.raises(NotDelivered, match="others may read it"):
            mail.deliver(mail_channel(port, papers[1], user="u", password_file=file), POST, "test-site")
    assert len(does.taken) == 1


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"answer": 451}, "the server answered 451"),
        ({"answer": 554}, "the server answered 554"),
        ({"offers_tls": False}, "the server offers no STARTTLS, or no login"),
        ({"is_slow": True}, "the server is too slow|does not answer"),
        ({"hangs_up": True}, "the server does not answer"),
    ],
)
def test_a_mail_server_that_does_not_take_it_over_is_named(papers, does, change, cause):
    vars(does).update(change)
    with mail_server(papers[0], does) as port, pytest.raises(NotDelivered, match=cause):
        mail.deliver(mail_channel(port, papers[1]), POST, "test-site")


def test_a_mail_server_with_another_certificate_gets_nothing(papers, strangers, other_name, does):
    for context, ca in ((papers[0], strangers[1]), (other_name[0], other_name[1])):
        with mail_server(context, does) as port, pytest.raises(NotDelivered, match="certificate"):
            mail.deliver(mail_channel(port, ca), POST, "test-site")
        with mail_server(context, does, tls_first=True) as port, pytest.raises(NotDelivered, match="certificate"):
            mail.deliver(mail_channel(port, ca, starts_tls=False), POST, "test-site")
    assert does.taken == []


def test_a_server_that_is_down_is_named(papers, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(NotDelivered, match="does not answer"):
            mail.deliver(mail_channel(port, papers[1]), POST, "test-site")
        with pytest.raises(NotDelivered, match="does not answer"):
            webhook.deliver(hook_channel(tmp_path, port, papers[1]), POST, NOW_UTC_S)


def test_a_webhook_is_signed_over_number_time_and_body(papers, does, tmp_path):
    with hook_server(papers[0], does) as port:
        webhook.deliver(hook_channel(tmp_path, port, papers[1]), POST, NOW_UTC_S)
        webhook.deliver(hook_channel(tmp_path, port, papers[1]), POST, NOW_UTC_S + 60)
    (headers, body), (later, again) = does.taken
    assert json.loads(body) == {"id": 4711, "count": 1, "text": "There is one message in Wardbeat."}
    assert headers[""] == "POST /in?team=1 HTTP/1.1"
    signed = hmac.new(SECRET, b"4711.%d." % NOW_UTC_S + body, hashlib.sha256).hexdigest()
    assert headers["wardbeat-signature"] == f"v1={signed}"
    assert (headers["wardbeat-id"], headers["wardbeat-time"]) == ("4711", str(NOW_UTC_S))
    assert again == body
    assert later["wardbeat-id"] == "4711"
    assert later["wardbeat-signature"] != headers["wardbeat-signature"]
    assert {name for name in headers if name} == {
        *("host", "accept-encoding", "content-length", "content-type"),
        *("wardbeat-id", "wardbeat-time", "wardbeat-signature"),
    }


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"answer": 301}, "sends elsewhere"),
        ({"answer": 308}, "sends elsewhere"),
        ({"answer": 403}, "answered 403"),
        ({"answer": 500}, "answered 500"),
        ({"is_slow": True}, "too slow"),
        ({"hangs_up": True}, "does not answer"),
    ],
)
def test_a_webhook_that_is_not_taken_over_is_named(papers, does, tmp_path, change, cause):
    vars(does).update(change)
    with hook_server(papers[0], does) as port, pytest.raises(NotDelivered, match=cause):
        webhook.deliver(hook_channel(tmp_path, port, papers[1]), POST, NOW_UTC_S)


def test_a_webhook_with_another_certificate_gets_nothing(papers, strangers, other_name, does, tmp_path):
    for context, ca in ((papers[0], strangers[1]), (other_name[0], other_name[1])):
        with hook_server(context, does) as port, pytest.raises(NotDelivered, match="certificate"):
            webhook.deliver(hook_channel(tmp_path, port, ca), POST, NOW_UTC_S)
    assert does.taken == []


@pytest.mark.parametrize("is_right", [True, False])
def test_the_operator_sends_a_test_to_a_channel(papers, does, tmp_path, capsys, is_right):
    context, ca = papers
    site = make_world(tmp_path).hub
    does.answer = 0 if is_right else 503
    failing = contextlib.nullcontext() if is_right else pytest.raises(CheckFailed, match="the server answered 503")
    secret = secret_file(site)
    with hook_server(context, does) as port:
        way = f'webhook: {{url: "https://{HOST}:{port}/in", secret_file: {secret.name}, ca_file: {ca}}}'
        (site / "alerts.yaml").write_text(f"channels:\n  pager:\n    {way}\n")
        with failing:
            assert main(["alerts", str(site), "--test", "pager"]) == 0
            assert "The channel pager took the test over." in capsys.readouterr().err
    for headers, body in does.taken:
        assert json.loads(body) == {"id": 0, "count": 0, "text": "This is a test: no message waits in Wardbeat."}
        assert headers["wardbeat-id"] == "0"
    assert len(does.taken) == is_right
    with pytest.raises(WrongUse) as refused:
        main(["alerts", str(site), "--test", "ward"])
    assert refused.value.remedy == "Its channels: pager."


@pytest.mark.parametrize("content", [b"", b" \n"])
def test_a_secret_that_is_empty_or_open_sends_nothing(papers, does, tmp_path, content):
    channel = hook_channel(tmp_path, 1, papers[1])
    secret_file(tmp_path, content)
    with pytest.raises(NotDelivered, match="is empty"):
        webhook.deliver(channel, POST, NOW_UTC_S)
    secret_file(tmp_path, SECRET, 0o640)
    with pytest.raises(NotDelivered, match="others may read it"):
        webhook.deliver(channel, POST, NOW_UTC_S)


def test_a_server_that_drips_is_ended_after_a_while(monkeypatch):
    ours, theirs = socket.socketpair()
    with ours, theirs, channels.at_most(0.05, lambda: ours):
        assert ours.recv(1) == b""  # ended from our side, without a byte from the other


def test_no_cause_holds_what_a_server_said():
    assert not re.search(r"\d{1,3}\.\d{1,3}\.", str(NotDelivered("the server answered 451")))
