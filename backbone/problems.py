"""What can go wrong between a caller and a service.

    Problem                  any of them; an RFC 9457 problem when it reaches HTTP
     +- Unauthorized    401  no key, or one that is not valid
     +- Forbidden       403  the key's role or row scope does not allow it
     +- NotFound        404  there is no such object (or none the caller may see)
     +- Conflict        409  somebody else changed it first
     +- Refused         422  the rules of the domain say no
     |   +- KeyReused   422  one Idempotency-Key, two different requests
     +- Unavailable     503  something the service needs does not answer

Each message is a sentence that says what to do.
"""

from typing import ClassVar


class Problem(Exception):
    """Base of all; `status` is the HTTP status, `code` the last part of the problem type."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, code: str, detail: str, *, field: str | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.field = field


class Unauthorized(Problem):
    """The caller did not show a valid API key."""

    status = 401
    title = "API key needed"


class Forbidden(Problem):
    """The caller's role or row scope does not allow this."""

    status = 403
    title = "Not allowed"


class NotFound(Problem):
    """There is no such object."""

    status = 404
    title = "Not found"

    def __init__(self, kind: str, id_: str) -> None:
        super().__init__("not-found", f"There is no {kind} {id_!r}; check the id.")


class Conflict(Problem):
    """The object has moved on since the caller read it."""

    status = 409
    title = "Changed by somebody else"

    def __init__(self, kind: str, id_: str, version: int) -> None:
        super().__init__(
            "version-conflict",
            f"The {kind} {id_!r} is at version {version} now; read it again and repeat the change.",
        )
        self.version = version


class Refused(Problem):
    """A rule of the domain says no."""

    status = 422
    title = "Refused"


class KeyReused(Refused):
    """One idempotency key came with two different requests."""

    def __init__(self, key: str) -> None:
        super().__init__(
            "idempotency-key-reused",
            f"Idempotency-Key {key!r} was used for another request; take a new one.",
        )


class Unavailable(Problem):
    """Something this service needs does not answer."""

    status = 503
    title = "Not available"
