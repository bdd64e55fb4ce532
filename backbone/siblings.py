"""Calls from one service of ours to another: with the platform key, in the name of whoever asked.

What spans two services is a saga whose steps are such calls (`backbone.saga`). A sibling takes
the platform key without asking the directory; the gateway lets it in from nowhere. The service
that calls writes its name behind the key, `<platform key>.<name>`, so that records can name it.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, Final
from urllib.parse import quote, unquote

import httpx
from fastapi import Depends

from backbone.auth import KeyBook, authenticated
from backbone.callers import FOR_HEADER, Caller, Role, key_hash
from backbone.idempotency import By
from backbone.problems import Conflict, Forbidden, NotFound, Problem, Refused, Unauthorized, Unavailable
from backbone.settings import PORT_OFFSETS, Settings

DEPUTY_MARK: Final = "|"
"""Between the member acted for and the deputy who acts; no id holds it."""


class SiblingAnswer(Problem):
    """What a sibling said no with: its own code, sentence and field."""


class GoneThere(SiblingAnswer, NotFound):
    """A sibling has no such object."""

    def __init__(self, code: str, detail: str, *, field: str | None = None) -> None:
        Problem.__init__(self, code, detail, field=field)


class BusyThere(SiblingAnswer, Conflict):
    """A sibling's object has moved on meanwhile."""

    def __init__(self, code: str, detail: str, *, field: str | None = None) -> None:
        Problem.__init__(self, code, detail, field=field)


class ForbiddenThere(SiblingAnswer, Forbidden):
    """A sibling does not let this be done in this member's name."""


class RefusedThere(SiblingAnswer, Refused):
    """A rule of the sibling's domain says no."""


_ANSWERS: Final[Mapping[int, type[SiblingAnswer]]] = MappingProxyType(
    {403: ForbiddenThere, 404: GoneThere, 409: BusyThere}
)


