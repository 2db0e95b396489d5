"""Health exports made by hand from the makers' public descriptions: writers, one sample a format, and a gigabyte.

Each sample carries `CANARY` wherever an export has a name of a person, an account, a device or a note.
"""

import io
import json
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.days.health.found import Column
from tests.support.fit_monitoring import monitoring_file

CANARY = "Zebra-Quokka-41"
BERLIN = ZoneInfo("Europe/Berlin")
SYDNEY = ZoneInfo("Australia/Sydney")
NEW_YORK = ZoneInfo("America/New_York")
DOCTYPE = """<!DOCTYPE HealthData [
<!-- HealthKit Export Version: 14 -->
<!ELEMENT HealthData (ExportDate,Me,(Record|Correlation|Workout|ActivitySummary|ClinicalRecord)*)>
<!ATTLIST HealthData locale CDATA #REQUIRED>
<!ELEMENT Record ((MetadataEntry|HeartRateVariabilityMetadataList)*)>
<!ATTLIST Record type CDATA #REQUIRED unit CDATA #IMPLIED value CDATA #IMPLIED sourceName CDATA #REQUIRED>
]>
"""
WATCH_DEVICE = (
    "&lt;&lt;HKDevice: 0x2827&gt;, name:Apple Watch, manufacturer:Apple Inc., model:Watch, hardware:Watch6,1&gt;"
)
PHONE_DEVICE = (
    "&lt;&lt;HKDevice: 0x2828&gt;, name:iPhone, manufacturer:Apple Inc., model:iPhone, hardware:iPhone14,2&gt;"
)


def day(text: str) -> int:
    """Days since 1970."""
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def east(zone: ZoneInfo) -> Callable[[float], int]:
    """The person's zone as an import takes it."""
    return lambda utc_s: int(
        (datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC")) + timedelta(seconds=utc_s))
        .astimezone(zone)
        .utcoffset()
        .total_seconds()
    )


# ---- Apple


def apple_record(kind: str, start: str, end: str, value: str, *, source="Watch", unit: str = "", inside="", device=""):
    unit = f' unit="{unit}"' if unit else ""
    device = f' device="{device}"' if device else ""
    head = (
        f'<Record type="{kind}" sourceName="{CANARY} {source}" sourceVersion="10.1"{device}{unit}'
        f' creationDate="{end}" startDate="{start}" endDate="{end}" value="{value}"'
    )
    return f"{head}>{inside}</Record>" if inside else f"{head}/>"


def slept(start: str, end: str, state: str = "AsleepCore", source: str = "Watch", **more):
    kind = "HKCategoryTypeIdentifierSleepAnalysis"
    return apple_record(kind, start, end, f"HKCategoryValueSleepAnalysis{state}", source=source, **more)


def walked(start: str, end: str, steps: object, source: str = "Watch", **more):
    return apple_record(
        "HKQuantityTypeIdentifierStepCount", start, end, str(steps), source=source, unit="count", **more
    )


def beat(at: str, rate_bpm: object, source: str = "Watch", unit: str = "count/min"):
    return apple_record("HKQuantityTypeIdentifierHeartRate", at, at, str(rate_bpm), source=source, unit=unit)


def rested(at: str, rate_bpm: object):
    return apple_record("HKQuantityTypeIdentifierRestingHeartRate", at, at, str(rate_bpm), unit="count/min")


def moved(start: str, end: str, minutes: object, source: str = "Watch"):
    return apple_record(
        "HKQuantityTypeIdentifierAppleExerciseTime", start, end, str(minutes), source=source, unit="min"
    )


def me(birth: str = "1985-03-02", sex: str = "HKBiologicalSexFemale") -> str:
    return (
        f'<Me HKCharacteristicTypeIdentifierDateOfBirth="{birth}" HKCharacteristicTypeIdentifierBiologicalSex="{sex}"'
        ' HKCharacteristicTypeIdentifierBloodType="HKBloodTypeNotSet"/>'
    )


def apple(*records: str, person: str = me(), doctype: str = DOCTYPE) -> bytes:
    body = "\n ".join([person, *records])
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{doctype}<HealthData locale="de_DE">\n'
        f' <ExportDate value="2025-11-02 09:00:00 +0100"/>\n {body}\n</HealthData>\n'
    ).encode()


def beats_of_night(start: str, minutes: int, rate: Callable[[int], float]) -> list[str]:
    """A heart rate a minute; ``start`` with its offset."""
    begin = datetime.strptime(start, "%Y-%m-%d %H:%M:%S %z")
    return [beat((begin + timedelta(minutes=m)).strftime("%Y-%m-%d %H:%M:%S %z"), rate(m)) for m in range(minutes)]


