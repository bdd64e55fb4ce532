from ipaddress import ip_network

import pytest
from pydantic import ValidationError

from services.notifier.settings import NotifierSettings


def test_by_itself_no_inner_network_may_be_called_and_the_usual_schedule_holds() -> None:
    settings = NotifierSettings()

    assert [str(network) for network in settings.allow_networks] == []
    assert list(settings.retry_seconds) == [5, 30, 300, 1_800, 7_200, 18_000, 36_000]
    assert (settings.timeout_seconds, settings.lease_seconds) == (15, 30)


def test_lists_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRUMBEAT_NOTIFIER_ALLOW_NETWORKS", "127.0.0.1/32, fd00::/8")
    monkeypatch.setenv("DRUMBEAT_NOTIFIER_RETRY_SECONDS", "0.5,1")

    settings = NotifierSettings()

    assert list(settings.allow_networks) == [ip_network("127.0.0.1/32"), ip_network("fd00::/8")]
    assert list(settings.retry_seconds) == [0.5, 1]


@pytest.mark.parametrize("networks", ["127.0.0.1/33", "localhost", "10.0.0.1/8"])
def test_what_is_no_network_is_refused_at_the_start(networks: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRUMBEAT_NOTIFIER_ALLOW_NETWORKS", networks)

    with pytest.raises(ValidationError):
        NotifierSettings()
