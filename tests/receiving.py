"""A webhook receiver on 127.0.0.1, as a test sees it: what came in, and what it answers."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from backbone.contract.codec import decode
from backbone.contract.envelope import Envelope
from backbone.settings import HOST


@dataclass(frozen=True)
class Got:
    """One request, header names in lower case."""

    at: datetime
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """What it is known by."""
        return self.headers["webhook-id"]

    @property
    def event(self) -> Envelope:
        """The event in it."""
        return decode(self.body, [("content-type", self.headers["content-type"].encode())])


@dataclass(frozen=True)
class Answer:
    """What to say to a request."""

    status: int = 200
    body: bytes = b"thanks"
    headers: Mapping[str, str] = field(default_factory=dict)


Decide = Callable[[Got], Answer]


@dataclass
class Receiver:
    """The receiver: `decide` may be exchanged while it runs."""

    port: int
    decide: Decide
    got: list[Got] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self.port}/hook"

    async def so_far(self) -> list[Got]:
        """What came in; to be polled."""
        return list(self.got)

    def about(self, subject: str) -> list[Got]:
        """What came in about one subject, in its order."""
        return [got for got in list(self.got) if got.event.subject == subject]


@contextmanager
def receiving(decide: Decide = lambda _: Answer()) -> Iterator[Receiver]:
    """A receiver on a free port until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            size = int(self.headers.get("content-length", 0))
            body = self.rfile.read(size)
            if len(body) < size:
                return  # the sender died in the middle of it
            got = Got(datetime.now(UTC), self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            receiver.got.append(got)
            answer = receiver.decide(got)
            try:
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)
            except OSError:
                pass  # the sender is gone: a test may have killed it

        def log_message(self, *_: Any) -> None:
            """Say nothing: the test tells what matters."""

    server = ThreadingHTTPServer((HOST, 0), Handler)
    server.daemon_threads = True
    receiver = Receiver(server.server_address[1], decide)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
