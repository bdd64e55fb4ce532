"""Members from a file: each row as the body of `POST /members`."""

from functools import partial

from backbone.imports import Importer
from services.directory.api.members import MemberToJoin, join
from services.directory.desk import Desk


def importers(desk: Desk) -> list[Importer]:
    """The kinds of rows the directory takes; from admins only, as over the API."""
    known = frozenset({"version-conflict"})
    return [Importer("members", MemberToJoin, create=partial(join, desk), roles=(), duplicates=known)]
