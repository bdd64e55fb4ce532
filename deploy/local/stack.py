"""Bring the whole stack up, take it down, say how it is.

`up` ends with everything answering or leaves nothing running. `down` keeps the data.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from backbone.settings import HOST, Settings, embedded_store_url
from deploy.local.credentials import admin_key
from deploy.local.engine import POLL_SECONDS, Engine
from deploy.local.errors import DidNotStart, OtherPorts, StackError, room_in
from deploy.local.health import broker_answers, service_ready, store_answers
from deploy.local.home import Home
from deploy.local.kafka import broker
from deploy.local.leftovers import end, left_behind
from deploy.local.ports import check_free
from deploy.local.progress import Report
from deploy.local.store import document_store
from deploy.local.supervision import Program, Supervisor
from deploy.local.topology import TOPOLOGY, Kind, Process

ENGINE_SECONDS: Final = 90.0
SERVICE_SECONDS: Final = 120.0

MOST_STARTS: Final = 3
"""A process that was started this often and is not ready will not become ready."""


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """One process as it is now; `state` is the supervisor's word in small letters."""

    name: str
    state: str
    ready: bool
    port: int
    pid: int | None
    uptime_seconds: int | None
    log: str


@dataclass(frozen=True, slots=True)
class Status:
    """The stack as it is now. `state` is `up` (all ready), `partly` or `down`."""

    state: str
    gateway: str
    kafka: str
    mongo: str
    home: str
    free_bytes: int
    left_behind: int
    """Processes of a stack whose supervisor was killed."""
    processes: tuple[ProcessStatus, ...]


class Stack:
    """The stack of one folder.

    Args:
        settings: DRUMBEAT_HOME, DRUMBEAT_PORT_BASE, and the engines to use instead of own ones.
        only: names of the processes to start; all of the topology when empty.
    """

    def __init__(self, settings: Settings, only: Sequence[str] = ()) -> None:
        self._asked = settings
        self.home = Home.at(settings.home)
        self._supervisor = Supervisor(self.home)
        self._only = frozenset(only)

    def up(self, report: Report) -> Status:
        """Start what does not run yet and return when all of it answers.

        Raises:
            StackError: it could not be; what this call started is stopped again.
        """
        self.home.prepare()
        with self.home.locked():
            ran_before = self._supervisor.pid() is not None
            try:
                if ran_before:
                    self._check_same_ports()
                else:
                    self._lay_out(report)
                self._start(report)
            except BaseException:
                if not ran_before:
                    report.step("Stopping what was started")
                    self._stop()
                raise
            return self.status()

    def down(self, report: Report) -> bool:
        """Stop everything, services before engines; the data stays. Returns whether any ran."""
        if not self.home.run.exists():
            return False
        with self.home.locked():
            orphans = left_behind(self.home, self._supervisor.pid())
            if self._supervisor.pid() is None and not orphans:
                return False
            report.step("Stopping")
            self._stop()
            return True

    def status(self) -> Status:
        """How every process is, and whether it answers."""
        settings = self._settings()
        states = self._supervisor.states()
        pid = self._supervisor.pid()
        processes = []
        for process in self._processes(settings):
            state = states.get(process.name)
            alive = state is not None and state.pid is not None
            port = settings.port(process.ports[0])
            processes.append(
                ProcessStatus(
                    name=process.name,
                    state=state.state.lower() if state else "stopped",
                    ready=alive and _ready(process, port),
                    port=port,
                    pid=state.pid if state else None,
                    uptime_seconds=int(time.time()) - state.since if state and alive else None,
                    log=str(self.home.log(process.name)),
                )
            )
        ready = sum(process.ready for process in processes)
        return Status(
            state="up" if ready == len(processes) else "partly" if states else "down",
            gateway=settings.url("gateway"),
            kafka=",".join(settings.kafka_servers),
            mongo=settings.mongo_url,
            home=str(self.home.root),
            free_bytes=self.home.free_bytes() if self.home.root.exists() else 0,
            left_behind=len(left_behind(self.home, pid)),
            processes=tuple(processes),
        )

    def _lay_out(self, report: Report) -> None:
        """Clear what a killed stack left, check the ground, start the supervisor."""
        orphans = left_behind(self.home, None)
        if orphans:
            report.step(f"Ending {len(orphans)} processes of a stack that was killed")
            end(orphans)
        settings = self._asked
        processes = self._processes(settings)
        check_free(
            {
                name if name == process.name else f"{process.name} ({name})": settings.port(name)
                for process in processes
                for name in process.ports
            }
        )
        _check_existing(settings)
        engines = self._engines(settings, processes, report)
        key = admin_key(self.home, settings.url("gateway"))
        programs = [Program(process.name, _command(process, engines.get(process.name))) for process in processes]
        with room_in(self.home.root):
            self.home.record.write_text(
                json.dumps(
                    {
                        "port_base": settings.port_base,
                        "kafka": settings.kafka,
                        "mongo": settings.mongo,
                        "processes": [process.name for process in processes],
                    }
                )
            )
        self._supervisor.start(programs, _environment(settings, self.home, key))

    def _start(self, report: Report) -> None:
        settings = self._settings()
        processes = self._processes(settings)
        for kind, words, seconds in (
            (Kind.ENGINE, "Starting the broker and the store", ENGINE_SECONDS),
            (Kind.SERVICE, "Starting the services", SERVICE_SECONDS),
        ):
            group = {
                process.name: lambda process=process: _ready(process, settings.port(process.ports[0]))
                for process in processes
                if process.kind is kind
            }
            if group:
                report.step(words)
                self._launch(group, seconds, report)

    def _launch(self, ready: Mapping[str, Callable[[], bool]], seconds: float, report: Report) -> None:
        """Start these and return when each is ready; whoever keeps dying ends the wait."""
        states = self._supervisor.states()
        for name in ready:
            if not states[name].pid:
                self._supervisor.launch(name)
        began = time.monotonic()
        waiting = dict(ready)
        starts: dict[str, set[int]] = {name: set() for name in waiting}
        while waiting:
            for name, state in self._supervisor.states().items():
                if name not in waiting:
                    continue
                if state.pid:
                    starts[name].add(state.since)
                if len(starts[name]) >= MOST_STARTS or state.state == "FATAL":
                    raise self._did_not_start(name, "keeps ending at its start")
                if state.pid and waiting[name]():
                    report.step(f"  {name} answers after {time.monotonic() - began:.1f} s")
                    del waiting[name]
            if waiting and time.monotonic() - began > seconds:
                raise self._did_not_start(next(iter(waiting)), f"does not answer after {seconds:.0f} s")
            time.sleep(POLL_SECONDS)

    def _did_not_start(self, name: str, what: str) -> DidNotStart:
        words = self.home.last_words(name)
        return DidNotStart(
            f"{name} {what}{f'; its last words: {words}' if words else ''} (all of them: {self.home.log(name)})"
        )

    def _stop(self) -> None:
        self._supervisor.halt([p.name for p in TOPOLOGY if p.kind is Kind.SERVICE])
        self._supervisor.shut_down()
        end(left_behind(self.home, None))

    def _check_same_ports(self) -> None:
        running = self._settings()
        if running.port_base != self._asked.port_base:
            raise OtherPorts(
                f"The stack in {self.home.root} is up on ports from {running.port_base}: run "
                "`drumbeat down` before you start it on others, or set DRUMBEAT_HOME to have two."
            )

    def _settings(self) -> Settings:
        """The settings the running stack was started with, else those asked for."""
        if self._supervisor.pid() is None:
            return self._asked
        record = json.loads(self.home.record.read_text())
        return self._asked.model_copy(update={name: record[name] for name in ("port_base", "kafka", "mongo")})

    def _processes(self, settings: Settings) -> tuple[Process, ...]:
        """The processes of this stack: all, less the engines that exist elsewhere."""
        chosen = self._only
        if self._supervisor.pid() is not None:
            chosen = frozenset(json.loads(self.home.record.read_text())["processes"])
        unknown = chosen - {process.name for process in TOPOLOGY}
        if unknown:
            raise StackError(
                f"There is no process {', '.join(sorted(unknown))}: choose among "
                f"{', '.join(process.name for process in TOPOLOGY)}."
            )
        elsewhere = {"kafka": settings.kafka, "mongo": settings.mongo}
        return tuple(
            process
            for process in TOPOLOGY
            if not elsewhere.get(process.name) and (not chosen or process.name in chosen)
        )

    def _engines(self, settings: Settings, processes: Sequence[Process], report: Report) -> dict[str, Engine]:
        names = {process.name for process in processes}
        engines = {}
        if "kafka" in names:
            ports = settings.port("kafka"), settings.port("kafka-controller")
            engines["kafka"] = broker(self.home, *ports, report)
        if "mongo" in names:
            engines["mongo"] = document_store(self.home, settings.port("mongo"))
        return engines


