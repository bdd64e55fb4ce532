import ipaddress
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.problems import Refused
from services.notifier.domain.guard.addresses import GLOBAL_UNICAST, NOT_PUBLIC, Network, why_not_public
from services.notifier.domain.guard.urls import PORTS, Target, read_url
from services.notifier.transport.resolver import Guard

V4 = st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address)
PUBLIC = ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.32.0.1", "193.0.0.1", "2606:4700::1111"]
NOT_PUBLIC_ADDRESSES = [
    ("0.0.0.0", "unspecified"),  # noqa: S104 - an address to refuse
    ("0.1.2.3", "unspecified"),
    ("10.0.0.1", "private"),
    ("100.64.0.1", "carrier-grade NAT"),
    ("127.0.0.1", "loopback"),
    ("127.255.255.254", "loopback"),
    ("169.254.169.254", "link-local"),
    ("172.16.0.1", "private"),
    ("172.31.255.255", "private"),
    ("192.0.0.8", "reserved"),
    ("192.0.2.1", "for documentation"),
    ("192.168.1.1", "private"),
    ("198.18.0.1", "for benchmarks"),
    ("224.0.0.1", "multicast"),
    ("239.255.255.250", "multicast"),
    ("255.255.255.255", "reserved"),
    ("::", "unspecified"),
    ("::1", "loopback"),
    ("::127.0.0.1", "reserved"),
    ("::ffff:127.0.0.1", "an IPv4 address in disguise"),
    ("::ffff:8.8.8.8", "an IPv4 address in disguise"),
    ("64:ff9b::7f00:1", "behind a NAT64"),
    ("64:ff9b::8.8.8.8", "behind a NAT64"),
    ("64:ff9b:1::a00:1", "behind a NAT64"),
    ("100::1", "reserved"),
    ("2001::1", "reserved"),
    ("2001:db8::1", "for documentation"),
    ("2002:7f00:1::1", "an IPv4 address in disguise"),
    ("3fff::1", "for documentation"),
    ("5f00::1", "reserved"),
    ("fc00::1", "private"),
    ("fd12:3456::1", "private"),
    ("fe80::1", "link-local"),
    ("fe80::1%eth0", "link-local"),
    ("fec0::1", "reserved"),
    ("ff02::1", "multicast"),
]
ODD_URLS = [
    "",
    "example.com",
    "//example.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "javascript:alert(1)",
    "https:/example.com/",
    "https:///path",
    "https://",
    "http\u017f://example.com/",
    "https://user@example.com/",
    "https://user:password@example.com/",
    "https://1.1.1.1@127.0.0.1/",
    "https://example.com:80@127.0.0.1/",
    "https://example.com\\@127.0.0.1/",
    "https://example.com#@127.0.0.1/",
    "https://example.com/#fragment",
    "https://exam ple.com/",
    " https://example.com/",
    "https://example.com/\n",
    "https://example.com/\r\nHost: other",
    "https://example.com/\tpath",
    "https://example.com/\x00",
    "https://example.com:/",
    "https://example.com:0/",
    "https://example.com:080/",
    "https://example.com:65536/",
    "https://example.com:99999999/",
    "https://example.com:http/",
    "https://example.com.:443/",
    "https://.example.com/",
    "https://example..com/",
    "https://-example.com/",
    "https://example-.com/",
    f"https://{'a' * 64}.com/",
    f"https://{'a.' * 127}com/",
    "https://%31%32%37.0.0.1/",
    "https://127.0.0.1%2f.example.com/",
    "https://例子.cn/",
    "https://①②⑦.⓪.⓪.①/",
    "https://127。0。0。1/",
    "https://１２７.0.0.1/",
    "https://[::1/",
    "https://::1/",
    "https://[::1]x/",
    "https://[fe80::1%25eth0]/",
    "https://[127.0.0.1]/",
    "https://[v1.fe80::a+en1]/",
    "https://[12345::1]/",
    "https://example.com/" + "a" * 2_000,
]


def numbers(address: ipaddress.IPv4Address) -> st.SearchStrategy[str]:
    """The ways inet_aton reads besides the plain one: fewer parts, octal, hexadecimal, padded numbers."""

    def written(value: int) -> st.SearchStrategy[str]:
        return st.sampled_from(
            [str(value), f"0{value:o}", f"0x{value:x}", f"0X{value:X}", f"0x{value:08x}", f"00{value}"]
        )

    a, b, c, d = address.packed
    forms = [
        [a, b, c, d],
        [a, b, c << 8 | d],
        [a, b << 16 | c << 8 | d],
        [int(address)],
    ]
    return st.sampled_from(forms).flatmap(lambda parts: st.tuples(*map(written, parts))).map(".".join)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_called(address: str) -> None:
    assert why_not_public(ipaddress.ip_address(address)) is None


@pytest.mark.parametrize(("address", "kind"), NOT_PUBLIC_ADDRESSES)
def test_an_address_that_is_not_public_is_refused_by_its_kind(address: str, kind: str) -> None:
    assert why_not_public(ipaddress.ip_address(address)) == kind


