"""Apache Kafka's own files, fetched once per user and checked against `kafka.lock`.

jgo writes a download straight to its final place and only warns of a wrong checksum, so an
interrupted fetch would be taken for a finished one. Hence the fetch happens in a folder of its own,
every file is compared with its pinned SHA-256, and the folder moves to its place in one step.
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from deploy.local.errors import DownloadFailed, room_in
from deploy.local.progress import Report

KAFKA_VERSION: Final = "4.1.0"

# The exclamation mark: without it log4j's list of versions would rule over Kafka's own and put
# kafka-clients 3.8 next to a 4.1 broker.
ENDPOINT: Final = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}+org.apache.logging.log4j:log4j-slf4j-impl:2.24.3!"
LOCK: Final = Path(__file__).with_name("kafka.lock")


def cache_folder() -> Path:
    """Where fetched files are shared by all stacks of this user (`DRUMBEAT_CACHE` moves it)."""
    chosen = os.environ.get("DRUMBEAT_CACHE")
    if chosen:
        return Path(chosen).expanduser().resolve()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").resolve() / "drumbeat"


def kafka_jars(report: Report, cache: Path | None = None) -> Path:
    """The folder with exactly the pinned jars; fetched when it is not there yet.

    Raises:
        DownloadFailed: a file could not be fetched, or is not the pinned one.
        NoRoom: the disk is full.
    """
    cache = cache or cache_folder()
    ready = cache / f"kafka-{KAFKA_VERSION}"
    pinned = _pinned()
    if _complete(ready, pinned):
        return ready
    with room_in(cache):
        cache.mkdir(parents=True, exist_ok=True)
        with alone(cache):
            if not _complete(ready, pinned):
                _fetch(ready, pinned, report)
    return ready


def _pinned() -> dict[str, str]:
    """File name to SHA-256, as pinned."""
    lines = (line.split() for line in LOCK.read_text().splitlines())
    return {name: digest for digest, name in lines}


def _complete(folder: Path, pinned: Mapping[str, str]) -> bool:
    """Whether the folder holds the pinned files and no other; 43 MB, a tenth of a second."""
    return {jar.name: _digest(jar) for jar in folder.glob("*.jar")} == pinned


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


@contextmanager
def alone(cache: Path) -> Iterator[None]:
    """One process at a time changes the cache; the others wait and find it done."""
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(ready: Path, pinned: Mapping[str, str], report: Report) -> None:
    report.step(f"Fetching Apache Kafka {KAFKA_VERSION} (once, about 45 MB)")
    for left in ready.parent.glob("fetching-*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="fetching-", dir=ready.parent) as folder:
        jars = Path(folder) / "jars"
        jars.mkdir()
        for jar in _resolve(Path(folder), report):
            jar.replace(jars / jar.name)
        if not _complete(jars, pinned):
            raise DownloadFailed(
                "What was fetched for Apache Kafka is not what is pinned: a proxy or mirror gives "
                "other or broken files; run the command again, or from another network."
            )
        if ready.exists():
            shutil.rmtree(ready)
        # Java would not take classes stored from files that are not these.
        for stale in ready.parent.glob("*.aot"):
            stale.unlink()
        jars.rename(ready)


def _resolve(folder: Path, report: Report) -> list[Path]:
    # Imported late: only the first start of a machine needs it.
    import requests
    from jgo.constants import MAVEN_CENTRAL_URL
    from jgo.env import EnvironmentBuilder, LinkStrategy
    from jgo.maven import MavenContext, PythonResolver

    context = MavenContext(
        resolver=PythonResolver(progress_callback=report.fetching),
        repo_cache=folder / "repository",
        local_repos=[],
        remote_repos={"central": os.environ.get("DRUMBEAT_MAVEN") or MAVEN_CENTRAL_URL},
    )
    builder = EnvironmentBuilder(context, folder / "environment", LinkStrategy.COPY)
    try:
        return builder.from_endpoint(ENDPOINT).all_jars
    except requests.RequestException as fault:
        # Every one of these is an OSError too; told apart here, so that it is not taken for a
        # fault of the disk.
        raise _no_download(fault) from fault
    except OSError:
        raise
    except Exception as fault:  # jgo raises bare RuntimeError, ValueError and XML parse errors
        raise _no_download(fault) from fault


def _no_download(fault: Exception) -> DownloadFailed:
    return DownloadFailed(
        f"Apache Kafka could not be fetched ({type(fault).__name__}: {fault}): see to the "
        "network and run the command again; nothing half-fetched is kept. DRUMBEAT_MAVEN names "
        "another Maven repository, DRUMBEAT_KAFKA an existing broker."
    )
