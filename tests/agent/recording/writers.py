"""Small writers of other programs' files, from the forms that those programs use."""

import datetime as dt
import json
import struct

import numpy as np

BEGIN = dt.datetime(2026, 4, 24, 14, 10, 16, 752_000)
EPOCH_S = 1_777_039_816.752


def calm(n=120, seed=1, rr_ms=850.0):
    """Intervals in whole ms, no two series alike."""
    rng = np.random.default_rng(seed)
    return np.round(rr_ms + 30 * np.sin(np.arange(n) / 3) + rng.normal(0, 12, n))


def text(rows, head="", end="\n"):
    return (head + end if head else "") + end.join(rows) + end


def ends_s(rr_ms, start_s=0.0):
    return start_s + np.cumsum(rr_ms) / 1000


def arrivals(rr_ms, seed=2):
    """When a phone gets each beat: packets of about a second, 20 to 60 ms late."""
    rng = np.random.default_rng(seed)
    return np.maximum.accumulate(np.ceil(ends_s(rr_ms)) + 0.02 + rng.uniform(0, 0.04, rr_ms.size))


def iso(t_s, sign="T", digits=3):
    return [(BEGIN + dt.timedelta(seconds=float(t))).isoformat(sep=sign, timespec="milliseconds") for t in t_s]


def plain(rr_ms, form="{:.0f}", **kwargs):
    return text([form.format(one) for one in rr_ms], **kwargs)


def table(head, *columns, mark=","):
    return text([mark.join(str(cell) for cell in row) for row in zip(*columns, strict=True)], head)


def whole(values):
    return [f"{one:.0f}" for one in values]


def decimal(values, digits=3, sign="."):
    return [f"{one:.{digits}f}".replace(".", sign) for one in values]


def hrm(values, interval=238):
    return text(
        ["[Params]", "Version=106", "Monitor=13", "SMode=000000000", "Date=20080208", "StartTime=08:50:31.0",
         "Length=00:42:41.7", f"Interval={interval}", "MaxHR=180", "", "[Note]", "", "[HRData]", *whole(values)],
        end="\r\n",
    )  # fmt: skip


def apple_series(rr_ms, gaps=()):
    """One series as react-native-health gives it."""
    beats = [0.0, *ends_s(rr_ms)]
    return {
        "id": "9728168D", "sourceName": "Apple Watch", "startDate": "2021-07-10T08:55:31.307-0400",
        "endDate": "2021-07-10T08:56:34.731-0400",
        "heartbeatSeries": [{"timeSinceSeriesStart": float(t), "precededByGap": n in gaps} for n, t in enumerate(beats)],
    }  # fmt: skip


def suunto_json(rr_ms, per=4):
    samples = []
    for n in range(0, len(rr_ms), per):
        samples.append(
            {
                "Attributes": {"suunto/sml": {"R-R": {"IBI": [int(one) for one in rr_ms[n : n + per]]}}},
                "Source": "suunto-123",
                "TimeISO8601": f"2020-01-01T10:00:{n % 60:02}.000+00:00",
            }
        )
        samples.append({"Attributes": {"suunto/sml": {"Sample": {"HR": 1.2, "AbsPressure": 99_000}}}})
    return json.dumps({"Samples": samples})


def sml(rr_ms):
    data = " ".join(whole(rr_ms))
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<sml xmlns="http://www.suunto.com/schemas/sml">\n <DeviceLog>\n  <Samples>'
        "<Sample><HR>1.25</HR><Time>1</Time></Sample></Samples>\n"
        f"  <R-R>\n   <Data>{data}</Data>\n  </R-R>\n </DeviceLog>\n</sml>\n"
    )


def opensignals(channels, sensors, fs_hz=1000):
    names = ["nSeq", "DI", *[f"CH{n + 1}" for n in range(len(sensors))]]
    about = {"00:07:80:79:6F:DB": {"sensor": sensors, "device name": "00:07:80:79:6F:DB", "column": names,
             "sampling rate": fs_hz, "date": "2017-5-22", "time": "9:39:1.0", "channels": [1]}}  # fmt: skip
    rows = [
        f"{n % 16}\t0\t" + "\t".join(str(int(v)) for v in row) + "\t"
        for n, row in enumerate(zip(*channels, strict=True))
    ]
    return text(["# OpenSignals Text File Format. Version 1", f"# {json.dumps(about)}", "# EndOfHeader", *rows])


def apple_ecg(value, fs_hz=512, sign="."):
    facts = ["Name,A Person", 'Date of Birth,"Jan 15, 1990"', "Recorded Date,2026-08-26 18:15:35 +0100",
             "Classification,Sinus Rhythm", "Symptoms,", "Software Version,1.90", 'Device,"Watch6,7"',
             f"Sample Rate,{fs_hz} hertz", "", "", "Lead,Lead I", "Unit,µV", ""]  # fmt: skip
    return text([*facts, *decimal(value, 3, sign)])


