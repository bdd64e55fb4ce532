"""The FastAPI application every service is made from.

Gives health, readiness, Prometheus metrics, RFC 9457 problems, request ids, a
bound on the body, and the dependencies handlers take: `Asks` (who acts, in
which request, which attempt).
"""

import asyncio
import contextlib
import gc
import os
import re
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Annotated, Any, Final

import structlog
import uvicorn
from fastapi import APIRouter, Depends, FastAPI, Header, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from backbone import audit_api
from backbone.answers import Application, ProblemBody, answer_problems
from backbone.auth import authenticated
from backbone.callers import Caller
from backbone.frames import BodyBound, RequestFrame
from backbone.idempotency import Attempt, By, fingerprint
from backbone.settings import Settings
from backbone.telemetry import configure_logging

NEW_OBJECTS_A_COLLECTION: Final = 20_000
MAX_BODY_BYTES: Final = 1024 * 1024
WHO_CALLS: Final = (
    "**Who calls.** Send your API key as `Authorization: Bearer <key>`. Who stands in for a colleague "
    "(a delegation of the directory) adds `Drumbeat-For: <member id>`: then he sees and may what that member "
    "does, and events and audit name both. What is outside your row scope is answered with 404, as if it were "
    "not there.\n\n"
    "**Safe repeats.** A write with the header `Idempotency-Key` acts once however often it is sent; the answer "
    "to a repeat says `Idempotent-Replayed: true`. A change names the `version` you have seen; another one by "
    "now is a 409."
)
"""What the OpenAPI document of every service says first."""
TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")

Check = Callable[[], Awaitable[None]]
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(
    service: str,
    settings: Settings,
    *,
    title: str,
    description: str,
    routers: Sequence[APIRouter],
    lifespan: Lifespan,
    max_body_bytes: int = MAX_BODY_BYTES,
) -> FastAPI:
    """Wire one service.

    Args:
        service: its name in logs and metrics.
        settings: of the process.
        title: of the OpenAPI document.
        description: the same, in Markdown.
        routers: the service's own routes.
        lifespan: opens what the service needs and closes it again. It must set
            `app.state.keys` (see `backbone.auth.KeyBook`) and `app.state.checks`: by
            name, calls that raise when something needed does not answer; they make
            `/health/ready`. `app.state.books` (see `backbone.books`) is what
            `/audit` reads.
        max_body_bytes: a larger body is answered with 413.
    """
    app = Application(
        title=title,
        description=f"{description}\n\n{WHO_CALLS}",
        lifespan=lifespan,
        responses={"default": {"model": ProblemBody, "description": "An RFC 9457 problem."}},
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.settings = settings
    for router in routers:
        app.include_router(router)
    app.include_router(audit_api.router)
    app.include_router(_operations(service))
    answer_problems(app)
    app.add_middleware(BodyBound, most=max_body_bytes)
    app.add_middleware(RequestFrame, service=service)
    return app


def serve(app: FastAPI, service: str, settings: Settings) -> None:
    """Run the service until it is told to stop."""
    configure_logging(service, settings.log_level)
    _spare_the_collector()
    uvicorn.run(
        app,
        host=settings.bind,
        port=settings.port(service),
        log_config=None,
        access_log=False,
        loop="uvloop",
        http="httptools",
        timeout_graceful_shutdown=5,
        server_header=False,
    )


def _spare_the_collector() -> None:
    """Let the garbage collector pass over what lives as long as the process: modules, routes, models.

    It would walk some hundred thousand objects again and again to find a handful.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS_A_COLLECTION)


@contextlib.asynccontextmanager
async def running(*works: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Keep background coroutines running for as long as the block; cancel them after it.

    One that fails ends the process: the supervisor starts it again from what
    is on disk, which is simpler to trust than a half-working service.
    """
    tasks = [asyncio.ensure_future(work()) for work in works]
    for task in tasks:
        task.add_done_callback(_ended)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _ended(task: "asyncio.Future[None]") -> None:
    if task.cancelled() or task.exception() is None:
        return
    structlog.get_logger(__name__).critical("background work failed", exc_info=task.exception())
    os.kill(os.getpid(), signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class Asks:
    """A request as handlers see it: the caller, and what events will say of their origin."""

    caller: Caller
    by: By


async def asking(
    request: Request,
    caller: Annotated[Caller, Depends(authenticated)],
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=128,
            description="Any text; the same request with the same key acts once.",
        ),
    ] = None,
) -> Asks:
    """FastAPI dependency of every write."""
    attempt = None
    if idempotency_key is not None:
        body = await request.body()
        attempt = Attempt(idempotency_key, fingerprint(request.method, request.url.path, body))
    return Asks(
        caller,
        By(
            actor=caller.actor,
            request_id=request.state.request_id,
            attempt=attempt,
            traceparent=_traceparent(request),
            on_behalf_of=caller.for_member,
        ),
    )


Asking = Annotated[Asks, Depends(asking)]
Calling = Annotated[Caller, Depends(authenticated)]


def _traceparent(request: Request) -> str | None:
    given = request.headers.get("traceparent", "")
    return given if TRACEPARENT.fullmatch(given) else None


def _operations(service: str) -> APIRouter:
    router = APIRouter(tags=["operations"])

    @router.get("/health/live", summary="Is the process alive?")
    async def live() -> dict[str, str]:
        return {"status": "live", "service": service}

    @router.get("/health/ready", summary="Can it do its work?")
    async def ready(request: Request, response: Response) -> dict[str, Any]:
        checks: Mapping[str, Check] = request.app.state.checks
        found = dict(zip(checks, await asyncio.gather(*map(_checked, checks.values())), strict=True))
        good = all(answer == "ok" for answer in found.values())
        response.status_code = 200 if good else 503
        return {"status": "ready" if good else "not ready", "service": service, "checks": found}

    @router.get("/metrics", summary="Prometheus metrics", response_class=Response)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router


async def _checked(check: Check) -> str:
    try:
        await asyncio.wait_for(check(), 3)
    except Exception as trouble:  # noqa: BLE001 - the answer is the report of any trouble
        return f"{type(trouble).__name__}: {trouble}"[:200]
    return "ok"
