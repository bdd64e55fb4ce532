"""`bpi2012`: a bank's log of loan applications (BPI Challenge 2012), told as deals of pipeline `loans`.

- An application is a deal worth the amount asked for. Its first A_ or O_ event opens it
  (A_SUBMITTED in the data), every further one moves it to that state, in the order of the log.
- A_APPROVED also wins it; A_DECLINED and A_CANCELLED also lose it.
- Owner is the `org:resource` of the event; `loans:unknown` where it is blank.
- A START of `W_Nabellen offertes` and the next COMPLETE of the same application are one phone call
  on an offer: a follow-up of the resource of the COMPLETE, at its end. A COMPLETE without a START
  and a START without a COMPLETE say nothing that lasted, and are passed over.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from backbone.contract.activities import FollowUpLogged
from backbone.contract.deals import DealLost, DealOpened, DealWon, StageChanged
from backbone.contract.envelope import EventData
from drumbeat.imports.resources import Resources
from drumbeat.imports.sheet import Row, read_table
from drumbeat.imports.told import Fault, Reading, Teller, Terms, Told

TAG: Final = "bpi2012"
PIPELINE: Final = "loans"
COLUMNS: Final = ("case_id", "amount_req", "seq", "activity", "lifecycle", "timestamp", "resource")
LIFECYCLE: Final = {name: name for name in ("SCHEDULE", "START", "COMPLETE")}
KINDS: Final = ("A_", "O_", "W_")
STATES: Final = ("A_", "O_")
CALL: Final = "W_Nabellen offertes"
ENDINGS: Final[dict[str, type[DealWon] | type[DealLost]]] = {
    "A_APPROVED": DealWon,
    "A_DECLINED": DealLost,
    "A_CANCELLED": DealLost,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the log whose cells are good."""

    line: int
    place: str
    activity: str
    lifecycle: str
    at: datetime
    resource: str


@dataclass(slots=True)
class Application:
    """All lines of one application."""

    case_id: str
    amount: int
    steps: list[Step] = field(default_factory=list)
    places: set[str] = field(default_factory=set)
    good: bool = True


def read(path: Path, terms: Terms) -> Reading:
    """Check the log and tell it as events.

    Raises:
        Trouble: the file is missing or is no such table.
    """
    teller = Teller(TAG)
    faults: list[Fault] = []
    applications: dict[str, Application] = {}
    rows = 0
    for row in read_table(path, COLUMNS, faults):
        rows += 1
        _note(row, applications, terms)
    people = Resources(PIPELINE, "Loans")
    events = [
        told
        for application in applications.values()
        if application.good
        for told in _told(application, people, teller, terms.currency)
    ]
    return Reading(rows, people.told(teller), events, faults)


def _note(row: Row, applications: dict[str, Application], terms: Terms) -> None:
    case_id = row.id("case_id")
    row.needed("amount_req")
    amount = row.money("amount_req", terms.currency)
    place = row.id("seq")
    activity = row.needed("activity")
    if activity and not activity.startswith(KINDS):
        row.fault("activity", f"{activity[:40]!r} begins with none of {', '.join(KINDS)}")
    lifecycle = row.known("lifecycle", LIFECYCLE, "lifecycle")
    at = row.moment("timestamp")
    if at is not None and at > terms.now:
        row.fault("timestamp", f"{row.text('timestamp')!r} lies in the future")
    resource = row.text("resource")
    if resource:
        row.id("resource")
    application = applications.setdefault(case_id, Application(case_id, amount or 0))
    if row.good and application.amount != amount:
        row.fault("amount_req", f"differs from what application {case_id} asked for on an earlier line")
    if place in application.places:
        row.fault("seq", f"{place[:40]!r} stands on an earlier line of application {case_id} too")
    application.places.add(place)
    application.good &= row.good
    if at is not None and lifecycle is not None:
        application.steps.append(Step(row.line, place, activity, lifecycle, at, resource))


def _told(application: Application, people: Resources, teller: Teller, currency: str) -> Iterator[Told]:
    yield from _moves(application, people, teller, currency)
    yield from _calls(application, people, teller)


def _moves(application: Application, people: Resources, teller: Teller, currency: str) -> Iterator[Told]:
    stage: str | None = None
    since: datetime | None = None
    sequence = 0
    for step in application.steps:
        if not step.activity.startswith(STATES) or step.lifecycle != "COMPLETE":
            continue
        owner = people.member(step.resource, step.line)
        common = {
            "owner_id": owner,
            "team_id": people.team_id,
            "deal_id": f"{PIPELINE}:{application.case_id}",
            "pipeline": PIPELINE,
            "amount": application.amount,
            "currency": currency,
        }
        said: list[EventData] = []
        if stage is None or since is None:
            said.append(DealOpened.model_validate({**common, "stage": step.activity}))
        else:
            spent = max(0, round((step.at - since).total_seconds()))
            said.append(
                StageChanged.model_validate(
                    {**common, "from_stage": stage, "to_stage": step.activity, "seconds_in_from_stage": spent}
                )
            )
        if step.activity in ENDINGS:
            said.append(ENDINGS[step.activity].model_validate({**common, "stage": step.activity}))
        for data in said:
            sequence += 1
            id_from = f"{application.case_id}|{step.place}|{data.type}"
            yield teller.tell(data, line=step.line, id_from=id_from, at=step.at, sequence=sequence)
        stage, since = step.activity, step.at


def _calls(application: Application, people: Resources, teller: Teller) -> Iterator[Told]:
    began: Step | None = None
    for step in application.steps:
        if step.activity != CALL:
            continue
        if step.lifecycle == "START":
            began = step
        elif step.lifecycle == "COMPLETE" and began is not None:
            member = people.member(step.resource, step.line)
            call = FollowUpLogged(
                owner_id=member,
                team_id=people.team_id,
                member_id=member,
                follow_up_id=f"{PIPELINE}:{application.case_id}-{step.place}",
                deal_id=f"{PIPELINE}:{application.case_id}",
                kind="call",
                reached=True,
                duration_seconds=max(0, round((step.at - began.at).total_seconds())),
            )
            id_from = f"{application.case_id}|{step.place}|{call.type}"
            yield teller.tell(call, line=step.line, id_from=id_from, at=step.at, sequence=1)
            began = None
