"""What a person may set about their days."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator


class DaysSettings(BaseModel):
    """Calendars, usual hours, and suggestions of the journal."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    calendar_folder: Path | None = None
    usual_from_h: Annotated[float, Field(ge=0, le=24)] = 8.0
    usual_until_h: Annotated[float, Field(ge=0, le=24)] = 18.0
    suggest_moods: bool = False

    @model_validator(mode="after")
    def _hours(self) -> "DaysSettings":
        if self.usual_from_h >= self.usual_until_h:
            raise ValueError("usual_from_h must lie before usual_until_h")
        return self
