"""What is done with a complaint, over HTTP: one route a move."""

from fastapi import APIRouter, Response
from pydantic import Field

from backbone.bodies import Change, Move
from backbone.contract.fields import Code, Id, Moment
from backbone.web import Asking
from services.activities.api.complaint_views import ComplaintView, shown
from services.activities.api.door import AtDesk
from services.activities.handlers import complaints as handlers
from services.activities.handlers import opening

router = APIRouter(prefix="/complaints/{complaint_id}", tags=["complaints"])


class MemberMove(Move):
    """A move a member made."""

    member_id: Id | None = Field(None, description="Who did it; the key's own member by default.")


class Judging(MemberMove):
    """What was found out about it; what is left out stays."""

    severity: Code | None = Field(None, examples=["high"])
    product_id: Id | None = None
    customer_id: Id | None = None
    summary_code: Code | None = None

    def judged(self) -> dict[str, str | None]:
        """The fields that change."""
        told = {
            "severity": self.severity,
            "product_id": self.product_id,
            "customer_id": self.customer_id,
            "summary_code": self.summary_code,
        }
        return {name: value for name, value in told.items() if value is not None}


class Assigning(Move):
    """Who has the complaint from now on."""

    owner_id: Id | None = Field(None, description="Whom; leave it out to ask the assignment rules.")
    reason: Code | None = None


class Replying(MemberMove):
    """An answer to the customer."""

    channel: Code | None = Field(None, description="How it went out.")


class Pausing(MemberMove):
    """Waiting for something outside, such as the customer."""

    reason: Code = Field(examples=["waits-for-customer"])
    until_at: Moment | None = Field(None, description="When it goes on by itself; until somebody resumes by default.")


class Resolving(MemberMove):
    """What was done about it."""

    resolution: Code | None = None


class Reopening(MemberMove):
    """Open again; a key that is nobody's own and names nobody speaks for the customer."""

    reason: Code | None = None


class Closing(MemberMove):
    """Put away; a complaint that is not resolved needs a reason."""

    reason: Code | None = None


class Merging(MemberMove):
    """Which complaint it goes into."""

    into_complaint_id: Id


class Linking(Change):
    """An article that was used."""

    article_id: Id
    helped: bool = Field(True, description="Whether it solved the complaint; say it again to change your word.")


@router.post("/judge", summary="Say how bad a complaint is, or what it is about")
async def judge_complaint(
    complaint_id: str, body: Judging, desk: AtDesk, asks: Asking, response: Response
) -> ComplaintView:
    """The policy for what is known then holds from the opening on; who answers stays as it is."""
    saved = await opening.judge(desk, asks, complaint_id, body.told(), body.member_id, body.judged())
    return shown(saved, desk.now(), response)


@router.post("/assign", summary="Give a complaint to a member")
async def assign_complaint(
    complaint_id: str, body: Assigning, desk: AtDesk, asks: Asking, response: Response
) -> ComplaintView:
    """Give it to a member the caller may act for, or to whom the rules choose."""
    saved = await opening.assign(desk, asks, complaint_id, body.told(), body.owner_id, body.reason)
    return shown(saved, desk.now(), response)


@router.post("/reply", summary="Note an answer to the customer")
async def reply_to_complaint(
    complaint_id: str, body: Replying, desk: AtDesk, asks: Asking, response: Response
) -> ComplaintView:
    """The first answer stops the clock of the first reply; it may be told after the closing, if it was before it."""
    saved = await handlers.reply(desk, asks, complaint_id, body.told(), body.member_id, body.channel)
    return shown(saved, desk.now(), response)


@router.post("/pause", summary="Let a complaint wait")
async def pause_complaint(
    complaint_id: str, body: Pausing, desk: AtDesk, asks: Asking, response: Response
) -> ComplaintView:
    """It waits for something outside until it is resumed, resolved or closed, or `until_at` comes."""
    saved = await handlers.pause(desk, asks, complaint_id, body.told(), body.member_id, body.reason, body.until_at)
    return shown(saved, desk.now(), response)


@router.post("/resume", summary="Go on after a pause")
async def resume_complaint(
    complaint_id: str, body: MemberMove, desk: AtDesk, asks: Asking, response: Response
) -> ComplaintView:
    """Work goes on; the event tells how long the pause was."""
    saved = await handlers.resume(desk, asks, complaint_id, body.told(), body.member_id)
    return shown(saved, desk.now(), response)


@router.post("/resolve", summary="Note that a complaint is solved")
async def resolve_complaint(
    complaint_id: str, body: Resolving, desk: AtDesk, asks: Asking, response: Response
) -> ComplaintView:
    """A pause that still runs ends with it; some days later it closes by itself (`close_at`)."""
    saved = await handlers.resolve(desk, asks, complaint_id, body.told(), body.member_id, body.resolution)
    return shown(saved, desk.now(), response)


@router.post("/reopen", summary="Open a complaint again")
async def reopen_complaint(
    complaint_id: str, body: Reopening, desk: AtDesk, asks: Asking, response: Response
) -> ComplaintView:
    """It is open again; what it was resolved or closed with is taken off."""
    saved = await handlers.reopen(desk, asks, complaint_id, body.told(), body.member_id, body.reason)
    return shown(saved, desk.now(), response)


@router.post("/close", summary="Put a complaint away")
async def close_complaint(
    complaint_id: str, body: Closing, desk: AtDesk, asks: Asking, response: Response
) -> ComplaintView:
    """It is done with, until somebody reopens it."""
    saved = await handlers.close(desk, asks, complaint_id, body.told(), body.member_id, body.reason)
    return shown(saved, desk.now(), response)


@router.post("/merge", summary="Put a complaint into another one")
async def merge_complaint(
    complaint_id: str, body: Merging, desk: AtDesk, asks: Asking, response: Response
) -> ComplaintView:
    """Its clocks stop, the other's run on. Both must be of one customer; this cannot be taken back."""
    saved = await handlers.merge(desk, asks, complaint_id, body.told(), body.member_id, body.into_complaint_id)
    return shown(saved, desk.now(), response)


@router.post("/articles", summary="Link an article of the knowledge base")
async def link_article(
    complaint_id: str, body: Linking, desk: AtDesk, asks: Asking, response: Response
) -> ComplaintView:
    """The article counts for how many complaints it was used, and for how many of them it helped."""
    saved = await handlers.link_article(desk, asks, complaint_id, body.version, body.article_id, helped=body.helped)
    return shown(saved, desk.now(), response)


@router.post("/forget-reporter", summary="Erase who complained")
async def forget_reporter(
    complaint_id: str, body: Change, desk: AtDesk, asks: Asking, response: Response
) -> ComplaintView:
    """His name, how to reach him, his words and his comments go for good; figures and the log need no change."""
    return shown(await handlers.forget_reporter(desk, asks, complaint_id, body.version), desk.now(), response)
