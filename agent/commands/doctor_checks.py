"""Every part's health with a remedy; check ids are stable, so that scripts can rely on them."""

import json
import shutil
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from cryptography import x509

from agent import sources
from agent.config import Settings, policy_file
from agent.control import channel
from agent.control.channel import Command
from agent.control.device_scan import silent
from agent.enrollment import identity
from agent.errors import AgentBusy, NotRunning, OutboxBroken, WardbeatError, WireRefused
from agent.outbox import Outbox, consents, ledger
from agent.privacy.vault import Vault, existing_vault
from agent.sources import SensorCheck as Check
from agent.system.clock import SessionClock
from agent.tables.profiles import Profile
from agent.windows.history import History
from agent.wire.directory import fingerprint_words

_LEAST_FREE_MB: Final = 100


def checks(settings: Settings, profile: Profile) -> Iterator[Check]:
    """All checks, cheapest first; none changes anything."""
    yield Check("python", sys.version_info >= (3, 11), f"Python {sys.version.split()[0]}")
    yield Check("tls13", ssl.HAS_TLSv1_3, ssl.OPENSSL_VERSION, "Use a Python whose OpenSSL has TLS 1.3.")
    words = f"{policy_file()} applies" if policy_file().exists() else "this machine has no policy file"
    yield Check("machine_policy", ok=True, words=words)
    yield Check("profile", ok=True, words=f"{profile.name}: {profile.words}")
    for name, chosen in settings.sources.items():
        yield from sources.checks(name, chosen, _context(settings))
    folder = settings.state_dir
    if not folder.exists():
        yield Check("state", None, "there is no state folder yet; 'wardbeat run' creates it")
        return
    free_mb = shutil.disk_usage(folder).free // 2**20
    yield Check("disk", free_mb > _LEAST_FREE_MB, f"{free_mb} MB free", "Free disk space; rows wait until then.")
    if sys.platform != "win32":
        mode = folder.stat().st_mode & 0o777
        yield Check("state_private", mode == 0o700, f"state folder mode {mode:o}", f"chmod 700 {folder}")
    try:
        vault = existing_vault(folder, settings.key_store)
    except WardbeatError as error:
        yield Check("data_key", ok=False, words=str(error), remedy=error.remedy)
        return
    yield Check("data_key", ok=True, words=f"in {vault.place}")
    if (folder / "history.db").exists():
        yield _attempt("history", lambda: _history(folder, vault))
    yield from _delivery(settings, profile, vault)
    yield from _running(settings, profile)


def _context(settings: Settings) -> sources.Surroundings:
    brought = settings.face.affect_model
    affect = None
    if brought is not None:
        affect = sources.AffectFile(str(brought.path.expanduser()), brought.sha256, brought.labels)
    return sources.Surroundings(SessionClock(), settings.state_dir, silent, affect=affect)


def _history(folder: Path, vault: Vault) -> str:
    try:
        with closing(History(folder / "history.db", vault)) as history:
            began = next(history.summaries(), None)  # one is enough to see that the key opens it
            return f"{'no' if began is None else 'a'} window and {len(history.told())} check-ins and notes can be read"
    except OutboxBroken as error:
        raise OutboxBroken(
            "the history cannot be read",
            remedy=f"Restore {folder / 'history.db'} from a backup, or move it away; your weeks then start from zero.",
        ) from error


def _delivery(settings: Settings, profile: Profile, vault: Vault) -> Iterator[Check]:
    folder = settings.state_dir
    if not profile.recipients:
        yield Check("enrolled", None, "nothing leaves under this profile")
        return
    try:
        enrolled = identity.load_enrolled(folder, vault)
        directory = enrolled.directory().directory
    except WardbeatError as error:
        yield Check("enrolled", ok=False, words=str(error), remedy=error.remedy or identity.ENROLL)
        return
    root = fingerprint_words(enrolled.bundle.root_public)
    yield Check("enrolled", ok=True, words=f"at {enrolled.bundle.operator} ({enrolled.site}), root {root}")
    fresh = directory.expires_utc_s > time.time()
    yield Check("directory", fresh, f"version {directory.version}", "Ask the hub's operator; rows are still sealed.")
    _, certificate_file, _ = identity.tls_files(folder)
    days = (
        x509.load_pem_x509_certificate(certificate_file.read_bytes()).not_valid_after_utc.timestamp() - time.time()
    ) // 86_400
    yield Check("certificate", days > 0, f"valid for {days:.0f} days", "Enroll again with a new bundle.")
    if not (folder / "outbox.db").exists():
        yield Check("outbox", None, "empty; the agent has not run yet")
        return
    with Outbox(folder / "outbox.db", vault, None) as outbox:
        given = consents.stands_at(outbox, profile.name, int(time.time())) is not None
        yield Check(
            "consent", given or None, "given" if given else "not given: only covers are sent", "wardbeat consent give"
        )
        yield _attempt("ledger", lambda: _proven(ledger.verify(outbox, enrolled.open_answers)))
        yield Check(
            "outbox", ok=True, words=", ".join(f"{n} {state}" for state, n in outbox.counts().items()) or "empty"
        )
        for _, words in outbox.notices():
            yield Check("news", None, words)


def _proven(proven: ledger.Proven) -> str:
    return "; ".join([proven.words, *(f"known break: {words}" for words in proven.breaks)])


def _attempt(check_id: str, look: Callable[[], str]) -> Check:
    try:
        return Check(check_id, ok=True, words=look())
    except (WardbeatError, WireRefused) as error:
        return Check(check_id, ok=False, words=str(error), remedy=error.remedy or "Keep the file, and ask for help.")


def _running(settings: Settings, profile: Profile) -> Iterator[Check]:
    """What the running agent says of its sensors and of itself."""
    try:
        body = json.loads(channel.ask(settings.state_dir, Command("status")).body)
    except NotRunning as error:
        yield Check("agent", None, str(error), error.remedy)
        return
    except AgentBusy as error:
        yield Check("agent", ok=False, words=str(error), remedy=error.remedy)
        return
    for state in body["states"]:
        if state["part"].startswith("source."):
            ok = {"ok": True, "waiting": None}.get(state["level"], False)
            words = state["words"] + (f" → {state['remedy']}" if ok is None and state["remedy"] else "")
            yield Check(state["part"], ok, words, state["remedy"])
    yield _agent(body, profile)


def _agent(body: dict[str, Any], profile: Profile) -> Check:
    if body["profile"] != profile.name:
        words = f"the running agent has the profile {body['profile']}, these settings name {profile.name}"
        return Check("agent", ok=False, words=words, remedy="Use the same --config for every command.")
    if body["unheard"]:
        return Check("agent", None, "running; the hub has not yet confirmed your latest consent, withdrawal or erasure")
    trouble = [state for state in body["states"] if state["level"] == "trouble"]
    if trouble:
        return Check("agent", ok=False, words=trouble[0]["words"], remedy=trouble[0]["remedy"])
    return Check("agent", ok=True, words="running")
