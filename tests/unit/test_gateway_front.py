import pytest

from services.gateway.domain.origin import asked_by_own_page, asked_by_stranger
from services.gateway.domain.route import target_path


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("visits", "/visits"),
        ("visits/", "/visits/"),
        ("", "/"),
        ("keys", "/keys"),
        ("members/crm:darcel-schlecht", "/members/crm:darcel-schlecht"),
        ("members/李雷?", "/members/%E6%9D%8E%E9%9B%B7%3F"),
        ("health/ready", "/health/ready"),
    ],
)
def test_a_path_is_passed_on_as_it_was_meant(path: str, target: str) -> None:
    assert target_path(path) == target


@pytest.mark.parametrize(
    "path",
    [
        "keys/verify",
        "keys/verify/",
        "members/lookup",
        "members/roster",
        "customers/lookup",
        "handovers",
        "handovers/li",
        "metrics",
        "metrics/",
        "/metrics",
        "./metrics",
        "a/../metrics",
        "a//b",
    ],
)
def test_internal_and_ambiguous_paths_lead_nowhere(path: str) -> None:
    assert target_path(path) is None


@pytest.mark.parametrize(
    ("origin", "fetch_site", "own", "stranger"),
    [
        ("http://127.0.0.1:8700", None, True, False),
        (None, "same-origin", True, False),
        ("http://127.0.0.1:8700", "same-origin", True, False),
        ("http://127.0.0.1:3000", None, False, True),
        ("http://127.0.0.1:8700", "cross-site", False, True),
        (None, "same-site", False, True),
        ("null", None, False, True),
        (None, None, False, False),
        (None, "none", False, False),
    ],
)
def test_our_own_page_is_told_from_a_stranger(
    origin: str | None, fetch_site: str | None, own: bool, stranger: bool
) -> None:
    assert asked_by_own_page("127.0.0.1:8700", origin, fetch_site) is own
    assert asked_by_stranger("127.0.0.1:8700", origin, fetch_site) is stranger