@given(st.ip_addresses())
def test_python_too_takes_every_address_let_through_for_a_global_one(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if why_not_public(address) is None:
        assert address.is_global
        assert not address.is_multicast
        assert not address.is_reserved


@given(
    st.sampled_from([network for network, _ in NOT_PUBLIC]).flatmap(lambda network: st.ip_addresses(network=network))
)
def test_no_address_of_a_special_network_is_let_through(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    assert why_not_public(address) is not None


@given(st.ip_addresses(v=6).filter(lambda address: address not in GLOBAL_UNICAST))
def test_of_ipv6_only_what_is_given_out_to_hosts_is_let_through(address: ipaddress.IPv6Address) -> None:
    assert why_not_public(address) is not None


def test_a_network_that_was_allowed_may_be_called_and_its_neighbour_may_not() -> None:
    allowed: list[Network] = [ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fd00:1::/32")]

    assert [
        why_not_public(ipaddress.ip_address(address), allowed)
        for address in ("10.1.2.3", "10.2.0.1", "fd00:1::5", "fd00:2::5", "::ffff:10.1.2.3")
    ] == [None, "private", None, "private", "an IPv4 address in disguise"]


@pytest.mark.parametrize("url", ODD_URLS)
def test_an_odd_spelling_is_refused(url: str) -> None:
    with pytest.raises(Refused) as refused:
        read_url(url)

    assert (refused.value.code, refused.value.field) == ("bad-url", "/channel/url")


@given(V4.flatmap(lambda address: st.tuples(st.just(address), numbers(address))))
def test_an_address_is_read_only_in_its_plain_form(written: tuple[ipaddress.IPv4Address, str]) -> None:
    address, text = written

    if text == str(address):
        assert read_url(f"http://{text}/").literal == address
    else:
        with pytest.raises(Refused):
            read_url(f"http://{text}/")


@given(st.ip_addresses(v=6))
def test_ipv6_is_read_in_brackets_in_any_of_its_forms(address: ipaddress.IPv6Address) -> None:
    assert {read_url(f"http://[{text}]/").literal for text in (str(address), address.exploded.upper())} == {address}


@given(st.text(max_size=60))
def test_whatever_stands_for_a_url_is_read_or_refused_and_nothing_else(text: str) -> None:
    for url in (text, f"https://{text}", f"https://{text}/hook", f"https://example.com{text}"):
        try:
            target = read_url(url)
        except Refused:
            continue
        assert target.scheme in PORTS
        assert 1 <= target.port <= 65_535
        assert target.path.startswith("/")
        assert target.host.isascii()
        assert not set(target.host + target.path) & set(" \r\n\t\\#@") - {"@"}
        assert "@" not in target.host


@pytest.mark.parametrize(
    ("url", "target", "authority"),
    [
        ("https://example.com", Target("https", "example.com", 443, "/", None), "example.com"),
        ("HTTPS://Example.COM:443/Hook?x=1", Target("https", "example.com", 443, "/Hook?x=1", None), "example.com"),
        ("http://example.com:8080?x=@", Target("http", "example.com", 8080, "/?x=@", None), "example.com:8080"),
        (
            "http://[2606:4700:0::1111]:81/a%20b",
            Target("http", "2606:4700::1111", 81, "/a%20b", ipaddress.ip_address("2606:4700::1111")),
            "[2606:4700::1111]:81",
        ),
        (
            "http://1.1.1.1/",
            Target("http", "1.1.1.1", 80, "/", ipaddress.ip_address("1.1.1.1")),
            "1.1.1.1",
        ),
        ("https://xn--fsqu00a.cn/", Target("https", "xn--fsqu00a.cn", 443, "/", None), "xn--fsqu00a.cn"),
        ("http://1.2.3.4.example/", Target("http", "1.2.3.4.example", 80, "/", None), "1.2.3.4.example"),
    ],
)
def test_a_plain_url_is_taken_apart(url: str, target: Target, authority: str) -> None:
    assert (read_url(url), read_url(url).authority) == (target, authority)


def guard(*addresses: str, allowed: Sequence[str] = ()) -> Guard:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        if not addresses:
            raise OSError("name not known")
        return addresses

    return Guard([ipaddress.ip_network(network) for network in allowed], resolve)


async def test_a_name_gives_the_addresses_to_connect_to_each_once() -> None:
    found = await guard("1.1.1.1", "1.1.1.1", "2606:4700::1111").addresses(read_url("https://example.com/"))

    assert list(map(str, found)) == ["1.1.1.1", "2606:4700::1111"]


@pytest.mark.parametrize("address", [address for address, _ in NOT_PUBLIC_ADDRESSES])
async def test_a_name_with_one_address_inside_is_refused_whole(address: str) -> None:
    with pytest.raises(Refused, match="public address"):
        await guard("1.1.1.1", address).addresses(read_url("https://example.com/"))


async def test_a_name_nobody_knows_is_refused() -> None:
    with pytest.raises(Refused, match="No address is known"):
        await guard().addresses(read_url("https://example.com/"))


async def test_an_address_that_was_allowed_is_let_through_by_name_and_by_number() -> None:
    allowing = guard("127.0.0.1", allowed=["127.0.0.1/32"])

    for url in ("http://localhost:8080/", "http://127.0.0.1/"):
        assert await allowing.addresses(read_url(url)) == [ipaddress.ip_address("127.0.0.1")]
    with pytest.raises(Refused):
        await allowing.addresses(read_url("http://127.0.0.2/"))
