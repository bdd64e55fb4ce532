"""Whatever goes wrong, answered as an RFC 9457 problem with a sentence that says what to do."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from backbone.mongo import ConnectionFailure
from backbone.problems import Problem, Unavailable
from backbone.reference import complete

PROBLEM_JSON: Final = "application/problem+json"
PROBLEM_TYPE: Final = "urn:drumbeat:problem:"


class FieldError(BaseModel):
    """One thing wrong with a request."""

    field: str = Field(description="JSON pointer into the body, or the parameter's name.")
    detail: str


class ProblemBody(BaseModel):
    """An RFC 9457 problem."""

    type: str = Field(examples=[f"{PROBLEM_TYPE}not-found"])
    title: str
    status: int
    detail: str = Field(description="What to do about it.")
    instance: str = Field(description="The request id; name it when you ask for help.")
    errors: list[FieldError] = []


class Application(FastAPI):
    """An application whose OpenAPI document has examples, and says of what media type its problems are."""

    def openapi(self) -> dict[str, Any]:
        """The document; FastAPI itself would describe every answer as plain JSON."""
        if self.openapi_schema is not None:
            return self.openapi_schema
        document = complete(super().openapi())
        for path in document["paths"].values():
            for operation in path.values():
                content = operation["responses"]["default"]["content"]
                if "application/json" in content:
                    content[PROBLEM_JSON] = content.pop("application/json")
        return document


def answer_problems(app: FastAPI) -> None:
    """Let the application answer every problem, invalid request and lost store in this one way."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(ConnectionFailure, _on_store)


async def _on_problem(request: Request, problem: Exception) -> Response:
    if not isinstance(problem, Problem):
        raise problem
    errors = [] if problem.field is None else [FieldError(field=problem.field, detail=problem.detail)]
    return answer(request, problem.status, problem.code, problem.title, problem.detail, errors)


async def _on_invalid(request: Request, invalid: Exception) -> Response:
    if not isinstance(invalid, RequestValidationError):
        raise invalid
    errors = [FieldError(field=_pointer(error["loc"]), detail=str(error["msg"])) for error in invalid.errors()]
    detail = f"{errors[0].field}: {errors[0].detail}" if errors else "The request is not valid."
    return answer(request, 422, "invalid-request", "The request is not valid", detail, errors)


async def _on_store(request: Request, trouble: Exception) -> Response:
    structlog.get_logger(__name__).error("the store failed", exc_info=trouble)
    away = Unavailable("store-away", "The store does not answer; the same request can be sent again in a few seconds.")
    return await _on_problem(request, away)


async def _on_http(request: Request, refused: Exception) -> Response:
    if not isinstance(refused, HTTPException):
        raise refused
    return answer(
        request,
        refused.status_code,
        f"http-{refused.status_code}",
        str(refused.detail),
        str(refused.detail),
        [],
        refused.headers,
    )


def answer(
    request: Request,
    status: int,
    code: str,
    title: str,
    detail: str,
    errors: list[FieldError],
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem as HTTP shows it; `code` is the last part of its type."""
    body = ProblemBody(
        type=f"{PROBLEM_TYPE}{code}",
        title=title,
        status=status,
        detail=detail,
        instance=getattr(request.state, "request_id", ""),
        errors=errors,
    )
    return JSONResponse(body.model_dump(), status_code=status, media_type=PROBLEM_JSON, headers=dict(headers or {}))


def _pointer(place: Sequence[int | str]) -> str:
    """`("body", "place", "lat")` as `/place/lat`; a parameter keeps its bare name."""
    if place and place[0] == "body":
        return "".join(f"/{part}" for part in place[1:]) or "/"
    return str(place[-1]) if place else ""
