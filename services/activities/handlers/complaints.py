"""What can be done with a complaint once it is there.

Every move raises NotFound for a complaint outside the caller's row scope,
Conflict when it has another version by now, and Refused where the domain says no.
How one comes in is in `handlers.opening`.
"""

from dataclasses import replace
from datetime import datetime
from functools import partial

from backbone.failpoints import reached
from backbone.moments import told_at
from backbone.outbox import Saved
from backbone.rows import Told, in_present_team, row_to_change
from backbone.web import Asks
from services.activities.desk import Desk
from services.activities.domain import complaint as complaints
from services.activities.domain import forgetting, linking, merging, survey
from services.activities.domain.story import Complaint
from services.activities.handlers.complaint_moving import in_milliseconds, move
from services.activities.queries import articles, surveys


async def reply(
    desk: Desk, asks: Asks, complaint_id: str, told: Told, member_id: str | None, channel: str | None
) -> Saved[Complaint]:
    """Note that a member answered the customer."""
    decide = partial(complaints.reply, member_id=await _member(desk, asks, member_id), channel=channel)
    return await move(desk, asks, complaint_id, told, decide)


async def pause(
    desk: Desk,
    asks: Asks,
    complaint_id: str,
    told: Told,
    member_id: str | None,
    reason: str,
    until_at: datetime | None,
) -> Saved[Complaint]:
    """Let a complaint wait for something outside, until somebody resumes it or `until_at` comes."""
    member = await _member(desk, asks, member_id)
    decide = partial(complaints.pause, member_id=member, reason=reason, until_at=until_at and in_milliseconds(until_at))
    return await move(desk, asks, complaint_id, told, decide)


async def resume(desk: Desk, asks: Asks, complaint_id: str, told: Told, member_id: str | None) -> Saved[Complaint]:
    """Go on after a pause."""
    decide = partial(complaints.resume, member_id=await _member(desk, asks, member_id))
    return await move(desk, asks, complaint_id, told, decide)


async def resolve(
    desk: Desk, asks: Asks, complaint_id: str, told: Told, member_id: str | None, resolution: str | None
) -> Saved[Complaint]:
    """Note that a member solved what the customer complained about."""
    decide = partial(complaints.resolve, member_id=await _member(desk, asks, member_id), resolution=resolution)
    return await move(desk, asks, complaint_id, told, decide)


async def reopen(
    desk: Desk, asks: Asks, complaint_id: str, told: Told, member_id: str | None, reason: str | None
) -> Saved[Complaint]:
    """Open a complaint again; when nobody is named by a key of nobody's own, the customer did it."""
    by = await _member_or_nobody(desk, asks, member_id)
    return await move(desk, asks, complaint_id, told, partial(complaints.reopen, member_id=by, reason=reason))


async def close(
    desk: Desk, asks: Asks, complaint_id: str, told: Told, member_id: str | None, reason: str | None
) -> Saved[Complaint]:
    """Put a complaint away; when nobody is named by a key of nobody's own, a rule did it."""
    by = await _member_or_nobody(desk, asks, member_id)
    return await move(desk, asks, complaint_id, told, partial(complaints.close, member_id=by, reason=reason))


async def merge(
    desk: Desk, asks: Asks, complaint_id: str, told: Told, member_id: str | None, into_id: str
) -> Saved[Complaint]:
    """Put a complaint into another one about the same thing.

    The one that stays is changed first, and the other only if nobody changed it meanwhile: two that are
    merged into each other at once meet a conflict, so neither is lost. A crash in between leaves a mark
    on the one that stays, which the next attempt finds.
    """
    by = await _member_or_nobody(desk, asks, member_id)
    kept = desk.store.complaints
    found = await row_to_change(kept, asks, complaint_id, told.version)
    if found.replayed:
        return found
    into = await row_to_change(kept, asks, into_id, (await kept.get(into_id)).version)
    now = desk.now()
    at = in_milliseconds(told_at(told.at, now))
    present = await in_present_team(found.state, desk.members)
    state, events = merging.merge(present, at, now, into_id=into_id, member_id=by)
    # The target's own memory of attempts stays free: the key belongs to the complaint that goes.
    await kept.change(into, merging.absorb(into.state, found.state), [], at=at, by=replace(asks.by, attempt=None))
    reached("complaint-merge:noted-on-the-one-that-stays")
    return await kept.change(found, state, events, at=at, by=asks.by)


async def link_article(
    desk: Desk, asks: Asks, complaint_id: str, version: int, article_id: str, *, helped: bool
) -> Saved[Complaint]:
    """Note which article was used for a complaint, and whether it helped.

    Raises:
        NotFound: there is no such article for the caller, or no such complaint.
    """
    await articles.article(desk.store, asks.caller, article_id)
    found = await row_to_change(desk.store.complaints, asks, complaint_id, version)
    if found.replayed:
        return found
    state = linking.link_article(found.state, article_id, helped=helped)
    return await desk.store.complaints.change(found, state, [], at=desk.now(), by=asks.by)


async def forget_reporter(desk: Desk, asks: Asks, complaint_id: str, version: int) -> Saved[Complaint]:
    """Forget who complained: his name, how to reach him, his words, and his comments in surveys about it."""
    found = await row_to_change(desk.store.complaints, asks, complaint_id, version)
    now = desk.now()
    by = replace(asks.by, attempt=None)
    for asked in await surveys.surveys_about(desk.store, complaint_id):
        if asked.state.comment is not None:
            await desk.store.surveys.change(asked, survey.forget_comment(asked.state), [], at=now, by=by)
    reached("complaint-forget:comments-gone")
    if found.replayed:
        return found
    return await desk.store.complaints.change(
        found, forgetting.forget_reporter(found.state, now), [], at=now, by=asks.by
    )


async def _member(desk: Desk, asks: Asks, member_id: str | None) -> str:
    return (await desk.members.acting(asks.caller, member_id, kind="complaint")).member_id


async def _member_or_nobody(desk: Desk, asks: Asks, member_id: str | None) -> str | None:
    if member_id is None and asks.caller.member_id is None:
        return None
    return await _member(desk, asks, member_id)
