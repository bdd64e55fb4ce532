"""One address in front of all services: `/api/<service>/...`, and the page at `/`.

Requests and answers are streamed, so live events pass as they come. Who may do
what is decided by the services themselves, from the same key.
"""

from collections.abc import AsyncIterator
from typing import Final

import httpx
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response, StreamingResponse

from backbone.problems import NotFound, Unavailable
from backbone.settings import Settings
from services.gateway.api.door import by_own_page
from services.gateway.domain.route import SERVICES, target_path

router = APIRouter(include_in_schema=False, dependencies=[Depends(by_own_page)])

METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
PAGE_SERVICE: Final = "analytics"

HOP_BY_HOP: Final = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers that speak of one connection (RFC 9110, section 7.6.1)."""

SET_BY_US: Final = frozenset({"host", "x-request-id", "x-content-type-options", "date", "server"})

CONNECT_SECONDS: Final = 2.0
QUIET_SECONDS: Final = 90.0
"""How long a service may say nothing; live streams send a comment more often than that."""


def proxy_client() -> httpx.AsyncClient:
    """The client for calls that are passed on."""
    return httpx.AsyncClient(
        timeout=httpx.Timeout(QUIET_SECONDS, connect=CONNECT_SECONDS),
        # Shorter than the services keep an idle connection, so that none is used while it closes.
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=100, keepalive_expiry=2.0),
        trust_env=False,
    )


@router.api_route("/api/{service}", methods=METHODS)
@router.api_route("/api/{service}/{path:path}", methods=METHODS)
async def pass_on(service: str, request: Request, path: str = "") -> Response:
    """Pass a request on to a service."""
    target = target_path(path) if service in SERVICES else None
    if target is None:
        raise NotFound("path", request.url.path)
    return await _answer_of(service, target, request)


@router.api_route("/", methods=["GET", "HEAD"])
@router.api_route("/assets/{path:path}", methods=["GET", "HEAD"])
async def show_page(request: Request, path: str | None = None) -> Response:
    """The page and what belongs to it."""
    target = target_path("" if path is None else f"assets/{path}")
    if target is None:
        raise NotFound("path", request.url.path)
    return await _answer_of(PAGE_SERVICE, target, request)


async def _answer_of(service: str, target: str, request: Request) -> Response:
    client: httpx.AsyncClient = request.app.state.front
    settings: Settings = request.app.state.settings
    url = httpx.URL(f"{settings.url(service)}{target}", query=request.url.query.encode() or None)
    has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
    asked = client.build_request(
        request.method, url, headers=_headers_for(request), content=request.stream() if has_body else None
    )
    try:
        answer = await client.send(asked, stream=True)
    except httpx.TransportError as trouble:
        raise Unavailable(
            "service-away", f"The {service} service does not answer now; try again in a few seconds."
        ) from trouble
    passed = StreamingResponse(_body_of(answer), status_code=answer.status_code)
    passed.raw_headers = _kept(answer.headers.raw)
    return passed


def _headers_for(request: Request) -> list[tuple[bytes, bytes]]:
    client = request.client.host if request.client is not None else ""
    return [
        *_kept(request.headers.raw),
        (b"x-request-id", request.state.request_id.encode()),
        (b"x-forwarded-for", client.encode()),
        (b"x-forwarded-host", request.headers.get("host", "").encode("latin-1")),
        (b"x-forwarded-proto", request.url.scheme.encode()),
    ]


def _kept(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    lowered = [(name.lower(), value) for name, value in headers]
    named = {
        token.strip().encode()
        for name, value in lowered
        if name == b"connection"
        for token in value.decode("latin-1").lower().split(",")
    }
    left_out = named | {name.encode() for name in HOP_BY_HOP | SET_BY_US}
    return [(name, value) for name, value in lowered if name not in left_out and not name.startswith(b"x-forwarded-")]


async def _body_of(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for chunk in answer.aiter_raw():
            yield chunk
    finally:
        await answer.aclose()
