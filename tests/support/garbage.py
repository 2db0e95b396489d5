"""Pieces of nonsense: for settings, recordings and straps' packets."""

from pathlib import Path

_EXAMPLE = (Path(__file__).parents[2] / "agent" / "config.example.yaml").read_bytes()
PIECES = [
    b"2001-99-99", b"!!binary x", b"!!python/object:os.system x", b"&a [*a]", b"*a", b"? [1]", b"<<: 1", b"{" * 40,
    b"- " * 50, b"1" * 5000, b".inf", b"-.nan", b"0x7fffffffffffffffffff", b"~", b"\x00", b"\xff\xfe", b"\n", b": ",
    b"sources: {replay: {file: x, speed: -1}}", b"profile: care", b"\t", b"'", b"|", b"state_dir: {}", b"%YAML 9.9\n---\n",
]  # fmt: skip
RECORDINGS = [
    b"rr_ms\n800\n810\n", b"t_s,rr_ms\n0,800\n1,810\n", b"Params\n[HRData]\n800\n810\n", b"time_ms,ppg\n0,1\n10,2\n",
    b"t_s,ecg,ax,ay,az\n0,1,0,0,1\n.01,2,0,0,1\n", b"800;810\n", b"nan\n", b"1e999\n", b"-800\n", b"800,\n", b"\xef\xbb\xbf800\n",
    b"Phone timestamp;RR-interval [ms]\n2026-04-24T14:10:16.752;937\n2026-04-24T14:10:17.752;931\n",
    b"1560279825.000000, IBI\n0.9,0.9\n1.8,0.9\n", b'[{"timeSinceSeriesStart":0,"precededByGap":false},{"timeSinceSeriesStart":0.8}]',
    b"<sml><R-R><Data>800 810</Data></R-R></sml>", b'# OpenSignals Text File Format\n# {"a": {"column": ["ECG"]}}\n1\n',
]  # fmt: skip
RATINGS = [
    b"unit,rater,rating\nu1,A,1\nu1,B,2\n", b"unit,A,B\nu1,yes,no\nu2,,NA\n", b'\xef\xbb\xbfunit,A,B\r\n"u,1","1.5",2e3\r\n',
    b"unit,A,B\n" + b"".join(b"u%d,%d,%d\n" % (n, n % 3, n % 4) for n in range(24)), b"unit;A;B\n1;2,5;3\n", b"unit,A,B\nu1,inf,1e308\n",
]  # fmt: skip
ODD = [b"nan", b"inf", b"1e400", b"-1", b",", b";", b"\t", b"\r", b"\x00", b"\xff", b"\n\n", b"t_s", b"rr_ms", b"9" * 400, b"0x1", b"1_0", b"\xd9\xa1"]  # fmt: skip
SETTINGS = [_EXAMPLE, b"profile: care\n", b"sources:\n  replay:\n    file: x\n"]
PACKETS = [bytes.fromhex(text) for text in ("1648ae03", "0048", "16480000ae03b003", "194a01220058031403", "00ff")]
