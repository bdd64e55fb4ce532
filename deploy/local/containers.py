"""The same two engines in containers, for tests on a machine where a Docker engine answers."""

import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from testcontainers.core.container import DockerContainer

from backbone.settings import HOST
from deploy.local.engine import wait_until
from deploy.local.errors import DidNotStart
from deploy.local.health import broker_answers, store_answers
from deploy.local.ports import free_port

KAFKA_IMAGE: Final = "apache/kafka:4.1.0"
MONGO_IMAGE: Final = "mongo:8.0"
START_SECONDS: Final = 120.0
LOCAL_NAMES: Final = ("localhost", HOST)


def engine_answers() -> bool:
    """Whether a Docker engine can be asked for containers."""
    import docker

    with warnings.catch_warnings():
        # Without an engine the client drops the socket it could not connect, unclosed.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            client = docker.from_env(timeout=5)
        except docker.errors.DockerException:
            return False
        finally:
            gc.collect()
    client.close()
    return True


@contextmanager
def kafka_container() -> Iterator[str]:
    """A broker in a container for as long as the block lasts; gives its `host:port`.

    Raises:
        DidNotStart: it does not answer in time.
    """
    port = free_port()
    container = DockerContainer(KAFKA_IMAGE)
    host = container.get_docker_client().host()
    _publish(container, port, host)
    # A client is sent to the advertised address, so inside and outside the port must be the same.
    container.with_envs(
        KAFKA_NODE_ID="1",
        KAFKA_PROCESS_ROLES="broker,controller",
        KAFKA_LISTENERS=f"PLAINTEXT://0.0.0.0:{port},CONTROLLER://localhost:9093",
        KAFKA_ADVERTISED_LISTENERS=f"PLAINTEXT://{host}:{port}",
        KAFKA_LISTENER_SECURITY_PROTOCOL_MAP="PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        KAFKA_CONTROLLER_LISTENER_NAMES="CONTROLLER",
        KAFKA_CONTROLLER_QUORUM_VOTERS="1@localhost:9093",
        KAFKA_AUTO_CREATE_TOPICS_ENABLE="false",
        KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR="1",
        KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR="1",
        KAFKA_TRANSACTION_STATE_LOG_MIN_ISR="1",
        KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS="0",
    )
    address = f"{host}:{port}"
    with container:
        if not wait_until(lambda: broker_answers(address), START_SECONDS):
            raise DidNotStart(f"{KAFKA_IMAGE} does not answer after {START_SECONDS:.0f} s")
        yield address


@contextmanager
def mongo_container() -> Iterator[str]:
    """A replica set of one in a container for as long as the block lasts; gives its address.

    Raises:
        DidNotStart: it does not answer in time.
    """
    port = free_port()
    container = DockerContainer(MONGO_IMAGE)
    host = container.get_docker_client().host()
    _publish(container, port, host)
    container.with_command(f"--replSet drumbeat --bind_ip_all --port {port}")
    # The member's own name is for inside; `directConnection` keeps a client from following it.
    address = f"mongodb://{host}:{port}/?directConnection=true"
    members = f"{{_id: 0, host: 'localhost:{port}'}}"
    initiate = f"rs.initiate({{_id: 'drumbeat', members: [{members}]}})"
    with container:
        if not wait_until(lambda: store_answers(address), START_SECONDS):
            raise DidNotStart(f"{MONGO_IMAGE} does not answer after {START_SECONDS:.0f} s")
        container.exec(["mongosh", "--quiet", "--port", str(port), "--eval", initiate])
        primary = ["mongosh", "--quiet", "--port", str(port), "--eval"]
        primary.append("quit(db.hello().isWritablePrimary ? 0 : 1)")
        if not wait_until(lambda: container.exec(primary).exit_code == 0, START_SECONDS):
            raise DidNotStart(f"{MONGO_IMAGE} has not become a primary")
        yield address


def _publish(container: DockerContainer, port: int, host: str) -> None:
    """Publish a port, on the loopback address only where the engine runs on this machine."""
    container.with_bind_ports(port, port)
    if host in LOCAL_NAMES:
        # The Docker client takes the pair; testcontainers' annotation does not say so.
        container.ports[str(port)] = (HOST, port)  # type: ignore[assignment]