# ---- others


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2025, 11, 2, 9, 0, 0)), data)
    return out.getvalue()


def lines(*rows: str) -> bytes:
    return ("\n".join(rows) + "\n").encode()


def fitbit_night(start: str, end: str, asleep_min: int, in_bed_min: int, **more) -> dict:
    return {
        "logId": 2222, "dateOfSleep": end[:10], "startTime": start, "endTime": end, "minutesAsleep": asleep_min,
        "timeInBed": in_bed_min, "efficiency": 99, "mainSleep": True, "infoCode": CANARY,
        "levels": {"summary": {"deep": {"minutes": 61}}, "data": [{"dateTime": start, "level": "deep", "seconds": 9}]},
        **more,
    }  # fmt: skip


def fitbit_minutes(day_text: str, clock: str, values: Iterable[object]) -> list[dict]:
    """A value a minute from a local time on, in the archive's American form."""
    begin = datetime.fromisoformat(f"{day_text}T{clock}")
    return [
        {"dateTime": (begin + timedelta(minutes=m)).strftime("%m/%d/%y %H:%M:%S"), "value": str(value)}
        for m, value in enumerate(values)
    ]


def fitbit_rates(day_text: str, clock: str, rates: Iterable[int]) -> list[dict]:
    return [
        {"dateTime": row["dateTime"], "value": {"bpm": int(row["value"]), "confidence": 3}}
        for row in fitbit_minutes(day_text, clock, rates)
    ]


def dumped(rows: object) -> bytes:
    return json.dumps(rows).encode()