class Siblings:
    """The other services, asked over HTTP.

    Args:
        service: who asks.
        settings: where the others are, and the platform key.
        http: the client to ask with.
    """

    def __init__(self, service: str, settings: Settings, http: httpx.AsyncClient) -> None:
        self._service = service
        self._settings = settings
        self._http = http

    async def get(self, service: str, path: str, *, by: By, params: Mapping[str, str] | None = None) -> Any:
        """Read something.

        Args:
            service: whom to ask.
            path: within that service, such as `/customers/c-1`; one that holds an id is made by `path_to`.
            by: in whose name; what he may see is not checked there, so check it here.
            params: of the query.

        Returns:
            The answer's JSON.

        Raises:
            Unavailable: it does not answer now; asking again is safe.
            SiblingAnswer: it says no.
        """
        return await self._call("GET", service, path, self._headers(by), params=params)

    async def post(self, service: str, path: str, json: Mapping[str, Any], *, by: By, key: str) -> Any:
        """Let something be done.

        Args:
            service: who shall do it.
            path: within that service.
            json: the body.
            by: in whose name.
            key: the idempotency key: with it, asking again is safe.

        Returns:
            The answer's JSON; None when it has no body.

        Raises:
            Unavailable: it does not answer now; asking again is safe.
            SiblingAnswer: it says no.
        """
        return await self._call("POST", service, path, {**self._headers(by), "idempotency-key": key}, json=json)

    async def ask(self, service: str, path: str, json: Mapping[str, Any], *, by: By) -> Any:
        """Read what takes a body to ask for, such as many objects by id; it changes nothing.

        Args:
            service: whom to ask.
            path: within that service.
            json: the body.
            by: in whose name.

        Returns:
            The answer's JSON.

        Raises:
            Unavailable: it does not answer now; asking again is safe.
            SiblingAnswer: it says no.
        """
        return await self._call("POST", service, path, self._headers(by), json=json)

    async def _call(
        self,
        method: str,
        service: str,
        path: str,
        headers: Mapping[str, str],
        *,
        params: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> Any:
        url = f"{self._settings.url(service)}{quote(path, safe='/:@!$&()*+,;=-._~')}"
        try:
            answer = await self._http.request(method, url, headers=headers, params=params, json=json)
        except httpx.HTTPError as trouble:
            raise Unavailable(
                f"{service}-away", f"The {service} service does not answer now; try again in a few seconds."
            ) from trouble
        if answer.is_success:
            return answer.json() if answer.content else None
        raise problem_of(service, answer)

    def _headers(self, by: By) -> dict[str, str]:
        if not self._settings.platform_key:
            raise Unavailable("no-platform-key", "Services cannot call each other: set DRUMBEAT_PLATFORM_KEY for all.")
        headers = {
            "authorization": f"Bearer {self._settings.platform_key}.{self._service}",
            "x-request-id": by.request_id,
        }
        if by.traceparent is not None:
            headers["traceparent"] = by.traceparent
        if (named := acting_for(by)) is not None:
            headers[FOR_HEADER] = named
        return headers


def path_to(*segments: str) -> str:
    """The path of an object within a sibling: `path_to("customers", customer_id, "contacts")`.

    Raises:
        NotFound: an id would name another path; routers read a slash as one, quoted or not, and clients read dots.
    """
    if any(segment in ("", ".", "..") or "/" in segment for segment in segments):
        raise NotFound("object", "/".join(segments))
    return "/" + "/".join(segments)


class PlatformKeys:
    """A key book that knows the platform key itself and leaves every other key to the book behind it."""

    def __init__(self, platform_key: str, book: KeyBook) -> None:
        self._book = book
        self._services = platform_hashes(platform_key)

    async def caller_of(self, hashed: str, for_member: str | None = None) -> Caller | None:
        """See `backbone.auth.KeyBook`."""
        service = self._services.get(hashed)
        if service is None:
            return await self._book.caller_of(hashed, for_member)
        member_id, _, deputy_id = map(unquote, (for_member or "").partition(DEPUTY_MARK))
        return Caller(key_id=service, role=Role.PLATFORM, member_id=member_id or None, deputy_id=deputy_id or None)


@cache
def platform_hashes(platform_key: str) -> Mapping[str, str]:
    """The service behind each form of the platform key, by the hash of what it shows; none without a key."""
    if not platform_key:
        return MappingProxyType({})
    named = {key_hash(f"{platform_key}.{service}"): service for service in PORT_OFFSETS}
    return MappingProxyType({key_hash(platform_key): "platform", **named})


def acting_for(by: By) -> str | None:
    """The value of `Drumbeat-For`: in whose name a sibling is asked; None when no member stands behind it."""
    if by.on_behalf_of is not None:
        return f"{quote(by.on_behalf_of)}{DEPUTY_MARK}{quote(by.actor)}"
    is_member = not by.actor.startswith(("key:", "service:"))
    return quote(by.actor) if is_member else None


def problem_of(service: str, answer: httpx.Response) -> Problem:
    """What to raise for a sibling's answer that is no success: its own problem, or `Unavailable` to try again."""
    status = answer.status_code
    if status == Unauthorized.status:
        return Unavailable("platform-key-differs", f"The {service} service has another DRUMBEAT_PLATFORM_KEY.")
    if status >= 500 or status in (408, 425, 429):
        return Unavailable(f"{service}-away", f"The {service} service answers {status} now; try again later.")
    try:
        told = answer.json()
        code = str(told["type"]).rpartition(":")[2]
        detail = str(told["detail"])
        errors = told["errors"]
        field = str(errors[0]["field"]) if errors else None
    except (ValueError, KeyError, TypeError):
        code, detail, field = f"http-{status}", f"The {service} service answers {status}.", None
    return problem_as(status, code, detail, field)


def problem_as(status: int, code: str, detail: str, field: str | None = None) -> Problem:
    """The problem that is answered with this status; 422 for one no other class has."""
    return _ANSWERS.get(status, RefusedThere)(code, detail, field=field)


async def from_sibling(caller: Annotated[Caller, Depends(authenticated)]) -> Caller:
    """FastAPI dependency of routes that are spoken between services only.

    Raises:
        Forbidden: the caller is no service of ours.
    """
    if caller.role is not Role.PLATFORM:
        raise Forbidden("platform-only", "This path is spoken between the platform's own services.")
    return caller
