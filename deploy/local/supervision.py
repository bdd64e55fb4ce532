"""The supervisor: starts processes, starts them again when they die, rotates their logs.

It is PyPI `supervisor`, configured from what is to run, and spoken to over its unix socket; nothing
is concluded from a pid file, which may be stale.
"""

import http.client
import os
import pwd
import shlex
import subprocess
import sys
import xmlrpc.client
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import psutil

from deploy.local.engine import wait_until
from deploy.local.errors import DidNotStart, room_in
from deploy.local.home import MARK, Home

STOP_SECONDS: Final = 60.0
ANSWER_SECONDS: Final = 10.0

SUPERVISOR_PART: Final = """\
; Written at every start; change deploy/local/supervision.py instead.
[supervisord]
identifier=drumbeat
logfile={logs}/supervisor.log
logfile_maxbytes=5MB
logfile_backups=2
pidfile={run}/supervisor.pid
childlogdir={logs}
nocleanup=true
{user}
[unix_http_server]
file={socket}
chmod=0600

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""

# autostart: `up` says when, because an engine must answer before a service starts. A process that
# dies is started again at once, and with growing pauses while it keeps dying at its start.
PROGRAM_PART: Final = """
[program:{name}]
command={command}
directory={run}
autostart=false
autorestart=true
startsecs=2
startretries=1000
stopwaitsecs=30
killasgroup=true
redirect_stderr=true
stdout_logfile={logs}/{name}.log
stdout_logfile_maxbytes=20MB
stdout_logfile_backups=3
"""


@dataclass(frozen=True, slots=True)
class Program:
    """One thing to supervise."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class State:
    """What the supervisor says of a program: its state in capitals, its pid while it runs."""

    name: str
    state: str
    pid: int | None
    since: int
    """Unix seconds of its last start; 0 when it never was started."""


class Supervisor:
    """The supervisor of one stack, running or not."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def pid(self) -> int | None:
        """Its process id while it answers."""
        try:
            return int(self._ask("getPID"))
        except (OSError, http.client.HTTPException):
            return None

    def start(self, programs: Sequence[Program], environment: Mapping[str, str]) -> None:
        """Start it with these programs, none of them running yet.

        Raises:
            DidNotStart: it ended or did not answer.
            NoRoom: the disk is full.
        """
        path = self._home.run / "supervisor.conf"
        with room_in(self._home.root):
            path.write_text(configuration(self._home, programs))
        started = subprocess.run(
            [sys.executable, "-m", "supervisor.supervisord", "--configuration", path],
            cwd=self._home.run,
            env={**os.environ, **environment, MARK: str(self._home.root), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if started.returncode or not wait_until(lambda: self.pid() is not None, ANSWER_SECONDS):
            said = started.stderr.strip() or self._home.last_words("supervisor") or "no reason given"
            raise DidNotStart(f"The supervisor did not start: {said}")

    def launch(self, name: str) -> None:
        """Start one program without waiting for it.

        Raises:
            DidNotStart: the supervisor cannot start it.
        """
        try:
            self._ask("startProcess", name, False)
        except xmlrpc.client.Fault as fault:
            raise DidNotStart(f"{name} cannot be started: {fault.faultString}") from fault

    def states(self) -> dict[str, State]:
        """Every program by name; empty when the supervisor does not run."""
        try:
            answer = self._ask("getAllProcessInfo")
        except (OSError, http.client.HTTPException):
            return {}
        return {
            info["name"]: State(info["name"], info["statename"], info["pid"] or None, int(info["start"]))
            for info in answer
        }

    def halt(self, names: Sequence[str]) -> None:
        """Stop programs, all at once, and return when they have ended."""
        running = [name for name, state in self.states().items() if name in names and state.pid]
        for name in running:
            try:
                self._ask("stopProcess", name, False)
            except xmlrpc.client.Fault:
                # It ended between the question and the order.
                continue
        wait_until(
            lambda: not any(state.pid for name, state in self.states().items() if name in running),
            STOP_SECONDS,
        )

    def shut_down(self) -> None:
        """End the supervisor and all it runs; does nothing when it does not run."""
        pid = self.pid()
        if pid is None:
            return
        self._ask("shutdown")
        try:
            psutil.Process(pid).wait(STOP_SECONDS)
        except psutil.NoSuchProcess:
            return
        except psutil.TimeoutExpired:
            psutil.Process(pid).kill()

    def _ask(self, method: str, *arguments: object) -> Any:
        from supervisor.xmlrpc import SupervisorTransport

        transport = SupervisorTransport(None, None, f"unix://{self._home.socket}")
        with xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport) as server:
            return getattr(server.supervisor, method)(*arguments)


def configuration(home: Home, programs: Sequence[Program]) -> str:
    """The supervisor's configuration file for these programs."""
    values = {
        "logs": _literal(home.logs),
        "run": _literal(home.run),
        "socket": _literal(home.socket),
        # Said aloud, or it warns: root it stays only where root has started it.
        "user": f"user={pwd.getpwuid(0).pw_name}\n" if os.getuid() == 0 else "",
    }
    return SUPERVISOR_PART.format(**values) + "".join(
        PROGRAM_PART.format(name=program.name, command=_literal(shlex.join(program.command)), **values)
        for program in programs
    )


def _literal(value: object) -> str:
    """A value in which the supervisor finds nothing to replace."""
    return str(value).replace("%", "%%")
