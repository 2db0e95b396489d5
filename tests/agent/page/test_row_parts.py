"""What a row says, as fields: every kind of message, and none with a sentence."""

from agent.model import CodedDay, CodedValue
from agent.page import row_parts
from agent.wire import codes, days, schema
from agent.wire.consent import ConsentRecord
from agent.wire.message import (
    KINDS,
    AskMessage,
    ConsentMessage,
    ContextMessage,
    CoverMessage,
    DaysMessage,
    EraseMessage,
    FeaturesMessage,
    GapMessage,
    Grant,
    ProbeMessage,
    RenewMessage,
    SchemaMessage,
    SummaryMessage,
)

HASH = bytes(32)
DAY = 20_000


def summary(purpose="care", v=(40, 0)):
    ids = sorted(one for one, row in schema.features().items() if row.signal == "heart")[: len(v)]
    values = tuple(CodedValue(one, code, 300, 990, 0) for one, code in zip(ids, v, strict=True))
    return SummaryMessage(purpose, HASH, 300, 600, values)


def record(action="give"):
    grants = (Grant("heart", "care", "Ward 3"), Grant("heart", "research", "x"), Grant("nothing", "care", "Ward 3"))
    return ConsentRecord(3, action, "d" * 16, "care", HASH, 0, 9, grants if action == "give" else ()).encode()


def test_every_kind_of_message_has_its_fields():
    day_id = next(iter(days.rows()))
    every = [
        summary(),
        ConsentMessage(record(), b""),
        GapMessage(bytes(16), 1, 4, 4, "age"),
        EraseMessage(3, 0),
        ProbeMessage(bytes(16)),
        RenewMessage(b""),
        CoverMessage(),
        SchemaMessage(2),
        FeaturesMessage(HASH, (1, 2), (), b""),
        ContextMessage("care", HASH, DAY),
        DaysMessage("care", HASH, DAY, (CodedDay(day_id, 5, 1000),)),
        AskMessage(HASH, 0, next(code for code, name in codes.names("asks").items() if name == "see"), 0, "words"),
    ]
    assert {type(one) for one in every} == set(KINDS)
    made = {KINDS[type(one)]: row_parts.parts([one]) for one in every}
    assert all(part["what"] == kind for kind, (part,) in made.items())
    (part,) = made["summary"]
    assert (part["signals"], part["n"], part["withheld"], part["purposes"]) == (["heart"], 1, 1, ["care"])
    assert made["consent"][0]["signals"] == ["heart"]
    assert made["context"][0]["day"] == made["days"][0]["day"] == "2024-10-04"
    assert (made["ask"][0]["ask"], made["ask"][0]["words"]) == ("see", "words")
    assert (made["gap"][0]["n"], made["features"][0]["n"], made["schema"][0]["schema"]) == (4, 2, 2)


def test_one_window_for_two_purposes_is_said_once():
    made = row_parts.parts([summary(), summary("score")])
    assert [part["purposes"] for part in made] == [["care", "score"]]
    assert len(row_parts.parts([summary(), summary("score", (40, 41))])) == 2
    assert row_parts.numbers([summary(), summary("score")]) == row_parts.numbers([summary()])


def test_numbers_have_their_values_and_a_withheld_one_has_none():
    found = row_parts.numbers([summary()])
    assert len(found) == 2
    assert [value is None for _, value in found] == [False, True]
    assert row_parts.numbers([CoverMessage()]) == []
