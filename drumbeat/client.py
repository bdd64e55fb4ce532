"""The platform as the command line reaches it: the gateway's address and an API key.

`DRUMBEAT_URL` and `DRUMBEAT_API_KEY` name them; without them the local stack's
`credentials.json` does, which `drumbeat up` writes.
"""

import json
import os
import time
from types import TracebackType
from typing import Any, Final, Self

import httpx

from backbone.settings import Settings
from drumbeat.output import Trouble

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 60.0
BUSY_PAUSES: Final = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds between tries while the platform says that it cannot answer now."""


class Platform:
    """A connection to the gateway; close it, or use it as a context manager.

    Raises:
        Trouble: no address or key is known.
    """

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.http = httpx.Client(
            base_url=url,
            headers={"authorization": f"Bearer {key}"},
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            trust_env=False,
        )

    @classmethod
    def known(cls) -> Self:
        """The platform of the environment, else of the local stack.

        Raises:
            Trouble: neither is there.
        """
        url, key = os.environ.get("DRUMBEAT_URL"), os.environ.get("DRUMBEAT_API_KEY")
        if url and key:
            return cls(url.rstrip("/"), key)
        path = Settings().home / "credentials.json"
        try:
            held = json.loads(path.read_text())
            return cls((url or held["gateway"]).rstrip("/"), key or held["admin_key"])
        except FileNotFoundError as missing:
            raise Trouble(
                f"no key is known ({path} is missing): run `drumbeat up`, or set DRUMBEAT_URL and DRUMBEAT_API_KEY"
            ) from missing
        except (ValueError, KeyError, OSError) as broken:
            raise Trouble(f"{path} cannot be read ({broken}): run `drumbeat down` and `drumbeat up`") from broken

    def get(self, path: str, **parameters: str | int | None) -> Any:
        """The JSON answer of a GET; parameters that are None are left out. A busy platform (503) is asked again.

        Raises:
            Trouble: the platform does not answer, or answers with a problem.
        """
        asked = {name: value for name, value in parameters.items() if value is not None}
        answer = self._get(path, asked)
        for pause in BUSY_PAUSES:
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            time.sleep(pause)
            answer = self._get(path, asked)
        if answer.is_error:
            raise Trouble(problem_text(answer))
        return answer.json()

    def _get(self, path: str, asked: dict[str, str | int]) -> httpx.Response:
        try:
            return self.http.get(path, params=asked)
        except httpx.HTTPError as trouble:
            raise Trouble(
                f"{self.url} does not answer ({trouble}): is the stack up? `drumbeat status` tells"
            ) from trouble

    def close(self) -> None:
        """Close the connection."""
        self.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def problem_text(answer: httpx.Response) -> str:
    """What an error answer says, in one sentence."""
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"the platform answered {answer.status_code} {answer.reason_phrase}"
