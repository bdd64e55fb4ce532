"""The page behind a survey's link: no login, no script, one answer."""

from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from backbone.problems import NotFound, Refused
from services.activities import pages
from services.activities.api.door import AtDesk
from services.activities.handlers import surveys as handlers
from services.activities.queries import surveys as queries

router = APIRouter(prefix="/rate", tags=["surveys"])

SCORES: Final = frozenset("12345")
LONGEST_COMMENT: Final = 2_000

Lang = Annotated[str | None, Query(max_length=35, description="`en` or `zh`; by Accept-Language by default.")]


@router.get("/{token}", summary="The page that asks for a mark", response_class=HTMLResponse)
async def show_question(token: str, request: Request, desk: AtDesk, lang: Lang = None) -> HTMLResponse:
    """Looking at it uses nothing up, so a mail program may look before the customer does."""
    language = _language(request, lang)
    try:
        survey = (await queries.survey_behind(desk.store, token)).state
    except NotFound:
        return _page(pages.no_such_link(language), 404)
    if survey.rated_at is not None:
        return _page(pages.thanks(language))
    if desk.now() >= survey.expires_at:
        return _page(pages.expired(language), 410)
    return _page(pages.question(language, about_visit=survey.visit_id is not None))


@router.post(
    "/{token}",
    summary="Give a mark",
    response_class=HTMLResponse,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/x-www-form-urlencoded": {
                    "schema": {
                        "type": "object",
                        "required": ["score"],
                        "properties": {
                            "score": {"type": "string", "enum": sorted(SCORES)},
                            "comment": {"type": "string", "maxLength": LONGEST_COMMENT},
                        },
                    }
                }
            },
        }
    },
)
async def give_mark(token: str, request: Request, desk: AtDesk, lang: Lang = None) -> Response:
    """The first answer counts and is told as `satisfaction-rated`; after it the link thanks and takes no other."""
    language = _language(request, lang)
    told = _told(await request.body())
    score, comment = told.get("score", ""), _comment(told.get("comment", ""))
    if score not in SCORES or len(comment) > LONGEST_COMMENT:
        wrong = "score" if score not in SCORES else "comment"
        return await _asked_again(token, desk, language, wrong, score, comment)
    try:
        await handlers.rate(desk, token, int(score), comment or None)
    except NotFound:
        return _page(pages.no_such_link(language), 404)
    except Refused as refused:
        if refused.code == "expired":
            return _page(pages.expired(language), 410)
        return _page(pages.answered_before(language), 409)
    # A relative reference: only the browser knows the address the gateway has for it. Going there by GET,
    # the customer may load the page again without sending his answer again.
    return Response(status_code=303, headers={**pages.HEADERS, "location": f"?lang={language}"})


async def _asked_again(
    token: str, desk: AtDesk, language: pages.Language, wrong: str, score: str, comment: str
) -> HTMLResponse:
    try:
        survey = (await queries.survey_behind(desk.store, token)).state
    except NotFound:
        return _page(pages.no_such_link(language), 404)
    page = pages.question(language, about_visit=survey.visit_id is not None, wrong=wrong, score=score, comment=comment)
    return _page(page, 422)


def _page(text: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(text, status, pages.HEADERS)


def _language(request: Request, lang: str | None) -> pages.Language:
    return pages.language_of(lang or request.headers.get("accept-language", ""))


def _told(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=20))
    except ValueError:
        return {}


def _comment(text: str) -> str:
    """The customer's words with plain line ends, without the characters no text holds."""
    plain = text.replace("\r\n", "\n").strip()
    return "".join(one for one in plain if one in "\n\t" or one.isprintable())
