"""What every body has in common. The fields of requests are of the kinds in `backbone.contract.fields`."""

from typing import Any, Final, TypeVar

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from backbone.contract.fields import Moment
from backbone.outbox import Saved
from backbone.rows import Told

REPLAYED: Final = "Idempotent-Replayed"

V = TypeVar("V", bound=BaseModel)


class Body(BaseModel):
    """A request body: a field it does not know, or a text where a number belongs, is refused."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Change(Body):
    """A body that changes an object."""

    version: int = Field(ge=1, description="The version you have seen; another one by now is answered with 409.")


class Move(Change):
    """A body that tells of something that happened to an object."""

    at: Moment | None = Field(None, description="When it happened; now by default. A phone may tell hours late.")

    def told(self) -> Told:
        """The version and the moment, as handlers take them."""
        return Told(self.version, self.at)


def view_of(view: type[V], saved: Saved[Any], response: Response | None = None, **more: object) -> V:
    """An object as the API shows it: the view's fields, with the version to name in a change.

    Args:
        view: the model of the answer; every field but `version` and those of `more` is one of the object's.
        saved: the object.
        response: of a write; it is marked when an earlier attempt had made the change.
        more: fields the object has not, or not in this form.
    """
    mark_replayed(saved, response)
    values = {"version": saved.version, **more}
    values |= {name: getattr(saved.state, name) for name in view.model_fields if name not in values}
    return view.model_validate(values, from_attributes=True)


def mark_replayed(saved: Saved[Any], response: Response | None) -> None:
    """Tell in the answer of a write that an earlier attempt had made the change."""
    if response is not None and saved.replayed:
        response.headers[REPLAYED] = "true"
