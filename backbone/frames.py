"""What every request goes through before it comes to a route: its id, its metrics, a bound on its body."""

import re
import time
from typing import Final

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backbone.answers import answer
from backbone.contract.ids import new_event_id
from backbone.telemetry import REQUEST_SECONDS, REQUESTS

REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestFrame:
    """Gives each request an id, counts and times it, and turns what nobody caught into a 500."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self._app = app
        self._service = service
        self._log = structlog.get_logger(__name__)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and look at the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        given = request.headers.get("x-request-id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else new_event_id()
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)
        began = time.perf_counter()
        status = 500

        async def framed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-request-id", request_id.encode()),
                    (b"x-content-type-options", b"nosniff"),
                ]
            await send(message)

        try:
            await self._app(scope, receive, framed)
        except Exception:
            self._log.exception("request failed", path=scope["path"])
            if status != 500:
                raise
            ours = answer(
                request,
                500,
                "internal",
                "Something went wrong here",
                f"This is our fault; name request {request_id} when you report it.",
                [],
            )
            await ours(scope, receive, framed)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            REQUESTS.labels(self._service, route, status).inc()
            REQUEST_SECONDS.labels(self._service, route).observe(time.perf_counter() - began)


class BodyBound:
    """Answers 413 to a body over the bound, before it fills the memory."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless its body is too large."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        declared = request.headers.get("content-length", "")
        taken = 0

        async def bounded() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._most:
                raise HTTPException(413, self._too_large)
            return message

        if declared.isdigit() and int(declared) > self._most:
            await answer(request, 413, "too-large", "Body too large", self._too_large, [])(scope, receive, send)
            return
        await self._app(scope, bounded, send)

    @property
    def _too_large(self) -> str:
        return f"The body may hold {self._most} bytes at most; send it in parts."
