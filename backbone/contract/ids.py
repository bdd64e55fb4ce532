"""Ids of events: UUIDs of version 7 (RFC 9562, section 5.7), so that they sort by the time they carry."""

import hashlib
import os
import random
import time
import uuid
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62
_NANOSECONDS_PER_MILLISECOND = 1_000_000

# Seeded by the system once: asking it for each id costs as much as sealing an event. A forked child begins anew.
_random = random.Random()
os.register_at_fork(after_in_child=_random.seed)


def new_event_id() -> str:
    """A fresh id in lower-case canonical text; ids sort by their moment down to a quarter of a microsecond."""
    milliseconds, rest = divmod(time.time_ns(), _NANOSECONDS_PER_MILLISECOND)
    # RFC 9562, section 6.2, method 3: the fraction of the millisecond takes the place of the first random bits.
    fraction = rest * 4096 // _NANOSECONDS_PER_MILLISECOND
    return _text(milliseconds, fraction, _random.getrandbits(64))


def derived_event_id(source: str, key: str, at: datetime) -> str:
    """The id of an event that can be told again from its parts: the same source, key and moment give the same id.

    Importers, timers and retries use it, so that saying a thing twice is saying it once.
    Raises ValueError when `at` has no offset or lies before 1970.
    """
    if at.tzinfo is None:
        raise ValueError("at needs an offset: a moment without one names a different instant in every place")
    milliseconds = (at - _EPOCH) // timedelta(milliseconds=1)
    if milliseconds < 0:
        raise ValueError("at must not lie before 1970: a version 7 UUID cannot carry it")
    # The length in front keeps ("ab", "c") and ("a", "bc") apart.
    told = f"{len(source)}:{source}{key}".encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(told).digest()
    return _text(milliseconds, int.from_bytes(digest[:2]) & 0xFFF, int.from_bytes(digest[2:10]))


def _text(milliseconds: int, twelve_bits: int, random_bits: int) -> str:
    low = _VARIANT | (random_bits & 0x3FFF_FFFF_FFFF_FFFF)
    return str(uuid.UUID(int=milliseconds << 80 | _VERSION_7 | twelve_bits << 64 | low))
