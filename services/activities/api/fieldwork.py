"""What bodies of field work have in common: where a phone was, photos, ids a phone makes."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from backbone.bodies import Body
from backbone.contract.fields import Id, Metres, Moment, Sha256
from backbone.problems import Refused
from services.activities.domain.place import Fix, Result, Why

Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Accuracy = Annotated[float, Field(ge=0, le=100_000)]
OwnId = Annotated[
    Id | None,
    Field(
        description="An id the phone made (a UUIDv7 keeps lists in order): what it tells twice is one object. "
        "Made here by default."
    ),
]


class Standing(Body):
    """Where and when a phone was, as it says itself."""

    lat: Latitude | None = Field(None, description="Latitude in degrees by WGS 84; leave out what the phone withholds.")
    lon: Longitude | None = None
    accuracy_m: Accuracy | None = Field(None, description="Radius of the phone's doubt in metres.")
    fixed_at: Moment | None = Field(None, description="When the position was taken.")
    mock_location: bool | None = Field(None, description="Whether the phone says that an app makes its positions up.")
    device_at: Moment | None = Field(
        None, description="What the phone's clock says as it sends this; it tells how far that clock is off."
    )

    def fix(self) -> Fix | None:
        """The position; None when there is none.

        Raises:
            Refused: half a position.
        """
        if (self.lat is None) != (self.lon is None):
            raise Refused("half-a-place", "Give both lat and lon, or neither.", field="/lat")
        if self.lat is None or self.lon is None:
            return None
        return Fix(
            lat=self.lat, lon=self.lon, accuracy_m=self.accuracy_m, fixed_at=self.fixed_at, mock=self.mock_location
        )

    def clock_off_seconds(self, now: datetime) -> int | None:
        """By how much the phone's clock is ahead of ours; None when it does not tell its time."""
        return None if self.device_at is None else round((self.device_at - now).total_seconds())


class PhotoTaken(Body):
    """A photo by reference; upload the picture where pictures are stored."""

    photo_id: Id = Field(description="Where it is stored, by its id there.")
    sha256: Sha256 = Field(description="SHA-256 of its bytes, hex.")
    taken_at: Moment


class FixView(BaseModel):
    """Where a phone was."""

    lat: float
    lon: float
    accuracy_m: Metres | None
    fixed_at: datetime | None
    mock: bool | None


class CheckView(BaseModel):
    """What came of comparing a phone's place with the customer's."""

    result: Result
    distance_m: float | None
    why: Why


class PhotoView(BaseModel):
    """A photo by reference."""

    photo_id: str
    sha256: str
    taken_at: datetime
