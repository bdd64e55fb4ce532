"""Which ports are free, and who has the others."""

import socket
from collections.abc import Mapping

import psutil

from backbone.settings import HOST
from deploy.local.errors import PortInUse


def check_free(ports: Mapping[str, int]) -> None:
    """See that every port can be listened on; `ports` maps what it is for to its number.

    Raises:
        PortInUse: one cannot; the sentence names the program that has it where the system tells.
    """
    for purpose, port in ports.items():
        if not _free(port):
            raise PortInUse(
                f"Port {port}, which {purpose} needs, is in use{_holder(port)}: stop that program, "
                "or set DRUMBEAT_PORT_BASE to the start of a free range."
            )


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _free(port: int) -> bool:
    with socket.socket() as probe:
        # Without this a port whose last connection is still fading away would look used.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _holder(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            listening = connection.status == psutil.CONN_LISTEN and connection.pid
            if listening and connection.laddr[-1:] == (port,):
                return f" by {psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except psutil.Error:
        # Another user's program, or a system that keeps this to itself.
        return ""
    return ""
