"""A web form: where visitors of a page leave word, with a public token instead of a key.

Whoever reads the page's source knows the token, so it opens nothing but this form: a lead comes in, and
the answer says no more than that it was taken. Robots are met by a field no person sees (the
honeypot), floods by a bound per minute.
"""

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from math import ceil
from typing import Final
from urllib.parse import urlsplit

from backbone.problems import Problem, Refused

HONEYPOT: Final = "website"
"""A field people do not see and robots fill in."""
MOST_ADDRESSES: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form.

    Args:
        form_id: what leads remember.
        token: what the page sends instead of a key.
        name: as people call it.
        open: whether it takes anything.
        channel, campaign, territory, product_ids: what its leads carry.
        origins: pages that may send by script, such as `https://www.example.com`; empty = any.
        honeypot: name of the field no person sees.
        per_minute: most submissions a minute of the whole form; `per_minute_each`: of one address.
        thanks_url: where a browser without script goes afterwards.
    """

    form_id: str
    token: str
    name: str
    open: bool = True
    channel: str = "web"
    campaign: str | None = None
    territory: str | None = None
    product_ids: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    honeypot: str = HONEYPOT
    per_minute: int = 120
    per_minute_each: int = 5
    thanks_url: str | None = None


class TooOften(Problem):
    """A form was sent more often than it takes; `seconds` tells when it takes something again."""

    status = 429
    title = "Too often"

    def __init__(self, wait_seconds: float) -> None:
        self.seconds: Final = ceil(wait_seconds)
        super().__init__("too-often", f"This form is sent too often; try again in {self.seconds} seconds.")


def new_token() -> str:
    """A token nobody guesses: 144 random bits."""
    return f"form_{secrets.token_urlsafe(18)}"


def check_form(form: Form) -> Form:
    """Refuse a form that cannot work.

    Raises:
        Refused: an origin or the address of thanks is none.
    """
    for place, origin in enumerate(form.origins):
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or f"{parts.scheme}://{parts.netloc}" != origin or not parts.netloc:
            raise Refused(
                "bad-origin", "Write an origin as https://www.example.com, without a path.", field=f"/origins/{place}"
            )
    if form.thanks_url is not None and urlsplit(form.thanks_url).scheme != "https":
        raise Refused("bad-url", "The address of thanks begins with https://.", field="/thanks_url")
    return form


def may_send(form: Form, origin: str | None) -> bool:
    """Whether a page of this origin may send by script; without an origin it is no browser's script."""
    return origin is None or not form.origins or origin in form.origins


@dataclass
class Bounds:
    """How often each form and each address was used; buckets that fill evenly (`per_minute` drops a minute).

    Kept in memory: a bound against floods may begin anew when the process does.
    """

    _buckets: "OrderedDict[str, tuple[float, float]]" = field(default_factory=OrderedDict)

    def take(self, form: Form, address: str, now: float) -> float | None:
        """Count a submission; the seconds to wait when it is one too many, else None.

        Args:
            form: which.
            address: of the sender.
            now: seconds of a clock that never goes back.
        """
        asked = ((f"{form.form_id}|{address}", form.per_minute_each), (form.form_id, form.per_minute))
        levels = [(name, most, self._level(name, most, now)) for name, most in asked]
        waits = [(1 - level) * 60 / most for _, most, level in levels if level < 1]
        if waits:
            return max(waits)
        for name, _, level in levels:
            self._buckets[name] = (level - 1, now)
            self._buckets.move_to_end(name)
        while len(self._buckets) > MOST_ADDRESSES:
            self._buckets.popitem(last=False)
        return None

    def _level(self, name: str, most: int, now: float) -> float:
        left, at = self._buckets.get(name, (float(most), now))
        return min(most, left + (now - at) * most / 60)
