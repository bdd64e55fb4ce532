"""The worker on the real broker and store: exact under kills, fast, and never alarming too early."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backbone.broker import Record
from backbone.contract.activities import VisitLogged, VisitVoided
from backbone.contract.boards import BoardChanged, FunnelChanged
from backbone.contract.codec import encode
from backbone.contract.complaints import ComplaintOpened, ComplaintReplied
from backbone.contract.dead_letters import EventRejected
from backbone.contract.deals import PipelineChanged, StageTold
from backbone.contract.envelope import Envelope, EventData, seal
from backbone.settings import Settings
from backbone.testing import eventually
from tests.folding import Figures, FoldingWorker, Log, folded, folding, record_of

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
async def log(settings: Settings) -> AsyncIterator[Log]:
    async with contextlib.aclosing(Log(settings)) as log:
        yield log


@pytest.fixture
def figures(settings: Settings) -> Iterator[Figures]:
    with contextlib.closing(Figures(settings)) as figures:
        yield figures


@pytest.fixture(scope="module")
def worker(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FoldingWorker]:
    with folding(settings, tmp_path_factory.mktemp("worker")) as workers:
        yield workers["one"]


def said(data: EventData, at: datetime | None = None, **envelope: Any) -> Envelope:
    return seal(data, source="urn:test", time=at or datetime.now(UTC), **envelope)


def visit(visit_id: str, member: str = "ann", **fields: Any) -> VisitLogged:
    told = {"owner_id": member, "team_id": "north", "customer_id": "c1", "started_at": datetime.now(UTC), **fields}
    return VisitLogged(visit_id=visit_id, member_id=member, **told)


async def test_a_visit_stands_on_its_board_and_is_told(worker: FoldingWorker, log: Log, figures: Figures) -> None:
    at = datetime(2026, 3, 1, 17, 30, tzinfo=UTC)  # the second of March in Shanghai

    await log.say(said(visit("v1"), at))

    standing = await eventually(lambda: figures.documents["standings"].find_one({"_id": "ann|north|2026-03"}))
    assert standing is not None
    assert standing["c"] == {"visits": {"02": {"v": 1, "at": int(at.timestamp() * 1000)}}}

    async def told() -> list[BoardChanged]:
        return [one.data for one in await log.events("boards") if isinstance(one.data, BoardChanged)]

    boards = await eventually(told)
    assert boards[-1].board_id == "ann|north|2026-03"
    assert boards[-1].values["visits"]["02"].value == 1
    assert boards[-1].values["visits"]["02"].reached_at == at


async def test_a_void_takes_the_figure_down_on_the_day_of_the_visit_and_only_once(
    worker: FoldingWorker, log: Log, figures: Figures
) -> None:
    at = datetime(2026, 4, 7, 4, 0, tzinfo=UTC)
    void = VisitVoided(visit_id="v2", member_id="bob", owner_id="bob", team_id=None, reason="mistake")
    await log.say(said(visit("v2", "bob", team_id=None), at), said(visit("v3", "bob", team_id=None), at))
    await folded(log, figures)

    await log.say(said(void), said(void))

    await folded(log, figures)
    standing = await figures.documents["standings"].find_one({"_id": "bob|-|2026-04"})
    assert standing is not None
    assert standing["c"]["visits"]["07"]["v"] == 1
    reasons = [row["reason"] async for row in figures.documents["left_out"].find({"member": "bob"})]
    assert reasons == ["nothing-to-void"]


async def test_what_is_no_event_goes_to_the_dead_letters_with_the_reason_and_stops_nothing(
    worker: FoldingWorker, log: Log, figures: Figures
) -> None:
    good = said(visit("v4", "cat"))
    early = said(visit("v5", "cat"), datetime.now(UTC) + timedelta(minutes=7))
    wrong = encode(good).replace(b'"visit_id":"v4"', b'"visit_id":4')
    bad = {
        "broken-json": Record("activities", b"cat", b"{"),
        "broken-text": Record("deals", b"cat", b"\xff\xfe\x00"),
        "empty": Record("leads", b"cat", None),
        "unknown-type": Record("complaints", b"cat", encode(good).replace(b"visit-logged", b"visit-dreamt")),
        "wrong-topic": Record("customers", b"cat", encode(good)),
        "wrong-key": Record("activities", b"dog", encode(good)),
        "wrong-type": Record("activities", b"cat", wrong),
        "too-large": Record("directory", b"cat", b'{"x":"' + b"x" * 70_000 + b'"}'),
        "future-time": record_of(early),
    }

    await log.write(*bad.values(), record_of(good))

    await folded(log, figures)

    async def letters() -> dict[str, EventRejected]:
        letters = [one.data for one in await log.events("dead-letters")]
        return {letter.reason: letter for letter in letters if isinstance(letter, EventRejected)}

    found = await eventually(letters, lambda letters: len(letters) == len(bad))
    assert set(found) == set(bad)
    assert {reason: letter.original_value() for reason, letter in found.items()} == {
        reason: record.value for reason, record in bad.items()
    }
    assert [row["_id"] async for row in figures.documents["facts"].find({"m": "cat"})] == [good.id]


async def test_an_event_is_folded_within_a_tenth_of_a_second_when_nothing_else_happens(
    worker: FoldingWorker, log: Log, figures: Figures
) -> None:
    waits = []
    for number in range(9):
        envelope = said(visit(f"quick-{number}", "dan"))
        began = asyncio.get_running_loop().time()
        await log.say(envelope)
        await eventually(lambda id_=envelope.id: figures.documents["facts"].find_one({"_id": id_}))  # type: ignore[misc]
        waits.append(asyncio.get_running_loop().time() - began)

    assert sorted(waits)[len(waits) // 2] < 0.3


async def test_a_complaint_without_a_reply_alarms_once_and_within_two_seconds(
    worker: FoldingWorker, log: Log, figures: Figures
) -> None:
    due = datetime.now(UTC) + timedelta(seconds=3)
    opened = ComplaintOpened(complaint_id="late", owner_id="eve", team_id="north", customer_id="c1", channel="phone")
    await log.say(said(opened, due - timedelta(hours=24)))

    async def alerts() -> list[tuple[str, str]]:
        told = [one for one in await log.events("alerts") if one.data.subject == "late"]  # type: ignore[attr-defined]
        return [(one.type, one.data.level) for one in told]  # type: ignore[attr-defined]

    found = await eventually(alerts, lambda alerts: ("alert-raised", "breach") in alerts)
    noticed = datetime.now(UTC) - due
    assert found == [("alert-raised", "warning"), ("alert-raised", "breach")]
    assert timedelta(0) < noticed < timedelta(seconds=3)


async def test_a_reply_that_was_in_time_and_came_late_clears_the_alarm(
    worker: FoldingWorker, log: Log, figures: Figures
) -> None:
    opened_at = datetime.now(UTC) - timedelta(hours=30)
    common: dict[str, Any] = {"complaint_id": "cleared", "owner_id": "eve", "team_id": "north", "customer_id": "c1"}
    await log.say(said(ComplaintOpened(**common, channel="phone"), opened_at))

    async def alerts() -> list[tuple[str, str]]:
        told = [one for one in await log.events("alerts") if one.data.subject == "cleared"]  # type: ignore[attr-defined]
        return [(one.type, one.data.level) for one in told]  # type: ignore[attr-defined]

    await eventually(alerts, lambda alerts: len(alerts) == 2)
    await log.say(said(ComplaintReplied(**common, member_id="eve"), opened_at + timedelta(hours=2)))

    await eventually(alerts, lambda alerts: len(alerts) == 4)
    clock = await figures.documents["clocks"].find_one({"subject": "cleared"})
    assert clock is not None
    assert clock["state"] == "answered"
    assert not any((clock["warned"], clock["breached"], clock["replied_late"]))


async def test_the_order_of_a_pipelines_stages_is_the_one_told_last_also_by_a_worker_that_was_killed(
    worker: FoldingWorker, log: Log, figures: Figures
) -> None:
    def told(revision: int, *stages: str) -> Envelope:
        named = tuple(StageTold(stage=stage, name=stage, probability=0.5) for stage in stages)
        return said(PipelineChanged(pipeline="crm", revision=revision, stages=named), sequence=revision)

    async def funnels() -> int:
        return sum(isinstance(one.data, FunnelChanged) for one in await log.events("boards"))

    await log.say(told(1, "new", "offer"), told(3, "offer", "trial", "new"))
    await folded(log, figures)
    worker.kill()
    worker.launch()
    again = told(2, "offer", "new")
    await log.say(again, again)

    await folded(log, figures)
    kept = await figures.documents["pipelines"].find_one({"_id": "crm"})
    assert kept is not None
    assert kept["pipeline"] == {"stages": ["offer", "trial", "new"], "sequence": 3}
    assert await figures.documents["left_out"].count_documents({"type": "pipeline-changed"}) == 2
    assert await eventually(funnels)


async def test_an_emptied_store_is_filled_again_from_the_log(
    worker: FoldingWorker, log: Log, figures: Figures, settings: Settings
) -> None:
    await folded(log, figures)
    before = await figures.standings()
    worker.kill()
    for name in await figures.documents.list_collection_names():
        await figures.documents.drop_collection(name)

    worker.launch()

    await folded(log, figures)
    assert before
    assert await figures.standings() == before
