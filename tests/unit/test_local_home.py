"""The folder of a stack: room, lock, socket, the first key."""

import errno
import json
import os
import stat
from pathlib import Path

import pytest

from deploy.local.credentials import admin_key
from deploy.local.errors import AlreadyWorking, NoRoom, NotUsable, room_in
from deploy.local.home import SOCKET_PATH_LIMIT, Home

GATEWAY = "http://127.0.0.1:8700"
MORE_THAN_ANY_DISK = 10**18


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home.at(tmp_path / "stack")
    home.prepare(needed_bytes=0)
    return home


def test_a_disk_without_room_is_told_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(NoRoom, match=r"MB free and the stack needs .* set DRUMBEAT_HOME"):
        Home.at(tmp_path).prepare(needed_bytes=MORE_THAN_ANY_DISK)


def test_a_disk_that_fills_up_on_the_way_is_one_sentence() -> None:
    with pytest.raises(NoRoom, match="full: free some room"), room_in(Path("/data")):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_folder_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("not a folder")

    with pytest.raises(NotUsable, match="taken cannot be used"):
        Home.at(tmp_path / "taken").prepare()


def test_only_one_command_works_on_a_stack(home: Home) -> None:
    with home.locked(), pytest.raises(AlreadyWorking, match=rf"pid {os.getpid()}\) is working"), home.locked():
        pytest.fail("two commands hold the stack")


def test_the_lock_is_free_again_after_a_command(home: Home) -> None:
    with home.locked():
        pass
    with home.locked():
        assert (home.run / "lock").read_text() == str(os.getpid())


def test_a_deep_folder_still_has_a_socket_path_the_system_takes(tmp_path: Path) -> None:
    deep = Home.at(tmp_path / ("d" * 90) / ("e" * 90))

    assert len(os.fsencode(deep.socket)) <= SOCKET_PATH_LIMIT
    assert deep.socket != Home.at(tmp_path / ("d" * 90) / ("f" * 90)).socket


def test_a_folder_is_the_same_stack_from_wherever_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert Home.at(Path("stack")) == Home.at(tmp_path / "stack")


def test_the_admin_key_is_made_once_and_only_its_owner_can_read_it(home: Home) -> None:
    first = admin_key(home, GATEWAY)
    second = admin_key(home, "http://127.0.0.1:9700")

    assert first == second
    assert json.loads(home.credentials.read_text()) == {"admin_key": first, "gateway": "http://127.0.0.1:9700"}
    assert stat.S_IMODE(home.credentials.stat().st_mode) == 0o600


def test_a_broken_key_file_is_told_and_left_alone(home: Home) -> None:
    home.credentials.write_text("{")

    with pytest.raises(NotUsable, match=r"is broken .* put the admin key back"):
        admin_key(home, GATEWAY)
    assert home.credentials.read_text() == "{"


def test_the_last_words_of_a_process_are_its_last_line_with_something_in_it(home: Home) -> None:
    home.log("leads").write_text("starting\nModuleNotFoundError: no such thing\n\n")

    assert home.last_words("leads") == "ModuleNotFoundError: no such thing"
    assert home.last_words("gateway") == ""
