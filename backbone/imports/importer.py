"""What a service says of one kind of row it takes."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

from backbone.bodies import Body
from backbone.callers import Role
from backbone.imports.columns import Column, columns_of
from backbone.outbox import Saved
from backbone.web import Asks

Take = Callable[[Any, Asks], Awaitable[Saved[Any]]]
"""Takes a body in the name of whoever asks. Raises a Problem where the row is not good."""

NO_MONEY: Final[Mapping[str, str]] = MappingProxyType({})


def _nothing(_: Any) -> Iterable[str]:
    return ()


@dataclass(frozen=True)
class Importer:
    """One kind of row.

    Args:
        kind: the plural a person reads, such as `leads`.
        body: of the request that makes one; its fields are the columns.
        create: makes one, or gives the one it is the same as; the same attempt again must find it. In a dry
            run (`By.rehearsal`) it must write nothing: where it writes before `Aggregates.create` refuses to,
            it looks first.
        roles: who may import such rows, beside admins.
        money: by column that holds an amount, the column of its currency.
        duplicates: codes of problems that mean the row is known already.
        same_by: what no other object may share with this one (beside the id), as keys: a dry run tells by them
            that two rows of a file are the same.
    """

    kind: str
    body: type[Body]
    create: Take
    roles: tuple[Role, ...]
    money: Mapping[str, str] = field(default_factory=lambda: NO_MONEY)
    duplicates: frozenset[str] = frozenset()
    same_by: Callable[[Any], Iterable[str]] = _nothing

    @cached_property
    def columns(self) -> dict[str, Column]:
        """The columns a file may have, by name."""
        return {column.name: column for column in columns_of(self.body)}
