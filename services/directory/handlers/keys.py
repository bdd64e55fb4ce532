"""What can be done with an API key."""

from backbone.callers import Role, key_hash, new_key
from backbone.idempotency import By
from backbone.outbox import Saved
from backbone.web import Asks
from services.directory.desk import Desk
from services.directory.domain import key as keys
from services.directory.domain.key import Key
from services.directory.handlers.checks import working

BOOTSTRAP = By(actor="key:bootstrap", request_id="start")


async def issue_key(
    desk: Desk, asks: Asks, *, role: Role, label: str, member_id: str | None
) -> tuple[Saved[Key], str | None]:
    """Make an API key: what is stored, and the key itself, which nobody can read again.

    A retry with the same idempotency key gets None for the key: the first answer held it.

    Raises:
        Refused: there is no such member, or see `domain.key.issue_key`.
    """
    plain = new_key()
    now = desk.now()
    key = keys.issue_key(
        Key(
            key_id=plain.split("_", 2)[1],
            hash=key_hash(plain),
            role=role,
            label=label,
            member_id=member_id,
            created_at=now,
        ),
        await working(desk, member_id, "/member_id"),
    )
    saved = await desk.store.keys.create(key.key_id, key, [], at=now, by=asks.by)
    return saved, None if saved.replayed else plain


async def withdraw_key(desk: Desk, asks: Asks, key_id: str) -> Saved[Key]:
    """Withdraw a key: it stops here at once, elsewhere within `backbone.auth.ANSWER_SECONDS`.

    Raises:
        NotFound: there is no such key.
        Conflict: somebody changed it at the same moment.
    """
    found = await desk.store.keys.get(key_id)
    now = desk.now()
    state = keys.withdraw_key(found.state, now)
    if state == found.state:
        return found
    return await desk.store.keys.change(found, state, [], at=now, by=asks.by)


async def ensure_admin_key(desk: Desk, hashed: str) -> None:
    """Let the key with this hash exist as an admin's: with it the first members and keys are made.

    One that was withdrawn stays withdrawn: a new start needs a new key.
    """
    if not hashed or await desk.store.key_of(hashed) is not None:
        return
    now = desk.now()
    key = Key(
        key_id=hashed[:12],
        hash=hashed,
        role=Role.ADMIN,
        label="first admin key",
        created_at=now,
    )
    await desk.store.keys.create(key.key_id, key, [], at=now, by=BOOTSTRAP)