FITBIT = {
    "Takeout/Fitbit/Your Profile/Profile.csv": lines(
        "id,full_name,email_address,date_of_birth,timezone",
        f"B7,{CANARY},{CANARY}@example.org,1985-03-02,Europe/Berlin",
    ),
    "Takeout/Fitbit/Global Export Data/sleep-2025-06-01.json": dumped(
        [fitbit_night("2025-06-01T23:10:00.000", "2025-06-02T06:40:00.000", 400, 450)]
    ),
    "Takeout/Fitbit/Global Export Data/steps-2025-06-01.json": dumped(
        [*fitbit_minutes("2025-06-02", "08:00:00", [100] * 30), *fitbit_minutes("2025-06-02", "12:00:00", [0, 7])]
    ),
    "Takeout/Fitbit/Global Export Data/heart_rate-2025-06-01.json": dumped(
        [
            *fitbit_rates("2025-06-02", "00:00:00", [60] * 60 + [52] * 10 + [61] * 50),
            *fitbit_rates("2025-06-02", "09:00:00", [80]),
        ]
    ),
    "Takeout/Fitbit/Global Export Data/resting_heart_rate-2025-01-01.json": dumped(
        [
            {"dateTime": "06/02/25 00:00:00", "value": {"date": "06/02/25", "value": 57.5, "error": 6.8}},
            {"dateTime": "06/03/25 00:00:00", "value": {"date": None, "value": 0.0, "error": 0.0}},
        ]
    ),
    "Takeout/Fitbit/Global Export Data/moderately_active_minutes-2025-06-01.json": dumped(
        [{"dateTime": "06/02/25 00:00:00", "value": "20"}]
    ),
    "Takeout/Fitbit/Global Export Data/very_active_minutes-2025-06-01.json": dumped(
        [{"dateTime": "06/02/25 00:00:00", "value": "12"}]
    ),
}  # fmt: skip
GOOGLE_HEAD = (
    "Start time,End time,Move Minutes count,Calories (kcal),Distance (m),Heart Points,Heart Minutes,Step count"
)
GOOGLE = {
    "Takeout/Fit/Daily activity metrics/Daily activity metrics.csv": lines(
        "Date,Move Minutes count,Calories (kcal),Distance (m),Heart Points,Heart Minutes,Step count",
        "2025-06-02,95,2000.5,5100.2,50,45,6500", "2025-06-03,,1800,,,,"
    ),
    "Takeout/Fit/Daily activity metrics/2025-06-04.csv": lines(
        GOOGLE_HEAD, "08:00:00.000+02:00,08:15:00.000+02:00,15,30,700,8,10,900",
        "23:45:00.000+02:00,00:00:00.000+02:00,9,20,90,5,3,100",
    ),
}  # fmt: skip
OURA_HEAD = (
    "date,Sleep Score,Total Sleep Duration,Total Bedtime,Awake Time,REM Sleep Duration,Bedtime Start,Bedtime End,"
    "Average Resting Heart Rate,Lowest Resting Heart Rate,Average HRV,Steps,Medium Activity Time,High Activity Time,"
    "Non-wear Time,Readiness Score,email"
)
OURA = lines(
    OURA_HEAD,
    "2025-06-02,88,25200,28800,3600,5000,2025-06-01T22:30:00+02:00,2025-06-02T06:30:00+02:00,54.25,49,62,8123,1200,600,"
    f"7200,91,{CANARY}@example.org",
    "2025-06-03,,,,,,,,,,,3000,,,,,",
)
WHOOP_HEAD = (
    "Cycle start time,Cycle end time,Cycle timezone,Recovery score %,Resting heart rate (bpm),Heart rate variability (ms),"
    "Day Strain,Sleep onset,Wake onset,Sleep performance %,Asleep duration (min),In bed duration (min),"
    "Deep (SWS) duration (min),Sleep efficiency %,Notes"
)
WHOOP = lines(
    WHOOP_HEAD,
    "2025-06-01 22:30:00,2025-06-02 23:00:00,UTC+02:00,61,50,48,12.4,2025-06-01 22:30:00,2025-06-02 06:30:00,95,430,480,90,"
    f"90,{CANARY}",
    "2025-06-02 23:00:00,,UTC+02:00,,,,,,,,,,,,",
)
OURA_COLUMNS = tuple(
    Column(role, header, unit)
    for role, header, unit in (
        ("day", "date", ""), ("asleep", "Total Sleep Duration", "s"), ("in_bed", "Total Bedtime", "s"),
        ("sleep_start", "Bedtime Start", ""), ("sleep_end", "Bedtime End", ""),
        ("resting_hr", "Average Resting Heart Rate", ""), ("night_hr_min", "Lowest Resting Heart Rate", ""), ("steps", "Steps", ""),
        ("active", "Medium Activity Time", "s"), ("active", "High Activity Time", "s"), ("not_worn", "Non-wear Time", "s"),
    )
)  # fmt: skip
WHOOP_COLUMNS = tuple(
    Column(role, header, unit)
    for role, header, unit in (
        ("zone", "Cycle timezone", ""), ("resting_hr", "Resting heart rate (bpm)", ""), ("sleep_start", "Sleep onset", ""),
        ("sleep_end", "Wake onset", ""), ("asleep", "Asleep duration (min)", "min"), ("in_bed", "In bed duration (min)", "min"),
    )
)  # fmt: skip
GARMIN = {
    "DI_CONNECT/DI-Connect-Wellness/2025-06-01_2025-09-09_77_sleepData.json": dumped(
        [{"sleepStartTimestampGMT": "2025-06-01T20:45:00.0", "sleepEndTimestampGMT": "2025-06-02T04:45:00.0",
          "calendarDate": "2025-06-02", "deepSleepSeconds": 5400, "lightSleepSeconds": 16200, "remSleepSeconds": 5400,
          "awakeSleepSeconds": 1800, "unmeasurableSeconds": 0, "sleepScores": {"overallScore": 77, "feedback": CANARY},
          "spo2SleepSummary": {"userProfilePk": 77, "deviceId": 4242}}]
    ),
    "DI_CONNECT/DI-Connect-Aggregator/UDSFile_2025-06-01_2025-09-09.json": dumped(
        [{"userProfilePK": 77, "calendarDate": "2025-06-02", "uuid": CANARY, "durationInMilliseconds": 86400000,
          "totalSteps": 9876, "moderateIntensityMinutes": 14, "vigorousIntensityMinutes": 6, "restingHeartRate": 52,
          "allDayStress": {"userProfilePK": 77}}]
    ),
}  # fmt: skip
POLAR = {
    "activity-2025-06-02-9f.json": dumped(
        {"exportVersion": "1.6", "date": "2025-06-02", "summary": {"stepCount": 1300, "calories": 2000},
         "samples": {"steps": [{"localTime": "07:04", "value": 800.0}, {"localTime": "19:30", "value": 500.0}]},
         "physicalInformation": {"sex": "FEMALE", "note": CANARY}}
    ),
    "sleep_result_9f.json": dumped(
        [{"night": "2025-06-02",
          "evaluation": {"sleepType": "SLEEP_PLUS_STAGES", "sleepSpan": "PT8H", "asleepDuration": "PT7H24M30S"},
          "sleepResult": {"hypnogram": {"sleepStart": "2025-06-01T22:40:00.000+02:00",
                                        "sleepEnd": "2025-06-02T06:40:00.000+02:00", "sleepStateChanges": []}}}]
    ),
    "247ohr_2025_06-9f.json": dumped(
        {"deviceDays": [{"userId": 991, "deviceId": CANARY, "date": "2025-06-02",
                         "samples": [{"heartRate": 50 + (m >= 60), "secondsFromDayStart": m * 60, "source": "OHR_24_7"}
                                     for m in range(180)]}]}
    ),
}  # fmt: skip
SAMSUNG = {
    "samsunghealth/com.samsung.shealth.sleep.20251102090000.csv": lines(
        "com.samsung.shealth.sleep,6303,5",
        "sleep_score,efficiency,com.samsung.health.sleep.start_time,com.samsung.health.sleep.end_time,"
        "com.samsung.health.sleep.time_offset,com.samsung.health.sleep.comment",
        f"71,93.0,2025-06-01 21:00:00.000,2025-06-02 04:30:00.000,UTC+0200,{CANARY}",
    ),
    "samsunghealth/com.samsung.shealth.step_daily_trend.20251102090000.csv": lines(
        "com.samsung.shealth.step_daily_trend,6303,5", "count,day_time,source_type,deviceuuid",
        f"7001,1748822400000,-2,{CANARY}", f"4000,1748822400000,0,{CANARY}", f"3500,1748822400000,1,{CANARY}",
    ),
}  # fmt: skip
APPLE = apple(
    slept("2025-06-01 22:30:00 +0200", "2025-06-01 23:00:00 +0200", "InBed", "iPhone"),
    slept("2025-06-01 23:00:00 +0200", "2025-06-02 02:00:00 +0200"),
    slept("2025-06-02 02:00:00 +0200", "2025-06-02 02:20:00 +0200", "Awake"),
    slept("2025-06-02 02:20:00 +0200", "2025-06-02 06:20:00 +0200", "AsleepREM"),
    slept("2025-06-01 22:30:00 +0200", "2025-06-02 06:30:00 +0200", "InBed", "iPhone"),
    *beats_of_night("2025-06-02 00:00:00 +0200", 90, lambda m: 48 if 40 <= m < 50 else 55),
    walked("2025-06-02 08:00:00 +0200", "2025-06-02 08:10:00 +0200", 900, device=WATCH_DEVICE),
    walked("2025-06-02 08:00:00 +0200", "2025-06-02 08:20:00 +0200", 1600, "iPhone", device=PHONE_DEVICE),
    walked("2025-06-02 18:00:00 +0200", "2025-06-02 18:05:00 +0200", 300, "App", inside=f'<MetadataEntry key="note" value="{CANARY}"/>'),
    moved("2025-06-02 08:00:00 +0200", "2025-06-02 08:01:00 +0200", 1),
    rested("2025-06-02 09:00:00 +0200", 58),
)  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """An export of one format.

    Attributes:
        format: Its name.
        file: The name of its file.
        data: Its bytes.
        values: (day, name) -> value: what it says, worked out by hand.
    """

    format: str
    file: str
    data: bytes
    values: dict[tuple[str, str], float]


