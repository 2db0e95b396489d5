"""A device or a hub of an earlier release, in a process of its own: that release's code on files of its own.

    python -m tests.support.release_peer device|hub FOLDER CLOCK_UTC_S        reads and writes one JSON object a line

The code is `code.zip` beside the release's state; this file runs on both and imports only what release 0.1.0 has.
"""

import base64
import json
import os
import subprocess
import sys
import threading
import zipfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

GOLDEN = Path(__file__).parents[1] / "golden"


class Peer:
    """The process.

    Args:
        release: The fixture's name.
        code: Where its code may be unpacked.
        role: ``device`` or ``hub``.
        folder: The state folder, or the hub's.
        clock_utc_s: The time there.
    """

    def __init__(self, release: str, code: Path, role: str, folder: Path, clock_utc_s: int) -> None:
        if not code.exists():
            with zipfile.ZipFile(GOLDEN / release / "code.zip") as packed:
                packed.extractall(code)
        words = [sys.executable, str(Path(__file__)), role, str(folder), str(clock_utc_s)]
        env = {**os.environ, "PYTHONPATH": str(code)}
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)

    def ask(self, **question):
        """One question, and its answer."""
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the peer of an earlier release ended"
        return json.loads(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    # ---- a hub

    def handle(self, batch):
        """As `Receiver.handle`: (topic, envelope) pairs in, answers out."""
        answers = self.ask(batch=[[topic, base64.b64encode(sealed).decode()] for topic, sealed in batch])["answers"]
        return [(topic, base64.b64decode(sealed)) for topic, sealed in answers]

    # ---- a device

    def rows(self):
        """(topic, envelope) pairs of all that waits; they count as sent."""
        answer = self.ask(rows=True)
        return [(answer["topic"], base64.b64decode(sealed)) for sealed in answer["rows"]]

    def take(self, answers):
        """Settle answers: the settled counts, and the states of all rows."""
        return self.ask(answers=[base64.b64encode(sealed).decode() for _, sealed in answers])


def _hub(folder: Path):
    from hub.receive import Receiver

    receiver = Receiver(folder)

    def answer(question):
        if "serve" in question:  # from the broker, until this process ends
            there, before = threading.Event(), receiver._client.on_connect

            def connected(*words):
                before(*words)
                there.set()

            receiver._client.on_connect = connected
            threading.Thread(target=receiver.run, args=(threading.Event(),), daemon=True).start()
            assert there.wait(60)
            return {}
        batch = [(topic, base64.b64decode(sealed)) for topic, sealed in question["batch"]]
        return {"answers": [[topic, base64.b64encode(sealed).decode()] for topic, sealed in receiver.handle(batch)]}

    return answer


def _device(folder: Path):
    from agent.enrollment import identity
    from agent.outbox import Outbox, Sealing, receipts
    from agent.privacy.vault import open_vault
    from agent.wire.labels import up_topic

    vault = open_vault(folder, "file")
    who = identity.load_enrolled(folder, vault)
    outbox = Outbox(folder / "outbox.db", vault, Sealing.to(who.sender(), who.directory().directory))
    now_utc_s = int(datetime.now(UTC).timestamp())

    def answer(question):
        if "rows" in question:
            rows = outbox.unsent(1000) or [row for idx in outbox.sent() if (row := outbox.sent_row(idx))]
            outbox.mark_sent(rows, now_utc_s)
            sealed = [base64.b64encode(row.envelope).decode() for row in rows]
            return {"topic": up_topic(who.site, who.device), "rows": sealed}
        receipted = 0
        for sealed in map(base64.b64decode, question["answers"]):
            receipted += receipts.apply(outbox, who.open_answers(sealed), now_utc_s, sealed).receipted
        return {"receipted": receipted, "states": outbox.counts()}

    return answer


def main() -> None:
    import time_machine

    role, folder, clock_utc_s = sys.argv[1:]
    with ExitStack() as parts:
        parts.enter_context(time_machine.travel(datetime.fromtimestamp(int(clock_utc_s), UTC), tick=True))
        answer = (_hub if role == "hub" else _device)(Path(folder))
        for line in sys.stdin:
            print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
