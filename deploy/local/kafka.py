"""One Apache Kafka broker and controller in one process (KRaft), sized for a small machine."""

import base64
import shutil
import subprocess
import uuid
from pathlib import Path
from typing import Final

from backbone.settings import HOST
from deploy.local.engine import Engine
from deploy.local.errors import DidNotStart, room_in
from deploy.local.health import broker_answers
from deploy.local.home import Home
from deploy.local.jars import kafka_jars
from deploy.local.java import java, quick_java, train
from deploy.local.progress import Report

PROPERTIES: Final = """\
# Written at every start; change deploy/local/kafka.py instead.
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={folder}

# A topic is made on purpose, with its own number of partitions, or not at all.
auto.create.topics.enable=false

# One broker: there is nobody to copy to.
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1

# Small machine: few threads, few internal partitions, small index files (two a partition).
num.network.threads=2
num.io.threads=4
offsets.topic.num.partitions=8
transaction.state.log.num.partitions=4
share.coordinator.state.topic.num.partitions=2
log.segment.bytes=268435456
log.index.size.max.bytes=1048576
log.cleaner.dedupe.buffer.size=16777216
log.retention.ms=-1

# After kill -9 the controller lets the same broker in again only when its old session has run out:
# 3 s instead of 9. Broker and controller share a process, so a stall never looks like a death.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500

# A group of one member need not wait for others that never come.
group.initial.rebalance.delay.ms=0
"""


def broker(home: Home, port: int, controller_port: int, report: Report) -> Engine:
    """A broker whose data lives in `home`, formatted and configured, not started.

    Raises:
        DownloadFailed: its files could not be fetched.
        NoRoom: the disk is full.
        DidNotStart: its storage could not be formatted.
    """
    jars = kafka_jars(report)
    folder = home.data / "kafka"
    properties = home.run / "kafka.properties"
    with room_in(home.root):
        _write_properties(properties, folder, port, controller_port)
        if not folder.exists():
            report.step("Formatting the broker's storage")
            _format(home, jars, folder, port, controller_port)
    arguments = ("kafka.Kafka", str(properties))

    def answers() -> bool:
        return broker_answers(f"{HOST}:{port}")

    train(jars, arguments, answers, report)
    return Engine("kafka", port, (*quick_java(jars), *arguments), answers)


def _write_properties(target: Path, folder: Path, port: int, controller_port: int) -> None:
    # In a properties file a backslash escapes; nothing else in a path needs care.
    escaped = str(folder).replace("\\", "\\\\")
    target.write_text(PROPERTIES.format(host=HOST, port=port, controller_port=controller_port, folder=escaped))


def _format(home: Home, jars: Path, folder: Path, port: int, controller_port: int) -> None:
    """Format aside and move: a format that was cut short leaves nothing to trip over."""
    aside = home.data / "kafka.new"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    properties = home.run / "kafka-format.properties"
    _write_properties(properties, aside, port, controller_port)
    cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
    done = subprocess.run(
        [
            *java(jars),
            "kafka.tools.StorageTool",
            "format",
            f"--cluster-id={cluster_id}",
            f"--config={properties}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise DidNotStart(
            f"The broker's storage in {folder} could not be formatted: {said[-1] if said else 'it gave no reason'}"
        )
    aside.rename(folder)
