"""The audit of each kind of objects: where its entries are, and by whose rows one may read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from backbone.mongo import Collection, Document

MOST_NAMED: Final = 1_000
"""As many entries at most are asked for by their ids."""


@dataclass(frozen=True, slots=True)
class Book:
    """The audit of one kind of objects.

    Args:
        noun: what an object is called, such as `follow up`.
        objects: where the objects live.
        owner: the field that names the owner, by whom row scope is decided; None = the audit is for admins.
    """

    noun: str
    objects: Collection
    owner: str | None

    @property
    def entries(self) -> Collection:
        """Where the entries are."""
        return entries_of(self.objects)


def entries_of(objects: Collection) -> Collection:
    """Where the audit's entries about the objects of a collection are."""
    return objects.database[f"{objects.name}_audit"]


def entry_id(object_id: str, version: int) -> str:
    """The id of the entry about the change that gave an object this version: written twice, it is written once."""
    return f"{object_id}|{version:08d}"


def entries_about(object_id: str, version: int | None) -> Document:
    """The condition on the entries about an object of this version; None = of whatever version, or there no more.

    The ids are named where they are not too many, although most may be nobody's (a version grows by the number of
    events): the embedded store finds a thousand of them in 9 ms, and in a span of ids looks at every entry there is
    (250 ms of 10,000). It takes the first condition it can look up by: let this one stand before others.
    """
    if version is None or version > MOST_NAMED:
        # Ids of objects hold no bar, so that every entry about this one lies between these two.
        return {"_id": {"$gte": f"{object_id}|", "$lt": f"{object_id}}}"}}
    return {"_id": {"$in": [entry_id(object_id, one) for one in range(1, version + 1)]}}


def owner_field(kind: type) -> str | None:
    """The stored field that names the owner of objects of a kind: a member is his own."""
    named: Mapping[str, object] = getattr(kind, "__dataclass_fields__", {})
    if "owner_id" in named:
        return "owner_id"
    return "member_id" if hasattr(kind, "owner_id") and "member_id" in named else None
