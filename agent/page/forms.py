"""What each question of the page may hold: strict shapes, so that nothing else reaches the agent."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(max_length=200)]
Paper = Annotated[str, Field(max_length=60_000)]
Seconds = Annotated[int, Field(ge=0, lt=2**36)]
Digests = Annotated[list[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]], Field(max_length=400)]
Minute = Annotated[int, Field(ge=0, lt=1440)]


class Form(BaseModel):
    """Nothing is taken for something else, and nothing more may be there."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Nothing(Form):
    pass


class Named(Form):
    name: Text


class Rows(Form):
    before: Annotated[int, Field(ge=0, lt=2**53)] | None = None
    most: Annotated[int, Field(ge=1, le=100)] = 30


class Before(Form):
    before: Annotated[int, Field(ge=0, lt=2**53)] | None = None


class RowNumber(Form):
    idx: Annotated[int, Field(ge=0, lt=2**53)]


class Pause(Form):
    length: Literal["", "hour", "tomorrow"] = Field("", alias="for")


class Hours(Form):
    hours: Annotated[list[Annotated[list[Minute], Field(min_length=2, max_length=2)]], Field(max_length=7)]


class Language(Form):
    language: Literal["", "en", "de", "es", "fr"]


class Sensor(Form):
    name: Text
    on: bool


class Notice(Form):
    kind: Text
    on: bool


class Shown(Form):
    on: bool


class CameraPlan(Form):
    """Without `keep` the times are shown, and nothing is changed."""

    how: Literal["always", "at", "per_shift"]
    minutes: Annotated[int, Field(ge=1, le=30)] = 10
    at: Annotated[list[Minute], Field(max_length=12)] = []
    times: Annotated[int, Field(ge=1, le=6)] = 3
    keep: bool = True


class CameraSkip(Form):
    which: Literal["this", "rest"]


class Yes(Form):
    grants: Annotated[list[Annotated[list[Text], Field(min_length=2, max_length=2)]], Field(max_length=50)]
    pin: Text
    shown: Text = ""


class Strap(Form):
    address: Text


class Bundle(Form):
    bundle: Paper


class Begin(Form):
    bundle: Paper
    pin: Text


class End(Form):
    answer: Paper = ""
    pin: Text
    words: Text


class Answers(Form):
    short: Text
    answers: Annotated[dict[Text, Annotated[int, Field(ge=0, le=20)]], Field(max_length=100)]
    done: bool = False


class Note(Form):
    what: Text
    kind: Text | None = None
    from_utc_s: Seconds
    until_utc_s: Seconds | None = None


class Entry(Form):
    mood: Text
    words: Annotated[str, Field(max_length=2000)] = ""
    country: Annotated[str, Field(pattern=r"^([A-Z]{2})?$")] = ""


class Wish(Form):
    what: Literal["see", "take_back", "hold", "seen"]
    about: Annotated[int, Field(ge=0, lt=2**53)] = 0
    words: Annotated[str, Field(max_length=500)] = ""


class Removed(Form):
    at_utc_s: Seconds


class Source(Form):
    source: Annotated[str, Field(min_length=1, max_length=64)]
    sure: bool


class Marked(Form):
    """Titles of a calendar by their digests: those that the person calls shifts, and the others that were shown."""

    shifts: Digests
    others: Digests


class Taken(Form):
    at_utc_s: Seconds
    name: Text
