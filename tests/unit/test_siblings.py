"""Calls between services: who is named to the sibling, whom the platform key opens for, what an answer means."""

import json
from collections.abc import Callable

import httpx
import pytest

from backbone.callers import FOR_HEADER, Caller, Role, key_hash
from backbone.idempotency import By
from backbone.problems import Conflict, Forbidden, NotFound, Problem, Refused, Unavailable
from backbone.settings import Settings
from backbone.siblings import PlatformKeys, Siblings, acting_for, path_to, problem_of

KEY = "db_111111111111_one-for-all"
BY = By(actor="li", request_id="r-1", traceparent="00-11111111111111111111111111111111-2222222222222222-01")


class NoKeys:
    async def caller_of(self, hashed: str, for_member: str | None = None) -> Caller | None:
        return None


def siblings(answer: Callable[[httpx.Request], httpx.Response], platform_key: str = KEY) -> Siblings:
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return Siblings("leads", Settings(platform_key=platform_key, port_base=9000), client)


async def test_a_sibling_is_told_who_calls_in_whose_name_and_which_attempt_it_is() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(201, json={"customer_id": "c-1"})

    made = await siblings(answer).post("customers", "/customers", {"name": "华东一号"}, by=BY, key="saga:1:customer")

    assert made == {"customer_id": "c-1"}
    assert str(asked[0].url) == "http://127.0.0.1:9003/customers"
    assert json.loads(asked[0].content) == {"name": "华东一号"}
    assert {name: asked[0].headers[name] for name in ("authorization", "idempotency-key", "x-request-id")} == {
        "authorization": f"Bearer {KEY}.leads",
        "idempotency-key": "saga:1:customer",
        "x-request-id": "r-1",
    }
    assert (asked[0].headers[FOR_HEADER], asked[0].headers["traceparent"]) == ("li", BY.traceparent)


async def test_a_path_that_holds_an_id_of_other_letters_is_quoted() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={})

    await siblings(answer).get("leads", "/handovers/李雷?", by=BY)

    assert asked[0].url.raw_path == b"/handovers/%E6%9D%8E%E9%9B%B7%3F"


def test_a_path_is_made_of_segments_and_an_id_that_would_name_another_path_is_no_object() -> None:
    assert path_to("customers", "c-1", "contacts") == "/customers/c-1/contacts"
    for id_ in ("c-1/contacts", "../handovers", "/", "", ".", ".."):
        with pytest.raises(NotFound):
            path_to("customers", id_)


async def test_without_a_platform_key_nobody_is_called() -> None:
    with pytest.raises(Unavailable, match="DRUMBEAT_PLATFORM_KEY"):
        await siblings(lambda _: httpx.Response(200, json={}), platform_key="").get("leads", "/leads/1", by=BY)


async def test_a_sibling_that_cannot_be_reached_is_a_reason_to_try_again() -> None:
    def unreachable(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(Unavailable, match="customers service does not answer"):
        await siblings(unreachable).get("customers", "/customers/1", by=BY)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, Unavailable),
        (403, Forbidden),
        (404, NotFound),
        (409, Conflict),
        (422, Refused),
        (413, Refused),
        (429, Unavailable),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
def test_a_siblings_answer_says_whether_to_try_again(status: int, kind: type[Problem]) -> None:
    body = {"type": "urn:drumbeat:problem:no", "detail": "Take another one.", "errors": [{"field": "/name"}]}

    assert isinstance(problem_of("customers", httpx.Response(status, json=body)), kind)


def test_a_sibling_that_refuses_is_repeated_word_for_word() -> None:
    body = {"type": "urn:drumbeat:problem:duplicate", "detail": "Take c-7.", "errors": [{"field": "/name"}]}

    problem = problem_of("customers", httpx.Response(422, json=body))

    assert (problem.code, problem.detail, problem.field) == ("duplicate", "Take c-7.", "/name")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"type": 1}'])
def test_an_answer_without_a_problem_in_it_still_says_who_answered_what(body: bytes) -> None:
    assert problem_of("leads", httpx.Response(422, content=body)).detail == "The leads service answers 422."


@pytest.mark.parametrize(
    ("by", "member_id", "deputy_id", "actor"),
    [
        (By(actor="li", request_id="r"), "li", None, "li"),
        (By(actor="李雷", request_id="r"), "李雷", None, "李雷"),
        (By(actor="mei", request_id="r", on_behalf_of="li"), "li", "mei", "mei"),
        (By(actor="key:abc", request_id="r"), None, None, "service:leads"),
        (By(actor="service:directory", request_id="r"), None, None, "service:leads"),
    ],
)
async def test_the_platform_key_stands_for_whoever_asked_first(
    by: By, member_id: str | None, deputy_id: str | None, actor: str
) -> None:
    caller = await PlatformKeys(KEY, NoKeys()).caller_of(key_hash(f"{KEY}.leads"), acting_for(by))

    assert caller is not None
    assert (caller.role, caller.key_id, caller.sees_all) == (Role.PLATFORM, "leads", True)
    assert (caller.member_id, caller.deputy_id, caller.actor) == (member_id, deputy_id, actor)


@pytest.mark.parametrize("shown", ["", f"{KEY}.", f"{KEY}.nobody", "db_1_x"])
async def test_whatever_else_is_shown_is_left_to_the_directory(shown: str) -> None:
    assert await PlatformKeys(KEY, NoKeys()).caller_of(key_hash(shown)) is None


@pytest.mark.parametrize("shown", ["", ".leads"])
async def test_no_platform_key_opens_nothing(shown: str) -> None:
    assert await PlatformKeys("", NoKeys()).caller_of(key_hash(shown)) is None
