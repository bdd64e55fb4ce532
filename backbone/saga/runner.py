"""Doing sagas: each step, a note of it, the next one; whatever a crash left is taken up again."""

import asyncio
import logging
import socket
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from backbone.clock import utc_now
from backbone.contract.ids import new_event_id
from backbone.failpoints import reached
from backbone.idempotency import By
from backbone.mongo import ANY_TEXT, ASCENDING, Collection, Document, DuplicateKeyError, PyMongoError
from backbone.outbox import Saved
from backbone.problems import Conflict, KeyReused, NotFound, Problem, Unavailable
from backbone.saga import rules
from backbone.saga.rules import Plan, Reason, Saga, SagaState
from backbone.service import Backbone

log = logging.getLogger(__name__)

SWEEP_SECONDS: Final = 0.5
MOST_AT_ONCE: Final = 16
WAIT_SECONDS: Final = 3.0
"""How long a request waits for its saga before it answers that it goes on."""

NOUN: Final = "saga"
LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Sagas:
    """Where sagas are kept. Shape of a document: `{_id, version, state, made_by?, print?}`."""

    def __init__(self, collection: Collection) -> None:
        self.collection = collection

    async def ensure_indexes(self) -> None:
        """Make the index of what is due and the one that makes a start idempotent."""
        await self.collection.create_index([("state.next_at", ASCENDING)])
        await self.collection.create_index([("state.subject", ASCENDING)])
        await self.collection.create_index(
            [("made_by", ASCENDING)], unique=True, partialFilterExpression={"made_by": ANY_TEXT}
        )

    async def get(self, saga_id: str) -> Saved[Saga]:
        """The saga of this id.

        Raises:
            NotFound: there is none.
        """
        found = await self.collection.find_one({"_id": saga_id})
        if found is None:
            raise NotFound(NOUN, saga_id)
        return self.read(found)

    def read(self, document: Document, *, replayed: bool = False) -> Saved[Saga]:
        """The saga in a document."""
        state = msgspec.convert(document["state"], Saga)
        return Saved(document["_id"], document["version"], state, replayed=replayed)

    async def create(self, saga: Saga, by: By) -> Saved[Saga]:
        """Keep a new saga; with an idempotency key the same request again gives the first one.

        Raises:
            KeyReused: the key came with another request before.
        """
        document: Document = {"_id": saga.saga_id, "version": 1, "state": _plain(saga)}
        if by.attempt is not None:
            document |= {"made_by": by.made_by, "print": by.attempt.print}
        try:
            await self.collection.insert_one(document)
        except DuplicateKeyError:
            earlier = await self.of_attempt(by)
            if earlier is None:
                raise
            return earlier
        return self.read(document)

    async def of_attempt(self, by: By) -> Saved[Saga] | None:
        """The saga that this very request began before, if it did.

        Raises:
            KeyReused: the key came with another request before.
        """
        if by.attempt is None:
            return None
        found = await self.collection.find_one({"made_by": by.made_by})
        if found is None:
            return None
        if found["print"] != by.attempt.print:
            raise KeyReused(by.attempt.key)
        return self.read(found, replayed=True)

    async def change(self, found: Saved[Saga], saga: Saga) -> Saved[Saga]:
        """Note how a saga stands now.

        Raises:
            Conflict: somebody else has taken it up.
        """
        version = found.version + 1
        written = await self.collection.update_one(
            {"_id": found.id, "version": found.version}, {"$set": {"version": version, "state": _plain(saga)}}
        )
        if not written.modified_count:
            raise Conflict(NOUN, found.id, version)
        return Saved(found.id, version, saga)

    async def due(self, kinds: Iterable[str], now: datetime, limit: int) -> list[str]:
        """Ids of sagas of these kinds that wait for somebody to take them up, longest first."""
        wanted = {"state.next_at": {"$lte": now}, "state.kind": {"$in": list(kinds)}}
        rows = self.collection.find(wanted, {"_id": 1}).sort("state.next_at", ASCENDING).limit(limit)
        return [row["_id"] for row in await rows.to_list(limit)]

    async def held_by(self, holder: str) -> list[str]:
        """Ids of the sagas this worker was at when it was cut off."""
        wanted = {"state.next_at": {"$gt": LONG_AGO}, "state.holder": holder}
        return [row["_id"] for row in await self.collection.find(wanted, {"_id": 1}).to_list(None)]


