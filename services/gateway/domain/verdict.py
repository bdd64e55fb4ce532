"""What the door says of one event, and the reasons that are its own (the codec's are in the contract)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

Status = Literal["accepted", "duplicate", "rejected"]

REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "id-reused": "Another event was sent under this id before.",
        "reserved-source": "Sources below /services/ are the platform's own.",
        "reserved-type": "Events of this type are told by the platform itself.",
    }
)
"""Why the door refuses an event that the contract allows."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for one event: what became of it, and why.

    `reason` is a code of `REASONS` or of `backbone.contract.rejected`, `field` a
    JSON pointer into the structured event, `detail` a sentence that says what to do.
    """

    id: str | None
    status: Status
    reason: str | None = None
    field: str | None = None
    detail: str | None = None


def counts(verdicts: Sequence[Verdict]) -> dict[Status, int]:
    """How many events had each answer."""
    found = Counter(verdict.status for verdict in verdicts)
    return {"accepted": found["accepted"], "duplicate": found["duplicate"], "rejected": found["rejected"]}
