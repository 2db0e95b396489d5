"""Sign-in by an account, against a small provider over TLS: what is right comes in, and each lie is refused."""

import http.client
import socket
import ssl
import time

import pytest
import yaml
from joserfc.jwk import ECKey

from agent.errors import ConfigInvalid
from hub.care.issuer import Issuer, ProviderFailed
from hub.care.oidc import FILE, load_provider
from hub.care.web.account import BROWSER
from hub.cli import main
from hub.keys.certificates import issue
from hub.keys.staff import OIDC, Member, account
from tests.support.care_inside import inside
from tests.support.care_site import care_site
from tests.support.oidc_provider import CLIENT, SECRET, oidc_provider

pytestmark = pytest.mark.process


@pytest.fixture
def site(tmp_path):
    with care_site(tmp_path / "hub") as made:
        yield made


@pytest.fixture
def provider(site, tmp_path):
    issue(site.folder, "provider", tmp_path / "provider", server="127.0.0.1")
    with oidc_provider(tmp_path / "provider.crt", tmp_path / "provider.key") as made:
        secret = tmp_path / "secret"
        secret.write_text(SECRET + "\n")
        secret.chmod(0o600)
        settings(site, made.issuer, secret)
        yield made


def settings(site, issuer, secret, **more):
    keys = {
        "issuer": issuer,
        "client_id": CLIENT,
        "client_secret_file": str(secret),
        "ca_file": str(site.folder / "ca.pem"),
    }
    (site.folder / FILE).write_text(yaml.safe_dump(keys | more))


@pytest.fixture
def view(site, provider):
    with inside(site, provider=load_provider(site.folder)) as made:
        yield made


def added(site, provider, role="member"):
    words = ["staff", "add", str(site.folder), "Ada", "--role", role, "--oidc", provider.subject]
    assert main(words) == 0
    site.keys.refresh()


def begun(view):
    """A browser that was sent to the provider: its cookie, and where to."""
    answer = view("GET", "/sign-in/account")
    assert answer.status == 303, answer.text
    cookie = answer.headers["set-cookie"][0].partition(";")[0]
    return (("cookie", cookie), *FROM_ANOTHER_SITE), answer.headers["location"][0]


FROM_ANOTHER_SITE = (("sec-fetch-site", "cross-site"), ("sec-fetch-dest", "document"))


def come_back(view, provider):
    more, address = begun(view)
    return view("GET", f"/sign-in/back?{provider.authorize(address)}", more=more)


def test_an_account_that_was_added_comes_in_with_the_role_of_the_hub_s_list(site, provider, view):
    person = site.consents(site.person())
    added(site, provider)
    provider.claims = {"role": "lead", "groups": ["lead"], "name": "Somebody else"}  # of no account here
    answer = come_back(view, provider)
    assert answer.status == 200
    assert answer.cookie
    cookie = answer.cookie
    assert person.canary in view("GET", "/", cookie=cookie).text
    assert view("GET", "/lead", cookie=cookie).status == 403
    assert [row.look.who for row in site.store.looks()] == ["Ada"]
    asked = len(provider.asked)
    assert come_back(view, provider).status == 200
    assert provider.asked[asked:] == ["/realm/token"]  # what it says of itself, and its keys, are kept
    assert main(["staff", "revoke", str(site.folder), "Ada"]) == 0
    assert view("GET", "/", cookie=cookie).status == 403
    assert "revoked" in come_back(view, provider).text
    added(site, provider, "lead")
    assert view("GET", "/lead", cookie=come_back(view, provider).cookie).status == 200


def test_an_account_that_nobody_added_or_that_has_ended_stays_outside(site, provider, view):
    answer = come_back(view, provider)
    assert (answer.status, answer.cookie) == (403, "")
    ended = account(provider.issuer, "person-2")
    site.keys.staff.add(Member(ended, OIDC, "Late", "lead", 1, int(time.time()) - 1))
    provider.subject = "person-2"
    answer = come_back(view, provider)
    assert (answer.status, answer.cookie) == (403, "")
    assert "has ended" in answer.text


NOW = int(time.time())


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"}, {"iss": None}, {"aud": "other"}, {"aud": None}, {"aud": ["other"]}, {"aud": [CLIENT, "other"]},
        {"aud": []}, {"azp": "other"}, {"nonce": "x"}, {"nonce": None}, {"nonce": 5}, {"exp": NOW - 3600}, {"exp": None}, {"exp": "never"},
        {"iat": NOW - 7200}, {"iat": None}, {"sub": None}, {"sub": ""}, {"sub": 5}, {"sub": "x" * 300}, {"sub": "person-1\n"},
    ],
)  # fmt: skip
def test_a_token_with_a_wrong_claim_is_refused(site, provider, view, claims, caplog):
    added(site, provider)
    provider.claims = claims
    answer = come_back(view, provider)
    assert (answer.status, answer.cookie) == (403, "")
    assert "a sign-in by account: the token" in caplog.text
    provider.claims = {}
    assert come_back(view, provider).cookie  # the planted right one


