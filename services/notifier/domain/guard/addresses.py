"""Which IP addresses are public."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# IANA IPv4 and IPv6 Special-Purpose Address Registries, and what multicast and reserved space adds.
NOT_PUBLIC: Final[tuple[tuple[Network, str], ...]] = (
    (IPv4Network("0.0.0.0/8"), "unspecified"),
    (IPv4Network("10.0.0.0/8"), "private"),
    (IPv4Network("100.64.0.0/10"), "carrier-grade NAT"),
    (IPv4Network("127.0.0.0/8"), "loopback"),
    (IPv4Network("169.254.0.0/16"), "link-local"),
    (IPv4Network("172.16.0.0/12"), "private"),
    (IPv4Network("192.0.0.0/24"), "reserved"),
    (IPv4Network("192.0.2.0/24"), "for documentation"),
    (IPv4Network("192.31.196.0/24"), "reserved"),
    (IPv4Network("192.52.193.0/24"), "reserved"),
    (IPv4Network("192.88.99.0/24"), "reserved"),
    (IPv4Network("192.168.0.0/16"), "private"),
    (IPv4Network("192.175.48.0/24"), "reserved"),
    (IPv4Network("198.18.0.0/15"), "for benchmarks"),
    (IPv4Network("198.51.100.0/24"), "for documentation"),
    (IPv4Network("203.0.113.0/24"), "for documentation"),
    (IPv4Network("224.0.0.0/4"), "multicast"),
    (IPv4Network("240.0.0.0/4"), "reserved"),
    (IPv6Network("::/128"), "unspecified"),
    (IPv6Network("::1/128"), "loopback"),
    (IPv6Network("::ffff:0:0/96"), "an IPv4 address in disguise"),
    (IPv6Network("64:ff9b::/96"), "behind a NAT64"),
    (IPv6Network("64:ff9b:1::/48"), "behind a NAT64"),
    (IPv6Network("fc00::/7"), "private"),
    (IPv6Network("fe80::/10"), "link-local"),
    (IPv6Network("ff00::/8"), "multicast"),
    (IPv6Network("2001::/23"), "reserved"),
    (IPv6Network("2001:db8::/32"), "for documentation"),
    (IPv6Network("2002::/16"), "an IPv4 address in disguise"),
    (IPv6Network("2620:4f:8000::/48"), "reserved"),
    (IPv6Network("3fff::/20"), "for documentation"),
)
GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
"""All that IANA has given out of IPv6 for hosts; whatever lies outside is somebody's trick."""


def why_not_public(address: Address, allowed: Iterable[Network] = ()) -> str | None:
    """What kind of address it is when it is not a public one; None when it may be called.

    Args:
        address: as it would be connected to.
        allowed: networks that may be called all the same.
    """
    if any(address in network for network in allowed):
        return None
    for network, kind in NOT_PUBLIC:
        if address in network:
            return kind
    if isinstance(address, IPv6Address) and address not in GLOBAL_UNICAST:
        return "reserved"
    return None
