"""From a webhook's URL to the addresses that may be connected to: the guard's one piece of input and output."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address
from typing import Final

from backbone.problems import Refused
from services.notifier.domain.guard.addresses import Address, Network, why_not_public
from services.notifier.domain.guard.urls import FIELD, Target

RESOLVE_SECONDS: Final = 5.0

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host name, as text."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses the system knows for a name, in its order of preference.

    Raises:
        OSError: it knows none.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [str(address[0]) for *_, address in found]


class Guard:
    """Lets through only what may be called.

    Args:
        allowed: networks that may be called though they are not public.
        resolve: looks a name up.
    """

    def __init__(self, allowed: Sequence[Network] = (), resolve: Resolve = resolve) -> None:
        self._allowed = tuple(allowed)
        self._resolve = resolve

    async def addresses(self, target: Target) -> list[Address]:
        """The addresses to connect to, every one of them checked just now.

        A name with a single address that may not be called is refused whole: who mixes public and private
        ones is up to something.

        Raises:
            Refused: the name has no address, or one that may not be called.
        """
        found = [target.literal] if target.literal is not None else await self._look_up(target)
        for address in found:
            kind = why_not_public(address, self._allowed)
            if kind is not None:
                raise Refused(
                    "address-not-allowed",
                    f"{target.host} is at {address}, which is {kind}: a webhook needs a public address.",
                    field=FIELD,
                )
        return found

    async def _look_up(self, target: Target) -> list[Address]:
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                texts = await self._resolve(target.host, target.port)
        except (OSError, UnicodeError, TimeoutError):
            texts = ()
        found = [ip_address(text) for text in dict.fromkeys(texts)]
        if not found:
            raise Refused("unknown-host", f"No address is known for {target.host}; check the name.", field=FIELD)
        return found