@pytest.mark.parametrize("lie", ["none", "other key", "hmac", "garbage"])
def test_a_token_that_the_provider_did_not_sign_is_refused(site, provider, view, lie):
    added(site, provider)
    provider.lie = lie
    answer = come_back(view, provider)
    assert (answer.status, answer.cookie) == (403, "")
    provider.lie = ""
    assert come_back(view, provider).cookie


def test_a_state_works_once_in_its_own_browser_and_for_five_minutes(site, provider, view):
    added(site, provider)
    more, address = begun(view)
    back = f"/sign-in/back?{provider.authorize(address)}"
    assert view("GET", back, more=more).cookie
    assert view("GET", back, more=more).status == 403  # replayed
    more, address = begun(view)
    back = f"/sign-in/back?{provider.authorize(address)}"
    assert view("GET", back, more=FROM_ANOTHER_SITE).status == 403  # another browser: a planted sign-in
    assert view("GET", back, more=more).status == 403  # and it is used up by that
    other, _ = begun(view)
    _, address = begun(view)
    assert view("GET", f"/sign-in/back?{provider.authorize(address)}", more=other).status == 403
    more, address = begun(view)
    view.clock.ahead_s += 301
    assert view("GET", f"/sign-in/back?{provider.authorize(address)}", more=more).status == 403
    for query in ("", "code=x", "state=x", "code=x&state=x", "error=access_denied&state=x", "code=" + "x" * 9000):
        assert view("GET", f"/sign-in/back?{query}", more=more).status in (400, 403)
    assert BROWSER.startswith("__Host-")


def test_a_provider_that_names_another_server_is_asked_nothing_there(site, provider, view):
    added(site, provider)
    for name in ("token_endpoint", "jwks_uri", "authorization_endpoint"):
        for place in (
            "https://evil.example/x",
            f"http://127.0.0.1:{provider.port}/x",
            f"https://127.0.0.1:{provider.port + 1}/x",
            5,
        ):
            provider.found = {name: place}
            with inside(site, provider=load_provider(site.folder)) as other:
                answer = other("GET", "/sign-in/account")
                if answer.status == 303:
                    cookie = answer.headers["set-cookie"][0].partition(";")[0]
                    query = provider.authorize(answer.headers["location"][0])
                    answer = other("GET", f"/sign-in/back?{query}", more=(("cookie", cookie), *FROM_ANOTHER_SITE))
                assert (answer.status, answer.cookie) == (403, ""), (name, place)
    provider.found = {"issuer": "https://evil.example"}
    with inside(site, provider=load_provider(site.folder)) as other:
        assert other("GET", "/sign-in/account").status == 403


def test_new_keys_of_the_provider_are_fetched(site, provider):
    added(site, provider)
    loaded = load_provider(site.folder)
    ahead_s = [0.0]
    loaded._now_s = lambda: time.monotonic() + ahead_s[0]
    with inside(site, provider=loaded) as view:
        assert come_back(view, provider).cookie
        provider.key = ECKey.generate_key("P-256", {"kid": "b"})
        assert not come_back(view, provider).cookie  # not at every request
        ahead_s[0] = 61.0
        assert come_back(view, provider).cookie


def test_another_authority_s_provider_is_not_believed(site, provider, tmp_path):
    settings(site, provider.issuer, tmp_path / "secret", ca_file=None)
    with inside(site, provider=load_provider(site.folder)) as view:
        assert view("GET", "/sign-in/account").status == 403
    assert provider.asked == []


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (socket.gaierror(-2, "?"), "has a host name that is not known here"),
        (ssl.SSLCertVerificationError("?"), "an authority of your own needs ca_file"),
        (TimeoutError(), "is too slow"),
        (ConnectionRefusedError(), "does not answer"),
    ],
)
def test_the_log_names_why_a_provider_gives_no_answer(monkeypatch, error, words):
    def fails(*_, **__):
        raise error

    monkeypatch.setattr(http.client.HTTPSConnection, "request", fails)
    with pytest.raises(ProviderFailed, match=words):
        Issuer("https://login.example").asked("https://login.example/")


def test_settings_that_are_not_valid_are_refused_by_name(site, tmp_path):
    assert load_provider(site.folder) is None
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    for more, word in (
        ({"issuer": "http://login.example"}, "https://HOST"),
        ({"issuer": "https://"}, "issuer"),
        ({"client_id": ""}, "client_id"),
        ({"issur": 1}, "unknown key 'issur'; the keys are issuer, client_id, client_secret_file, ca_file"),
        ({"ca_file": "none.pem"}, f"{site.folder}/none.pem cannot be read: No such file"),
        ({"client_secret_file": "none"}, f"{site.folder}/none cannot be read: No such file"),
    ):
        settings(site, **{"issuer": "https://login.example", "secret": secret, **more})
        with pytest.raises(ConfigInvalid, match=word):
            load_provider(site.folder)
    settings(site, "https://login.example", secret)
    secret.chmod(0o640)
    with pytest.raises(ConfigInvalid, match="mode to 0600"):
        load_provider(site.folder)
    (site.folder / FILE).write_text("[")
    with pytest.raises(ConfigInvalid, match="YAML"):
        load_provider(site.folder)
