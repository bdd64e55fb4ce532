"""The audit of each kind of objects: where its entries are, and by whose rows one may read them."""

from collections.abc import Mapping
from dataclasses import dataclass

from backbone.mongo import Collection


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


def owner_field(kind: type) -> str | None:
    """The stored field that names the owner of objects of a kind: a member is his own."""
    named: Mapping[str, object] = getattr(kind, "__dataclass_fields__", {})
    if "owner_id" in named:
        return "owner_id"
    return "member_id" if hasattr(kind, "owner_id") and "member_id" in named else None
