"""Signatures by Standard Webhooks 1.0 (https://www.standardwebhooks.com, section "Signature scheme")."""

import base64
import secrets as randomness
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from standardwebhooks import Webhook

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - what every secret begins with, none by itself
SECRET_BYTES: Final = 32
"""The specification asks for 24 to 64."""


def new_secret() -> str:
    """A fresh secret: `whsec_` and 256 random bits in base64."""
    return SECRET_PREFIX + base64.b64encode(randomness.token_bytes(SECRET_BYTES)).decode()


def signed_headers(message_id: str, at: datetime, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """The headers that let a receiver check where a message comes from.

    Args:
        message_id: the same for every attempt.
        at: when this attempt is made, with any offset.
        body: UTF-8 text.
        secrets: a signature is made with each, so that a receiver may hold the old or the new one.
    """
    # The library takes the wall clock of an aware moment for UTC: it must be UTC.
    utc = at.astimezone(UTC)
    text = body.decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(utc.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(message_id, utc, text) for secret in secrets),
    }
