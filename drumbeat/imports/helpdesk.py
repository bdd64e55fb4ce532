"""`helpdesk`: a help desk's log of tickets (XES), told as complaints.

- A ticket is a complaint that opened at its first event, owned by whoever that event names.
- "Take in charge ticket" is a reply: the first one is what the clock waits for, later ones are
  further replies. Who takes it in charge owns it from then on.
- "Wait" pauses it until the next event, whatever that is.
- "Resolve ticket" resolves it, "Closed" closes it. Work after that (taking in charge, waiting,
  resolving again) reopens it first; closing what is closed says nothing new.
- Everything else that is done to a ticket has no event of its own.
- Owner and member are the `org:resource`; `helpdesk:unknown` where it is missing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from backbone.contract.complaints import (
    ComplaintClosed,
    ComplaintOpened,
    ComplaintPaused,
    ComplaintReopened,
    ComplaintReplied,
    ComplaintResolved,
    ComplaintResumed,
)
from backbone.contract.envelope import EventData
from drumbeat.imports.resources import Resources
from drumbeat.imports.sheet import Row
from drumbeat.imports.told import Fault, Reading, Teller, Terms, Told
from drumbeat.imports.xes import Trace, read_traces

TAG: Final = "helpdesk"
NAME: Final = "concept:name"
AT: Final = "time:timestamp"
RESOURCE: Final = "org:resource"

TAKEN: Final = "Take in charge ticket"
WAIT: Final = "Wait"
RESOLVED: Final = "Resolve ticket"
CLOSED: Final = "Closed"
WORK: Final = frozenset({TAKEN, WAIT, RESOLVED})


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a ticket whose attributes are good."""

    line: int
    activity: str
    at: datetime
    resource: str


def read(path: Path, terms: Terms) -> Reading:
    """Check the log and tell it as events.

    Raises:
        Trouble: the file is missing.
    """
    teller = Teller(TAG)
    faults: list[Fault] = []
    people = Resources(TAG, "Helpdesk")
    events: list[Told] = []
    rows = 0
    seen: set[str] = set()
    log = read_traces(path, faults)
    for trace in log:
        rows += len(trace.events)
        case_id, steps = _checked(trace, path.name, faults, terms)
        if case_id in seen:
            faults.append(Fault(path.name, trace.line, NAME, f"{case_id[:40]!r} is the name of an earlier trace too"))
        elif case_id and steps is not None:
            events.extend(_told(case_id, steps, people, teller))
        seen.add(case_id)
    return Reading(rows, people.told(teller), events, sorted(faults), whole=log.whole)


def _checked(trace: Trace, file: str, faults: list[Fault], terms: Terms) -> tuple[str, list[Step] | None]:
    name = Row(file, trace.attributes.line_of(NAME), trace.attributes.cells(NAME), faults)
    case_id = name.id(NAME)
    steps: list[Step] = []
    good = name.good
    for event in trace.events:
        cells = event.cells(NAME, AT, RESOURCE)
        # Each attribute of XES stands on a line of its own, so each is a row of one cell.
        activity = Row(file, event.line_of(NAME), cells, faults)
        moment = Row(file, event.line_of(AT), cells, faults)
        done = activity.needed(NAME)
        at = moment.moment(AT)
        if at is not None and at > terms.now:
            moment.fault(AT, f"{cells[AT]!r} lies in the future")
        good &= activity.good and moment.good
        if at is not None:
            steps.append(Step(event.line, done, at, cells[RESOURCE].strip()))
    return case_id, steps if good else None


def _told(case_id: str, steps: list[Step], people: Resources, teller: Teller) -> Iterator[Told]:
    ticket = Ticket(f"{TAG}:{case_id}", people.team_id)
    for step in steps:
        member = people.member(step.resource, step.line)
        for data in ticket.take(step.activity, member, step.at):
            ticket.sequence += 1
            yield teller.tell(
                data,
                line=step.line,
                id_from=f"{case_id}|{ticket.sequence}|{data.type}",
                at=step.at,
                sequence=ticket.sequence,
            )


@dataclass(slots=True)
class Ticket:
    """Where a ticket stands while its log is told."""

    complaint_id: str
    team_id: str
    owner_id: str | None = None
    sequence: int = 0
    state: Literal["open", "resolved", "closed"] = "open"
    paused_at: datetime | None = field(default=None)

    def take(self, activity: str, member: str, at: datetime) -> Iterator[EventData]:
        """What one event of the log says of the ticket."""
        if self.owner_id is None:
            self.owner_id = member
            yield ComplaintOpened.model_validate({**self._common(), "channel": "import"})
        if self.paused_at is not None:
            paused_seconds = max(0, round((at - self.paused_at).total_seconds()))
            self.paused_at = None
            yield ComplaintResumed.model_validate(
                {**self._common(), "member_id": member, "paused_seconds": paused_seconds}
            )
        if activity in WORK and self.state != "open":
            self.state = "open"
            yield ComplaintReopened.model_validate({**self._common(), "member_id": member})
        if activity == TAKEN:
            self.owner_id = member
            yield ComplaintReplied.model_validate({**self._common(), "member_id": member})
        elif activity == WAIT:
            self.paused_at = at
            yield ComplaintPaused.model_validate({**self._common(), "member_id": member, "reason": "waiting"})
        elif activity == RESOLVED:
            self.state = "resolved"
            yield ComplaintResolved.model_validate({**self._common(), "member_id": member})
        elif activity == CLOSED and self.state != "closed":
            self.state = "closed"
            yield ComplaintClosed.model_validate({**self._common(), "member_id": member})

    def _common(self) -> dict[str, object]:
        return {"owner_id": self.owner_id, "team_id": self.team_id, "complaint_id": self.complaint_id}