def _command(process: Process, engine: Engine | None) -> tuple[str, ...]:
    return engine.command if engine else (sys.executable, "-m", process.module)


def _environment(settings: Settings, home: Home, key: str) -> dict[str, str]:
    from backbone.callers import key_hash, new_key

    return {
        "DRUMBEAT_HOME": str(home.root),
        "DRUMBEAT_PORT_BASE": str(settings.port_base),
        "DRUMBEAT_KAFKA": ",".join(settings.kafka_servers),
        "DRUMBEAT_MONGO": settings.mongo_url,
        "DRUMBEAT_ADMIN_KEY_HASH": key_hash(key),
        # Another one at each start: it lives in the processes' environment and in no file.
        "DRUMBEAT_PLATFORM_KEY": settings.platform_key or new_key(),
    }


def _check_existing(settings: Settings) -> None:
    """See that engines named by the environment answer before a service needs them."""
    if settings.kafka and not any(broker_answers(server) for server in settings.kafka_servers):
        raise DidNotStart(
            f"DRUMBEAT_KAFKA says {settings.kafka} and no broker answers there: start it, mend the "
            "address, or unset the variable to have a broker of the stack's own."
        )
    if settings.mongo and not store_answers(settings.mongo):
        raise DidNotStart(
            "DRUMBEAT_MONGO names a store that does not answer: start it, mend the address, or "
            "unset the variable to have a store of the stack's own."
        )


def _ready(process: Process, port: int) -> bool:
    match process.name:
        case "kafka":
            return broker_answers(f"{HOST}:{port}")
        case "mongo":
            return store_answers(embedded_store_url(port))
        case _:
            return service_ready(port)
