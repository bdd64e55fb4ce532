"""What is fetched must be exactly what is pinned, or nothing."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.local.errors import DownloadFailed, NoRoom
from deploy.local.jars import KAFKA_VERSION, cache_folder, kafka_jars
from deploy.local.ports import free_port
from deploy.local.progress import Quiet


class Repository(http.server.BaseHTTPRequestHandler):
    """A Maven repository that promises `promised` bytes and sends `body`."""

    body = b"<project/>"
    promised = len(body)

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(self.promised))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Keep the test's output to itself."""


@contextmanager
def repository(handler: type[Repository], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        monkeypatch.setenv("DRUMBEAT_MAVEN", f"http://127.0.0.1:{server.server_port}")
        serving = threading.Thread(target=server.serve_forever, args=(0.05,))
        serving.start()
        yield
        server.shutdown()
        serving.join()


def left_in(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir() if path.name != "lock")


def test_a_repository_out_of_reach_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRUMBEAT_MAVEN", f"http://127.0.0.1:{free_port()}")

    with pytest.raises(DownloadFailed, match=r"could not be fetched .* see to the network and run the command again"):
        kafka_jars(Quiet(), tmp_path)
    assert left_in(tmp_path) == []


def test_a_download_cut_off_on_the_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class CutOff(Repository):
        promised = 1000

    with repository(CutOff, monkeypatch), pytest.raises(DownloadFailed, match="could not be fetched"):
        kafka_jars(Quiet(), tmp_path)
    assert left_in(tmp_path) == []


def test_a_login_page_instead_of_the_file_is_not_taken_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class LoginPage(Repository):
        body = b"<html><body>Please sign in to the network</body>"
        promised = len(body)

    with repository(LoginPage, monkeypatch), pytest.raises(DownloadFailed, match="run the command again"):
        kafka_jars(Quiet(), tmp_path)
    assert left_in(tmp_path) == []


def test_a_half_written_folder_is_not_taken_for_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    half = tmp_path / f"kafka-{KAFKA_VERSION}"
    half.mkdir()
    (half / f"kafka_2.13-{KAFKA_VERSION}.jar").write_bytes(b"the first half of a")
    (tmp_path / "fetching-killed").mkdir()
    monkeypatch.setenv("DRUMBEAT_MAVEN", f"http://127.0.0.1:{free_port()}")

    with pytest.raises(DownloadFailed):
        kafka_jars(Quiet(), tmp_path)
    assert not (tmp_path / "fetching-killed").exists()


def test_a_full_disk_is_not_taken_for_a_broken_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(Quiet):
        """Stands where a file is being written when the disk is full."""

        def step(self, text: str) -> None:
            del text
            with Path("/dev/full").open("w") as always_full:
                always_full.write("a byte")

    monkeypatch.setenv("DRUMBEAT_MAVEN", f"http://127.0.0.1:{free_port()}")

    with pytest.raises(NoRoom, match="is full: free some room"):
        kafka_jars(Full(), tmp_path)


def test_the_cache_can_be_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRUMBEAT_CACHE", str(tmp_path))

    assert cache_folder() == tmp_path
