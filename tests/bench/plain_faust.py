"""Contestant: Faust as its guide shows it, an agent that adds to a table, one event at a time."""

import os
import sys
from typing import Any

import faust

from tests.bench.measured import Stopwatch

TOTAL = int(os.environ["BENCH_EVENTS"])

app = faust.App(
    os.environ["BENCH_GROUP"],
    broker=f"kafka://{os.environ['BENCH_KAFKA']}",
    store="memory://",
    web_enabled=False,
    topic_partitions=int(os.environ["BENCH_PARTITIONS"]),
    topic_replication_factor=1,
    consumer_auto_offset_reset="earliest",
    datadir=os.environ["BENCH_FOLDER"],
)
visits = app.topic(os.environ["BENCH_TOPIC"], value_type=bytes, value_serializer="json", key_type=str)
table = app.Table("visits", default=int)
stopwatch = Stopwatch(TOTAL)


@app.agent(visits)
async def count(stream: Any) -> None:
    """Add one to the member of each visit."""
    async for visit in stream:
        table[visit["data"]["member_id"]] += 1
        if stopwatch.count():
            # Faust takes seconds to stop; the run is told, so nothing is lost.
            os._exit(0)


if __name__ == "__main__":
    sys.argv = [sys.argv[0], "worker", "-l", "error"]
    app.main()
