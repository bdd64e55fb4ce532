"""Reading a webhook's URL by one strict grammar, with no spelling that two programs could read differently."""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

from backbone.problems import Refused
from services.notifier.domain.guard.addresses import Address

LONGEST: Final = 2_000
FIELD: Final = "/channel/url"
PORTS: Final = {"http": 80, "https": 443}

# RFC 3986 without a fragment, and only characters that stand for themselves: no blanks, no controls, no
# backslash (browsers take it for a slash), nothing beyond ASCII (an IDN is written in its xn-- form).
_URL = re.compile(
    r"(?P<scheme>[Hh][Tt][Tt][Pp][Ss]?)://(?P<authority>[^/?]*)(?P<path>[!$%&'()*+,./0-9:;=?@A-Z_a-z~\[\]-]*)"
)
_AUTHORITY = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[0-9A-Za-z._-]+))(?::(?P<port>[1-9][0-9]{0,4}))?")
_LABEL = re.compile(r"[0-9a-z_](?:[0-9a-z_-]{0,61}[0-9a-z_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart: whoever connects puts it together from these parts and never reads the text again.

    `path` holds the query too; `literal` is the address when the host is one.
    """

    scheme: str
    host: str
    port: int
    path: str
    literal: Address | None

    @property
    def authority(self) -> str:
        """What the Host header says: the port is named only when it is not the usual one."""
        host = f"[{self.host}]" if isinstance(self.literal, IPv6Address) else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def read_url(text: str) -> Target:
    """The parts of a URL a webhook may have.

    Raises:
        Refused: it is no http or https URL, names a user or a fragment, or spells its host in an odd way.
    """
    if len(text) > LONGEST:
        raise _refused(f"A URL has {LONGEST} characters at most.")
    found = _URL.fullmatch(text)
    if found is None:
        raise _refused("Write https://host/path in plain characters, without a fragment.")
    if "@" in found["authority"]:
        raise _refused("Leave the user name out; the signature tells who sends.")
    named = _AUTHORITY.fullmatch(found["authority"])
    if named is None:
        raise _refused("Write the host as a name or an address, with a port from 1 to 65535 if need be.")
    scheme = found["scheme"].lower()
    port = int(named["port"] or PORTS[scheme])
    if port > 65_535:
        raise _refused("A port lies between 1 and 65535.")
    path = found["path"] if found["path"].startswith("/") else f"/{found['path']}"
    literal = _v6(named["v6"]) if named["v6"] else _v4(named["name"].lower())
    host = str(literal) if literal is not None else named["name"].lower()
    return Target(scheme, host, port, path, literal)


def _v6(text: str) -> IPv6Address:
    try:
        return IPv6Address(text)
    except AddressValueError:
        raise _refused("This is no IPv6 address.") from None


def _v4(name: str) -> IPv4Address | None:
    """The address a host is, None for a name.

    By the URL Standard (WHATWG, "ends in a number") a host whose last label is a number is an address. Of
    all the ways to write one (`0x7f.1`, `2130706433`, `0177.0.0.1`) only the plain one is taken.
    """
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _refused("This is no host name.")
    if not _NUMBER.fullmatch(labels[-1]):
        return None
    try:
        return IPv4Address(name)
    except AddressValueError:
        raise _refused("Write an address as four numbers from 0 to 255, without leading zeros.") from None


def _refused(detail: str) -> Refused:
    return Refused("bad-url", detail, field=FIELD)