MONDAY = "2025-06-02"
SAMPLES = [
    # 3 h and 4 h asleep; middle of 23:00 to 06:20 is 02:40; in bed 22:30 to 06:30; the phone adds the second ten of its
    # twenty minutes: 800 of its 1,600 steps
    Sample("apple_health", "export.xml", APPLE, {
        (MONDAY, "sleep_h"): 7.0, (MONDAY, "sleep_midpoint_h"): 2 + 40 / 60, (MONDAY, "sleep_efficiency_01"): 7 / 8,
        (MONDAY, "steps_n"): 900 + 800 + 300, (MONDAY, "active_min"): 1.0, (MONDAY, "resting_hr_bpm"): 58.0,
        (MONDAY, "night_hr_min_bpm"): 48.0,
    }),
    # 23:10 to 06:40, middle 02:55; 400 of 450 minutes
    Sample("fitbit", "takeout.zip", zipped(FITBIT), {
        (MONDAY, "sleep_h"): 400 / 60, (MONDAY, "sleep_midpoint_h"): 2 + 55 / 60, (MONDAY, "sleep_efficiency_01"): 400 / 450,
        (MONDAY, "steps_n"): 3007.0, (MONDAY, "active_min"): 32.0, (MONDAY, "resting_hr_bpm"): 57.5,
        (MONDAY, "night_hr_min_bpm"): 52.0,
    }),
    Sample("google_fit", "takeout.zip", zipped(GOOGLE), {
        (MONDAY, "steps_n"): 6500.0, (MONDAY, "active_min"): 45.0, ("2025-06-04", "steps_n"): 1000.0, ("2025-06-04", "active_min"): 13.0,
    }),
    # 22:30 to 06:30, middle 02:30; 7 of 8 hours; 20 and 10 minutes
    Sample("oura", "oura_trends.csv", OURA, {
        (MONDAY, "sleep_h"): 7.0, (MONDAY, "sleep_midpoint_h"): 2.5, (MONDAY, "sleep_efficiency_01"): 0.875,
        (MONDAY, "steps_n"): 8123.0, (MONDAY, "active_min"): 30.0, (MONDAY, "resting_hr_bpm"): 54.25,
        (MONDAY, "night_hr_min_bpm"): 49.0, ("2025-06-03", "steps_n"): 3000.0,
    }),
    Sample("whoop", "physiological_cycles.csv", WHOOP, {
        (MONDAY, "sleep_h"): 430 / 60, (MONDAY, "sleep_midpoint_h"): 2.5, (MONDAY, "sleep_efficiency_01"): 430 / 480,
        (MONDAY, "resting_hr_bpm"): 50.0,
    }),
    # 20:45 to 04:45 UTC, in Berlin 22:45 to 06:45, middle 02:45; 1.5 + 4.5 + 1.5 h
    Sample("garmin", "garmin.zip", zipped(GARMIN), {
        (MONDAY, "sleep_h"): 7.5, (MONDAY, "sleep_midpoint_h"): 2.75, (MONDAY, "steps_n"): 9876.0,
        (MONDAY, "active_min"): 20.0, (MONDAY, "resting_hr_bpm"): 52.0,
    }),
    # 22:40 to 06:40, middle 02:40
    Sample("polar", "polar.zip", zipped(POLAR), {
        (MONDAY, "sleep_h"): 7 + 24.5 / 60, (MONDAY, "sleep_midpoint_h"): 2 + 40 / 60, (MONDAY, "steps_n"): 1300.0,
        (MONDAY, "night_hr_min_bpm"): 50.0,
    }),
    # 23:00 to 06:30 local, middle 02:45; the row of all devices
    Sample("samsung", "samsung.zip", zipped(SAMSUNG), {
        (MONDAY, "sleep_h"): 7.5, (MONDAY, "sleep_midpoint_h"): 2.75, (MONDAY, "steps_n"): 7001.0,
    }),
    # walking to 150, then 210; running 40 in between; a heart rate
    Sample("fit", "MONITOR.FIT", monitoring_file(CANARY), {
        (MONDAY, "steps_n"): 250.0, (MONDAY, "resting_hr_bpm"): 51.0,
    }),
]  # fmt: skip