class SagaRunner:
    """Does the sagas of one service: those just asked for at once, what was left by a crash or put off when due.

    Args:
        sagas: where they are kept.
        plans: the steps by kind.
        holder: this worker's name, the same after a restart and no other's at the same time, so that it
            goes on at once with what it was cut off from.
        now: the clock.
    """

    def __init__(
        self, sagas: Sagas, plans: Mapping[str, Plan], *, holder: str, now: Callable[[], datetime] = utc_now
    ) -> None:
        self.sagas = sagas
        self._plans = plans
        self._holder = holder
        self._now = now
        self._working: dict[str, asyncio.Task[None]] = {}

    async def start(
        self, kind: str, *, subject: str, owner_id: str | None, team_id: str | None, said: Mapping[str, Any], by: By
    ) -> Saved[Saga]:
        """Begin a saga and work at it for as long as a request may wait; it goes on by itself after that.

        Args:
            kind: of the plans.
            subject: id of what it is about.
            owner_id: whose that is, for the row scope.
            team_id: the team it counts for.
            said: what was asked, as JSON; never a person's data, which a step reads where they live.
            by: who asks; with an idempotency key the same request again finds the saga it began.

        Returns:
            The saga as it stands by now.

        Raises:
            KeyReused: the idempotency key came with another request before.
        """
        first = next(iter(self._plans[kind].steps))
        saga = rules.begin(
            new_event_id(),
            kind,
            first,
            subject=subject,
            owner_id=owner_id,
            team_id=team_id,
            said=said,
            by=by,
            now=self._now(),
        )
        begun = await self.sagas.create(saga, by)
        reached(f"{kind}:begun")
        if not begun.state.ended:
            await asyncio.wait({self._at_work(begun.id)}, timeout=WAIT_SECONDS)
        return Saved(begun.id, begun.version, (await self.sagas.get(begun.id)).state, replayed=begun.replayed)

    async def run(self) -> None:
        """Take up what is due until cancelled; an unreachable store is asked again."""
        came_back = False
        try:
            while True:
                try:
                    if not came_back:
                        self._take_up(await self.sagas.held_by(self._holder))
                        came_back = True
                    self._take_up(await self.sagas.due(self._plans, self._now(), MOST_AT_ONCE))
                except (PyMongoError, OSError) as trouble:
                    log.warning("sagas wait for the store: %s", trouble)
                await asyncio.sleep(SWEEP_SECONDS)
        finally:
            working = list(self._working.values())
            for task in working:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)

    def _take_up(self, saga_ids: Iterable[str]) -> None:
        for saga_id in saga_ids:
            self._at_work(saga_id)

    def _at_work(self, saga_id: str) -> "asyncio.Task[None]":
        task = self._working.get(saga_id)
        if task is None:
            task = asyncio.create_task(self._carry(saga_id), name=f"saga {saga_id}")
            self._working[saga_id] = task
            task.add_done_callback(lambda _: self._working.pop(saga_id, None))
        return task

    async def _carry(self, saga_id: str) -> None:
        """Do the steps of a saga until it ends, has to wait, or is somebody else's."""
        try:
            found = await self.sagas.get(saga_id)
            if not rules.may_take(found.state, self._holder, self._now()):
                return
            found = await self.sagas.change(found, rules.take(found.state, self._holder, self._now()))
            while found.state.holder == self._holder:
                was = found.state
                found = await self.sagas.change(found, await self._stepped(was))
                reached(f"{was.kind}:refused" if found.state.reason else f"{was.kind}:{was.step}-noted")
        except Conflict:
            return  # another worker is at it
        except (PyMongoError, OSError) as trouble:
            log.warning("saga %s waits for the store: %s", saga_id, trouble)

    async def _stepped(self, saga: Saga) -> Saga:
        """Do one step, or the undoing, and decide how the saga stands after it."""
        plan = self._plans[saga.kind]
        work = self._undone if saga.state is SagaState.UNDOING else self._done
        try:
            return await work(plan, saga)
        except (Unavailable, Conflict) as trouble:
            return rules.put_off(saga, trouble.detail, self._now())
        except (PyMongoError, OSError) as trouble:
            return rules.put_off(saga, f"The store does not answer ({type(trouble).__name__}).", self._now())
        except Exception as fault:
            # A fault of ours must not lose the saga: it is tried again after it was mended.
            log.exception("saga %s fails at %s", saga.saga_id, saga.step)
            return rules.put_off(saga, f"This is our fault ({type(fault).__name__}); it is tried again.", self._now())

    async def _done(self, plan: Plan, saga: Saga) -> Saga:
        try:
            outcome = await plan.steps[saga.step](saga)
        except (Unavailable, Conflict):
            raise
        except Problem as refused:
            reason = Reason(status=refused.status, code=refused.code, detail=refused.detail, field=refused.field)
            return rules.refuse(saga, reason, self._now(), undo=plan.undo is not None)
        reached(f"{saga.kind}:{saga.step}-done")
        return rules.move_on(saga, list(plan.steps), outcome, self._now())

    async def _undone(self, plan: Plan, saga: Saga) -> Saga:
        if plan.undo is not None:
            await plan.undo(saga)
        reached(f"{saga.kind}:undone")
        return rules.undone(saga, self._now())


async def open_sagas(service: str, backbone: Backbone, plans: Mapping[str, Plan]) -> SagaRunner:
    """The runner of a service, with its collection `sagas`; let its `run` run in the background.

    The worker's name is where it listens, for no two processes listen on one port of one machine.
    """
    sagas = Sagas(backbone.database["sagas"])
    await sagas.ensure_indexes()
    holder = f"{service}@{socket.gethostname()}:{backbone.settings.port(service)}"
    return SagaRunner(sagas, plans, holder=holder)


def _plain(saga: Saga) -> Any:
    return msgspec.to_builtins(saga, builtin_types=(datetime, bytes))
