"""MongoDB access: the only module that knows motor.

Every other module takes its names from here, so that the move to another
driver touches one file (docs/decisions, "motor kept in one module").
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import bson
from bson import Binary
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorCollection,
    AsyncIOMotorDatabase,
)
from pymongo import ASCENDING, DESCENDING, DeleteOne, InsertOne, ReplaceOne, UpdateOne
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    OperationFailure,
    PyMongoError,
    WriteError,
)

from backbone.settings import Settings

Document = dict[str, Any]
Client = AsyncIOMotorClient[Document]
Database = AsyncIOMotorDatabase[Document]
Collection = AsyncIOMotorCollection[Document]

__all__ = [
    "ANY_MOMENT",
    "ANY_TEXT",
    "ASCENDING",
    "DESCENDING",
    "DUPLICATE_KEY",
    "Binary",
    "BulkWriteError",
    "Client",
    "Collection",
    "ConnectionFailure",
    "Database",
    "DeleteOne",
    "Document",
    "DuplicateKeyError",
    "InsertOne",
    "PyMongoError",
    "RawBSONDocument",
    "ReplaceOne",
    "UpdateOne",
    "WriteError",
    "connect",
    "database",
    "drop_index",
    "insert_new",
    "is_embedded",
    "latest_of_each",
    "pack",
    "ping",
    "refused_places",
    "unpack",
]

ANY_TEXT: Final = {"$gt": ""}
"""Filter of a partial index on a text that some documents lack. The embedded store looks into such an index for
`{field: text}`; with `$exists` or `$type` as the filter it reads the whole collection (36 ms at 3,000 documents)."""

ANY_MOMENT: Final = {"$gt": datetime.fromtimestamp(0, UTC)}
"""The same of a moment. A question has it too, `{**ANY_MOMENT, "$lte": now}`: without, the embedded store does not look
into a partial index, and in another one it goes through all that have no such moment."""

DUPLICATE_KEY: Final = 11_000
"""The server's code for an id that is taken."""

_NOT_THERE: Final = frozenset({26, 27})
"""The server's codes for a collection and an index that are not there."""

_AWARE: Final = CodecOptions[Document](tz_aware=True)

SERVER_WAIT_MS = 5_000
"""How long a call looks for a server before it fails: a request should not hang longer."""


def connect(settings: Settings) -> Client:
    """A client whose writes are acknowledged only when a majority has them on disk.

    The driver retries a write once after a broken connection, unless the address says `retryWrites=false`.
    """
    return AsyncIOMotorClient(
        settings.mongo_url,
        tz_aware=True,
        w="majority",
        journal=True,
        serverSelectionTimeoutMS=SERVER_WAIT_MS,
        connectTimeoutMS=SERVER_WAIT_MS,
    )


def database(client: Client, settings: Settings, service: str) -> Database:
    """The service's own database; no service opens another's."""
    return client[settings.database(service)]


async def ping(client: Client) -> None:
    """Ask the server for a sign of life.

    Raises:
        PyMongoError: it does not answer.
    """
    await client.admin.command("ping")


async def is_embedded(database: Database) -> bool:
    """Whether this is the local stack's embedded store, which here and there wants to be asked otherwise than MongoDB.

    Raises:
        PyMongoError: it does not answer.
    """
    return "secantusVersion" in await database.command("buildInfo")


async def drop_index(collection: Collection, name: str) -> None:
    """Drop an index that an earlier version made; where there is none, all is as it should be.

    Raises:
        PyMongoError: the store did not answer.
    """
    try:
        await collection.drop_index(name)
    except OperationFailure as refused:
        if refused.code not in _NOT_THERE:
            raise


async def latest_of_each(
    collection: Collection, field: str, ids: Sequence[str], wanted: Document, *, by: str, most: int
) -> list[Document]:
    """The latest documents of each of some objects, in no order: by one question where they are few.

    Args:
        collection: where they are.
        field: names the object a document is of.
        ids: of the objects.
        wanted: what else must hold.
        by: the field that says which is later.
        most: of one object.

    Raises:
        PyMongoError: the store did not answer.
    """
    enough = most * 5
    few = await collection.find({field: {"$in": list(ids)}, **wanted}).limit(enough).to_list(enough)
    if len(few) < enough and max(Counter(row[field] for row in few).values(), default=0) <= most:
        return few
    latest = (collection.find({field: one, **wanted}).sort(by, DESCENDING).limit(most) for one in ids)
    return [row for cursor in latest for row in await cursor.to_list(most)]


def pack(document: Document) -> bytes:
    """A document as BSON: its values are what they would be if it were stored as it is."""
    return bson.encode(document)


def unpack(packed: bytes) -> Document:
    """The document in some BSON; its moments know their zone."""
    return bson.decode(packed, _AWARE)


async def insert_new(collection: Collection, documents: Sequence[Document]) -> list[int]:
    """Insert documents; give the places (in the sequence) of those whose id was there already.

    Raises:
        BulkWriteError: one was refused for another reason.
        PyMongoError: the store did not answer.
    """
    if not documents:
        return []
    try:
        await collection.insert_many(documents, ordered=False)
    except BulkWriteError as refused:
        return refused_places(refused)
    return []


def refused_places(refused: BulkWriteError) -> list[int]:
    """Places of the documents whose id was taken.

    Raises:
        BulkWriteError: the same one, when anything else went wrong too.
    """
    details: Mapping[str, Any] = refused.details or {}
    errors = details.get("writeErrors", [])
    if details.get("writeConcernErrors") or any(error["code"] != DUPLICATE_KEY for error in errors) or not errors:
        raise refused
    return [error["index"] for error in errors]