def write_apple(path: Path, size: int, first: date = date(2016, 1, 1)) -> int:
    """Write an export of about so many bytes, a day after the other, as dense as a watch's: heart rates every two
    minutes, steps of watch and phone, nights with stages, and records of types that are not read. The number of records.
    """
    written = count = 0
    with path.open("wb") as out:
        for piece in _apple_pieces(first):
            if written > size:
                break
            out.write(piece)
            written += len(piece)
            count += piece.count(b"<Record")
        out.write(b"</HealthData>\n")
    return count


def _apple_pieces(first: date):
    yield apple().replace(b"</HealthData>\n", b"")
    number = 0
    while True:
        today, tomorrow = first + timedelta(days=number % 3000), first + timedelta(days=number % 3000 + 1)
        number += 1
        rows = [
            slept(f"{today} 23:{m:02}:00 +0100", f"{today} 23:{m + 5:02}:00 +0100", device=WATCH_DEVICE)
            for m in range(0, 55, 5)
        ]
        rows += [
            slept(f"{tomorrow} 0{h}:00:00 +0100", f"{tomorrow} 0{h}:55:00 +0100", device=WATCH_DEVICE) for h in range(6)
        ]
        for h in range(24):
            for m in range(0, 60, 2):
                at = f"{today} {h:02}:{m:02}:{number % 60:02} +0100"
                rows.append(beat(at, 50 + (h * 7 + m) % 60))
                rows.append(
                    apple_record(
                        "HKQuantityTypeIdentifierActiveEnergyBurned", at, at, "0.731", unit="kcal", device=WATCH_DEVICE
                    )
                )
            for m in range(0, 60, 10):
                start, end = f"{today} {h:02}:{m:02}:00 +0100", f"{today} {h:02}:{m + 8:02}:30 +0100"
                rows.append(walked(start, end, 40 + m, device=WATCH_DEVICE))
                rows.append(walked(start, end, 38 + m, "iPhone", device=PHONE_DEVICE))
        yield ("\n ".join(rows) + "\n").encode()