def kubios_report(rr_ms):
    t_s = ends_s(rr_ms)
    rows = [f"{t:.6f},{r / 1000:.6f},," for t, r in zip(t_s, rr_ms, strict=True)]
    return text(
        ["Kubios HRV Standard, version 3.5.0", "File name:,rest.txt", "Mean RR (ms):,852.1", "RMSSD (ms):,31.2", "",
         "RR INTERVAL DATA and SPECTRUM ESTIMATES", "-------------------", ",SAMPLE 1: 00:00:00-00:05:00",
         "Time,RR interval,FFT spectrum,", "(s),(s),(Hz),(s^2/Hz)", *rows, "", "HR Zones", "1,2,3"]
    )  # fmt: skip


def edf(labels, channels, fs_hz, *, record_s=1.0, physical=(-5.0, 5.0), gaps=(), bdf=False, kind=""):
    """A file of records; ``gaps`` are (record, seconds) before it, which needs EDF+D."""
    width, top = (3, 8_388_607) if bdf else (2, 32_767)
    per = round(fs_hz * record_s)
    count = len(channels[0]) // per
    has_clock = bool(kind)
    names = [*labels, *(["EDF Annotations"] if has_clock else [])]
    sizes = [per] * len(labels) + ([16] if has_clock else [])
    limits = [physical] * len(labels) + ([(-1.0, 1.0)] if has_clock else [])

    def fields(values, size):
        return b"".join(str(one)[:size].ljust(size).encode() for one in values)

    n = len(names)
    head = (
        (b"\xffBIOSEMI" if bdf else b"0       ")
        + b" " * 160
        + b"24.04.2614.10.16"
        + str(256 * (n + 1)).ljust(8).encode()
    )
    head += (
        kind.ljust(44).encode()
        + str(count).ljust(8).encode()
        + f"{record_s:g}".ljust(8).encode()
        + str(n).ljust(4).encode()
    )
    head += fields(names, 16) + fields([""] * n, 80) + fields(["mV"] * n, 8)
    head += fields([low for low, _ in limits], 8) + fields([high for _, high in limits], 8)
    head += (
        fields([-top - 1] * n, 8)
        + fields([top] * n, 8)
        + fields([""] * n, 80)
        + fields(sizes, 8)
        + fields([""] * n, 32)
    )
    low, high = physical
    body, onset_s, extra = [], 0.0, dict(gaps)
    for record in range(count):
        onset_s += extra.get(record, 0.0)
        for channel in channels:
            part = np.asarray(channel[record * per : (record + 1) * per])
            raw = np.round((part - low) / (high - low) * (2 * top + 1) - top - 1).clip(-top - 1, top).astype(np.int32)
            four = raw.astype("<i4").tobytes()
            body.append(
                b"".join(four[k : k + width] for k in range(0, len(four), 4)) if bdf else raw.astype("<i2").tobytes()
            )
        if has_clock:
            body.append(f"+{onset_s:g}\x14\x14\0".encode().ljust(32, b"\0"))
        onset_s += record_s
    return head + b"".join(body)


def fit(rr_ms, *, per=3, records=True, name=78, stop_at=None):
    """A FIT file with messages hrv (78) and a record a second; the rest of five places is 65535."""
    body = bytearray()
    body += bytes([0x40, 0, 0]) + struct.pack("<HB", name, 1) + bytes([0, 10, 0x84])  # local 0: hrv, time, 5 x uint16
    body += bytes([0x41, 0, 0]) + struct.pack("<HB", 20, 2) + bytes([253, 4, 0x86, 3, 1, 0x02])  # local 1: record
    clock_s = 0.0
    for n in range(0, len(rr_ms), per):
        some = [int(one) for one in rr_ms[n : n + per]]
        body += bytes([0]) + struct.pack("<5H", *some, *[0xFFFF] * (5 - len(some)))
        clock_s += sum(some) / 1000 + (60.0 if stop_at == n else 0.0)
        if records:
            body += bytes([1]) + struct.pack("<IB", 1_000_000_000 + int(clock_s), 70)
    head = struct.pack("<BBHI4s", 12, 0x20, 2100, len(body), b".FIT")
    data = head + bytes(body)
    return data + struct.pack("<H", _crc(data))


def _crc(data):
    table = [0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401,
             0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400]  # fmt: skip
    crc = 0
    for byte in data:
        for half in (byte & 0xF, byte >> 4):
            crc = (crc >> 4) & 0x0FFF ^ table[crc & 0xF] ^ table[half]
    return crc


def wfdb_16(value, fs_hz, name="rec"):
    """(the header, the data)"""
    head = f"{name} 1 {fs_hz:g} {len(value)}\n{name}.dat 16 200/mV 12 0 {int(value[0])} 0 0 II\n"
    return head, np.asarray(value).astype("<i2").tobytes()
