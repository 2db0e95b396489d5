"""Every parser of bytes that come from elsewhere, fuzzed by coverage (atheris, libFuzzer), against the second reading.

make fuzz ROOM=guided SECONDS=60 ONLY=     a table; each target in a process of its own

Bytes that a reader takes and the second reading refuses are wrong; anything but the reader's own error is a crash.
The last target has a breach planted four bytes deep: it must be found.
"""

import contextlib
import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import atheris

# it says which modules it reads, a line each
with contextlib.redirect_stderr(io.StringIO()), atheris.instrument_imports(include=["agent"]):
    from agent import config
    from agent.agreement import answer, grid, page, scale, study
    from agent.errors import (
        ConfigInvalid,
        PacketRefused,
        PolicyDenied,
        RatingsUnreadable,
        RecordingUnreadable,
        WireRefused,
        WrongUse,
    )
    from agent.outbox import consent_records
    from agent.recording import files
    from agent.sources.strap import heart_rate_packet
    from agent.wire import alert, codec, consent, enroll, envelope, looks, receipt
    from agent.wire.plaintext import decode_plaintext

from tests.fuzz import wire
from tests.support import garbage, wire_rules

NONE = Path("/nonexistent/policy.yaml")


def checked(read, errors, is_right=None):
    """A target: ``read`` takes bytes or raises one of ``errors``; what it takes, the second reading takes too."""

    def target(data):
        try:
            read(data)
        except errors:
            return
        if is_right is not None and not is_right(data):
            raise AssertionError("wrongly accepted")

    return target


def of_file(folder, read):
    file = Path(folder) / "file"

    def reading(data):
        file.write_bytes(data)
        read(file)

    return reading


@atheris.instrument_func
def planted(data):
    """A decoder that is fine but for one thing, deep inside."""
    words = codec.decode(data)
    if isinstance(words, list) and words and words[0] == b"WARD":
        raise KeyError("planted")


def _waves(file):
    for name in ("ecg", "ppg"):
        with contextlib.suppress(WrongUse), files.wave(file, name) as wave:
            for _ in wave.blocks:
                pass


def _ratings(data):
    found = grid.parse("ratings.csv", data)
    made = study.compute(found, scale.scale_of(found, None, ()))
    answer.as_json(made)
    page.as_html(made)


def targets(folder):
    """By name: (target, good examples)."""
    room = wire.Room(Path(folder))
    found = {
        "envelope": (checked(envelope.decode, WireRefused), [room.seal(words, 1) for words in room.words]),
        "envelope, opened": (
            checked(decode_plaintext, WireRefused, wire_rules.is_plaintext),
            room.words,
        ),
        "answers": (checked(receipt.decode_answers, WireRefused, wire_rules.is_answers), [room.answers]),
        "alert": (checked(alert.decode_alert, WireRefused, wire_rules.is_alert), [wire.ALERT.encode()]),
        "look": (checked(looks.decode_look, WireRefused, wire_rules.is_look), [wire.LOOK.encode()]),
        "consent record": (checked(consent.decode_record, WireRefused), [_record(room)]),
        "bundle": (checked(enroll.decode_bundle, WireRefused), [room.world.identity.bundle.encode()]),
        "strap packet": (checked(heart_rate_packet.decode, PacketRefused), garbage.PACKETS),
        "settings": (
            checked(of_file(folder, lambda file: config.load(file, NONE)), (ConfigInvalid, PolicyDenied)),
            garbage.SETTINGS,
        ),
        "recording": (checked(of_file(folder, files.intervals), RecordingUnreadable), garbage.RECORDINGS),
        "waveform": (checked(of_file(folder, _waves), RecordingUnreadable), garbage.RECORDINGS),
        "ratings": (checked(_ratings, RatingsUnreadable), garbage.RATINGS),
        "planted": (checked(planted, WireRefused), [codec.encode([b"abcd", 1])]),
    }
    for name, (good, read, words, sign, is_right) in wire.signed_papers(room).items():
        if name != "answers":
            found[f"{name}, outside"] = checked(read, WireRefused), [good]
            found[f"{name}, signed"] = (
                checked(lambda data, read=read, sign=sign: read(sign(data)), WireRefused, is_right),
                [words],
            )
    return found


def _record(room):
    with room.world.outbox() as outbox:
        return consent_records.records(outbox)[0]


def one(name, corpus):
    """Fuzz one target until libFuzzer ends."""
    with tempfile.TemporaryDirectory() as folder:
        target, good = targets(folder)[name]
        for n, example in enumerate(good):
            (Path(corpus) / f"good{n}").write_bytes(example)
        limits = [
            f"-artifact_prefix={corpus}/",
            "-max_len=4096",
            "-timeout=20",
            "-rss_limit_mb=4096",
            f"-max_total_time={os.environ['SECONDS']}",
        ]
        atheris.Setup([sys.argv[0], *limits, f"-seed={os.environ.get('SEED', '1')}", corpus], target)
        atheris.Fuzz()


def main():
    """The table."""
    with tempfile.TemporaryDirectory() as folder:
        names = sorted(targets(folder), key=lambda name: name == "planted")
    only = os.environ.get("ONLY", "")
    bad, found = 0, False
    print(f"{'':<22}{'runs':>10}{'features':>10}{'inputs':>8}   ended")
    for name in names:
        if only and only not in name and name != "planted":
            continue
        with tempfile.TemporaryDirectory() as corpus:
            words = [sys.executable, "-m", "guided_fuzz", name, corpus]
            env = os.environ | {"SECONDS": os.environ.get("SECONDS", "60")}
            done = subprocess.run(words, env=env, capture_output=True, text=True, errors="replace", check=False)
            last = re.findall(r"#(\d+).*?ft: (\d+).*?corp: (\d+)", done.stderr)
            runs, features, inputs = last[-1] if last else ("0", "0", "0")
            ended = "in time" if done.returncode == 0 else _why(done.stdout + done.stderr)
            crash = next(Path(corpus).glob("crash-*"), None)
            print(f"{name:<22}{runs:>10}{features:>10}{inputs:>8}   {ended}", flush=True)
            if name == "planted":
                found = "planted" in ended
            elif done.returncode:
                bad += 1
                print(f"   with {'' if crash is None else crash.read_bytes()[:200].hex()}")
    print("the planted breach was found" if found else "the planted breach was NOT found")
    return int(bool(bad) or not found)


def _why(said):
    errors = re.findall(r"\w*(?:Error|Exception|Timeout|ALARM|Refused|Invalid)\b[^\n]*", said)
    return errors[0][:100] if errors else f"ended by itself: {said[-200:]!r}"


if __name__ == "__main__":
    if len(sys.argv) == 3:
        one(*sys.argv[1:])
    sys.exit(main())
