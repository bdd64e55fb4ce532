"""The whole platform, once for all fault tests: they kill its processes, it must come back."""

from collections.abc import Iterator

import pytest

from tests.whole_stack import WholeStack, whole_stack


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeStack]:
    """Every process of `drumbeat up`."""
    with whole_stack(tmp_path_factory.mktemp("platform")) as running:
        yield running
