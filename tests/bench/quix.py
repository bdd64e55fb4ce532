"""Contestant: Quix Streams with its state in RocksDB, at least once, as its guide shows it."""

import os
from typing import Any

from quixstreams import Application, State

from tests.bench.measured import Stopwatch

stopwatch = Stopwatch(int(os.environ["BENCH_EVENTS"]))

app = Application(
    broker_address=os.environ["BENCH_KAFKA"],
    consumer_group=os.environ["BENCH_GROUP"],
    auto_offset_reset="earliest",
    state_dir=os.environ["BENCH_FOLDER"],
    loglevel="ERROR",
)


def count(visit: dict[str, Any], state: State[str, int]) -> None:
    """Add one to the member (the key) of the visit."""
    state.set("visits", state.get("visits", 0) + 1)
    if stopwatch.count():
        app.stop()


if __name__ == "__main__":
    frame = app.dataframe(app.topic(os.environ["BENCH_TOPIC"], value_deserializer="json", key_deserializer="str"))
    frame.update(count, stateful=True)
    app.run()
