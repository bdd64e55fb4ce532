"""Merging two customers and taking it back: sagas, whose steps may be cut off anywhere and are done again.

Every step finds its work by what still stands where it was, and each write carries the key of its
saga and step, so nothing happens twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from backbone.contract.envelope import EventData
from backbone.outbox import Aggregates, Saved
from backbone.problems import Conflict, Refused
from backbone.rows import Told, row_to_change
from backbone.saga import More, Outcome, Plan, Saga, SagaRunner
from backbone.web import Asks
from services.customers.desk import Desk
from services.customers.domain import merge
from services.customers.domain.customer import Customer
from services.customers.domain.deal import Deal
from services.customers.handlers.facts import refresh

Rule = Callable[[Any], tuple[Any, Sequence[EventData]]]
"""An object as it stands to the object after a step, and what is told of it."""

PASS: Final = 50
"""Deals or subsidiaries moved between two notes of a saga."""


async def start_merge(
    desk: Desk, runner: SagaRunner, asks: Asks, customer_id: str, told: Told, into_customer_id: str, reason: str | None
) -> Saved[Saga]:
    """Let a customer go into another one; the caller must be able to change both.

    Raises:
        Refused: see `domain.merge.freeze`; another merge of it is under way.
        NotFound: one of them is not in the caller's row scope.
        Conflict: it has another version by now.
    """
    if again := await runner.sagas.of_attempt(asks.by):
        return again
    gone = await row_to_change(desk.store.customers, asks, customer_id, told.version)
    kept = await desk.store.customers.get(into_customer_id)
    asks.caller.check_may_change(
        desk.store.customers.noun, into_customer_id, kept.state.owner_id, kept.state.team_id, kept.state.group_ids
    )
    merge.freeze(gone.state, kept.state, desk.now(), reason)
    return await _start(runner, merge.MERGE, asks, gone.state, {"into_customer_id": into_customer_id, "reason": reason})


async def start_unmerge(
    desk: Desk, runner: SagaRunner, asks: Asks, customer_id: str, told: Told, reason: str | None
) -> Saved[Saga]:
    """Let a merged customer stand on its own again, with all that came along and is still there.

    Raises:
        Refused: it is not merged, the other one went into another one since, or a merge of it is under way.
        NotFound: it is not in the caller's row scope.
        Conflict: it has another version by now.
    """
    if again := await runner.sagas.of_attempt(asks.by):
        return again
    gone = await row_to_change(desk.store.customers, asks, customer_id, told.version)
    if (into := gone.state.merged_into) is None:
        raise Refused("not-merged", "This customer stands on its own.")
    kept = (await desk.store.customers.get(into)).state
    asks.caller.check_may_change(
        desk.store.customers.noun, kept.customer_id, kept.owner_id, kept.team_id, kept.group_ids
    )
    if kept.merged_into is not None:
        raise Refused("merged", f"{kept.customer_id!r} went into {kept.merged_into!r} since; unmerge that first.")
    return await _start(runner, merge.UNMERGE, asks, gone.state, {"into_customer_id": into, "reason": reason})


async def _start(runner: SagaRunner, kind: str, asks: Asks, gone: Customer, said: dict[str, Any]) -> Saved[Saga]:
    under_way = {"state.subject": gone.customer_id, "state.state": {"$in": ["running", "undoing"]}}
    if await runner.sagas.collection.find_one(under_way) is not None:
        raise Refused("under-way", "A merge of this customer is under way; wait until it has ended.")
    return await runner.start(
        kind, subject=gone.customer_id, owner_id=gone.owner_id, team_id=gone.team_id, said=said, by=asks.by
    )


def plans(desk: Desk) -> dict[str, Plan]:
    """The steps of a merge and of an unmerge."""
    merging = Merging(desk)
    over = dict(
        zip(
            merge.OVER_STEPS,
            (merging.take_over, merging.clear, merging.deals, merging.children, merging.touches),
            strict=True,
        )
    )
    back = dict(
        zip(
            merge.BACK_STEPS,
            (merging.take_back, merging.hand_back, merging.deals_back, merging.children_back, merging.touches_back),
            strict=True,
        )
    )
    return {
        merge.MERGE: Plan({"freeze": merging.freeze, "check": merging.check, **over}, undo=merging.undo),
        merge.UNMERGE: Plan({**back, "thaw": merging.thaw}),
        merge.MERGE_TOLD: Plan(over),
        merge.UNMERGE_TOLD: Plan(back),
    }


class Merging:
    """The steps, each good for being done twice."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._customers = desk.store.customers
        self._deals = desk.store.deals

    async def freeze(self, saga: Saga) -> Outcome:
        """Let the one stand still, and say so on the log."""
        kept = await self._kept(saga)
        rule = partial(merge.freeze, kept=kept, at=self._desk.now(), reason=saga.said["reason"])
        await self._once(self._customers, saga.subject, saga, rule)
        return {}

    async def check(self, saga: Saga) -> Outcome:
        """Two merges at once may have frozen each other's goal: the one that finds it so is taken back."""
        merge.check_kept(await self._kept(saga))
        return {}

    async def undo(self, saga: Saga) -> None:
        """Thaw what was frozen for nothing."""
        if saga.step != "freeze":
            await self._once(self._customers, saga.subject, saga, partial(merge.thaw, reason="undone"), part="undo")
            await refresh(self._desk, saga.subject)  # what was told of it meanwhile was counted for the other one

    async def take_over(self, saga: Saga) -> Outcome:
        """Let the contacts, and what the other one did not know, be there too."""
        gone = await self._gone(saga)
        kept_id = saga.said["into_customer_id"]
        await self._once(self._customers, kept_id, saga, partial(merge.take_over, gone=gone))
        return {"contacts": len(gone.contacts)}

    async def clear(self, saga: Saga) -> Outcome:
        """Keep no second copy of people."""
        await self._once(self._customers, saga.subject, saga, merge.clear)
        return {}

    async def deals(self, saga: Saga) -> Outcome:
        """Let the deals follow."""
        into = saga.said["into_customer_id"]

        def follow(deal: Deal) -> tuple[Deal, Sequence[EventData]]:
            if deal.customer_id != saga.subject:
                return deal, []
            return replace(deal, customer_id=into, came_from=(*deal.came_from, saga.subject)), []

        ids = await self._ids(self._deals, {"state.customer_id": saga.subject})
        return await self._each(self._deals, ids, saga, follow)

    async def deals_back(self, saga: Saga) -> Outcome:
        """Let the deals come back that came along."""
        into = saga.said["into_customer_id"]

        def come_back(deal: Deal) -> tuple[Deal, Sequence[EventData]]:
            if deal.customer_id != into or deal.came_from[-1:] != (saga.subject,):
                return deal, []
            return replace(deal, customer_id=saga.subject, came_from=deal.came_from[:-1]), []

        ids = await self._ids(self._deals, {"state.customer_id": into, "state.came_from": saga.subject})
        return await self._each(self._deals, ids, saga, come_back)

    async def children(self, saga: Saga) -> Outcome:
        """Let the subsidiaries follow."""
        gone, kept = await self._gone(saga), await self._kept(saga)

        def follow(child: Customer) -> tuple[Customer, Sequence[EventData]]:
            return merge.adopt_child(child, gone, kept) if child.parent_customer_id == saga.subject else (child, [])

        ids = await self._ids(self._customers, {"state.parent_customer_id": saga.subject})
        return await self._each(self._customers, ids, saga, follow)

    async def children_back(self, saga: Saga) -> Outcome:
        """Let the subsidiaries come back that came along."""
        gone, into = await self._gone(saga), saga.said["into_customer_id"]
        wanted = {"state.parent_customer_id": into, "state.parents_before": saga.subject}
        # The other one itself may have been a subsidiary, and risen to the merged one's place.
        ids = [into, *await self._ids(self._customers, wanted)]
        return await self._each(self._customers, ids, saga, partial(merge.return_child, gone=gone))

    async def touches(self, saga: Saga) -> Outcome:
        """Let visits and follow-ups count for the other one."""
        into = saga.said["into_customer_id"]
        await self._desk.store.touches.update_many(
            {"c": saga.subject}, {"$set": {"c": into}, "$push": {"via": saga.subject}}
        )
        await refresh(self._desk, into)
        return {}

    async def touches_back(self, saga: Saga) -> Outcome:
        """Let them count for the one again."""
        into = saga.said["into_customer_id"]
        await self._desk.store.touches.update_many(
            {"c": into, "via": saga.subject}, {"$set": {"c": saga.subject}, "$pull": {"via": saga.subject}}
        )
        for id_ in (into, saga.subject):
            await refresh(self._desk, id_)
        return {}

    async def take_back(self, saga: Saga) -> Outcome:
        """Let the contacts be here again."""
        kept = await self._kept(saga)
        merge.check_kept(kept)
        await self._once(self._customers, saga.subject, saga, partial(merge.take_back, kept=kept))
        return {}

    async def hand_back(self, saga: Saga) -> Outcome:
        """Let the other one forget what it had taken over."""
        gone = await self._gone(saga)
        kept_id = saga.said["into_customer_id"]
        await self._once(self._customers, kept_id, saga, partial(merge.hand_back, gone=gone))
        return {}

    async def thaw(self, saga: Saga) -> Outcome:
        """Let it stand on its own, and say so on the log."""
        await self._once(self._customers, saga.subject, saga, partial(merge.thaw, reason=saga.said["reason"]))
        await refresh(self._desk, saga.subject)
        return {}

    async def _gone(self, saga: Saga) -> Customer:
        return (await self._customers.get(saga.subject)).state

    async def _kept(self, saga: Saga) -> Customer:
        return (await self._customers.get(saga.said["into_customer_id"])).state

    async def _ids(self, rows: Aggregates[Any], wanted: dict[str, Any]) -> list[str]:
        found = rows.collection.find(wanted, {"_id": 1}).limit(PASS + 1)
        return [row["_id"] for row in await found.to_list(PASS + 1)]

    async def _each(
        self,
        rows: Aggregates[Any],
        ids: Sequence[str],
        saga: Saga,
        rule: Rule,
    ) -> Outcome:
        moved = [await self._once(rows, one, saga, rule, part=one) for one in ids[:PASS]]
        result = {"moved": saga.results.get(saga.step, {}).get("moved", 0) + sum(moved)}
        return More(result) if len(ids) > PASS and any(moved) else result

    async def _once(
        self,
        rows: Aggregates[Any],
        id_: str,
        saga: Saga,
        rule: Rule,
        *,
        part: str = "",
    ) -> bool:
        """Change one object by a rule, once for this step of this saga; whether it was changed now."""
        by = saga.by(part)
        while True:
            found = await rows.get(id_)
            if rows.replay(found, by) is not None:
                return False
            state, events = rule(found.state)
            if state == found.state:
                return False
            at: datetime = self._desk.now()
            try:
                await rows.change(found, state, events, at=at, by=by)
            except Conflict:
                continue  # somebody was faster: decide again on what he left
            return True
