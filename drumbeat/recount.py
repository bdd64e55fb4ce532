"""The independent recount: what every figure must be, straight from the log.

Shares no code with the worker's folds on purpose: it keeps all it has read in
memory and works each figure out from the whole story at the end, the slow and
obvious way. Only the contract's codec is common, since what is no event by the
contract counts nowhere.

The rules:
- An event id counts once, at its lowest place on the log.
- A visit or follow-up counts on its own day unless a void names it.
- A lead counts for its first owner, a customer for the owner it was created with.
- A deal is won from its first decision on until it is reopened; credits share it. Its events
  are put in the order of their sequences first; one without a sequence stands where the log has it.
- A complaint is answered in time when its first reply came within 24 hours.
- An undated event stands in its funnel and counts in no period.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import floor
from statistics import median
from typing import Final
from zoneinfo import ZoneInfo

from backbone.contract.activities import FollowUpLogged, FollowUpVoided, VisitLogged, VisitVoided
from backbone.contract.complaints import (
    ComplaintClosed,
    ComplaintMerged,
    ComplaintOpened,
    ComplaintReopened,
    ComplaintReplied,
    ComplaintResolved,
)
from backbone.contract.customers import CustomerCreated
from backbone.contract.deals import (
    DealLost,
    DealOpened,
    DealOwnerChanged,
    DealReopened,
    DealRevised,
    DealWon,
    StageChanged,
)
from backbone.contract.envelope import Envelope
from backbone.contract.leads import LeadCreated

NOBODY: Final = "-"
"""Whom a figure is for that nobody owns: it counts for the company and stands on no board."""

MOVES: Final = (DealOpened, StageChanged, DealRevised, DealOwnerChanged, DealWon, DealLost, DealReopened)
"""What tells of a deal's way; nothing else on its topic is part of it."""

FIRST_REPLY: Final = timedelta(hours=24)

Figure = tuple[str, str, str | None, date]
"""Metric, member, team, day."""


@dataclass
class FunnelCount:
    """One pipeline's funnel; amounts in minor units."""

    entered: Counter[str] = field(default_factory=Counter)
    standing: Counter[str] = field(default_factory=Counter)
    amount: Counter[str] = field(default_factory=Counter)
    won: list[int] = field(default_factory=lambda: [0, 0])
    lost: list[int] = field(default_factory=lambda: [0, 0])


@dataclass(frozen=True)
class SlaCount:
    """How first replies were given; hours."""

    open: int
    replied: int
    replied_late: int
    median_hours_to_reply: float | None


@dataclass
class Recount:
    """Takes the log in, record by record, and tells the figures at the end.

    Args:
        zone: the organisation's time zone.
        currency: the organisation's currency; a win in another one counts as a
            win but not in `won-amount`.
    """

    zone: ZoneInfo
    currency: str
    events: int = 0
    duplicates: int = 0

    def __post_init__(self) -> None:
        self._seen: set[str] = set()
        self._logged: list[tuple[str, str, Envelope]] = []
        self._void: set[tuple[str, str]] = set()
        self._created: list[tuple[str, str | None, Envelope]] = []
        self._deals: dict[str, list[Envelope]] = defaultdict(list)
        self._complaints: dict[str, list[Envelope]] = defaultdict(list)

    def take(self, envelope: Envelope) -> None:
        """Take one event in; records of a partition must come in their order."""
        if envelope.id in self._seen:
            self.duplicates += 1
            return
        self._seen.add(envelope.id)
        self.events += 1
        match envelope.data:
            case VisitLogged() as visit:
                self._logged.append(("visits", visit.visit_id, envelope))
            case VisitVoided() as visit:
                self._void.add(("visits", visit.visit_id))
            case FollowUpLogged() as follow_up:
                self._logged.append(("follow-ups", follow_up.follow_up_id, envelope))
            case FollowUpVoided() as follow_up:
                self._void.add(("follow-ups", follow_up.follow_up_id))
            case LeadCreated() as lead:
                self._created.append(("new-leads", lead.owner_id, envelope))
            case CustomerCreated() as customer:
                self._created.append(("new-customers", customer.owner_id, envelope))
            case data if isinstance(data, MOVES):
                self._deals[envelope.subject].append(envelope)
            case _ if envelope.data.topic == "complaints" and hasattr(envelope.data, "complaint_id"):
                self._complaints[envelope.data.complaint_id or ""].append(envelope)
            case _:
                pass

    def standings(self) -> Counter[Figure]:
        """Every figure other than 0, by metric, member, team and day; money in minor units."""
        found: Counter[Figure] = Counter()
        for metric, subject, envelope in self._logged:
            if (metric, subject) not in self._void:
                member: str = getattr(envelope.data, "member_id", "")
                self._add(found, metric, member, envelope, 1)
        for metric, owner, envelope in self._created:
            self._add(found, metric, owner or NOBODY, envelope, 1)
        for story in self._deals.values():
            self._add_win(found, story)
        for story in self._complaints.values():
            reply, opened = _first_reply(story), _opened(story)
            if reply is not None and opened is not None and reply.time - opened <= FIRST_REPLY:
                self._add(found, "complaints-in-time", getattr(reply.data, "member_id", ""), reply, 1)
        return Counter({figure: value for figure, value in found.items() if value})

    def funnels(self) -> dict[str, FunnelCount]:
        """Every pipeline's funnel for the whole company."""
        found: dict[str, FunnelCount] = defaultdict(FunnelCount)
        for story in self._deals.values():
            path = _walk(story)
            if path.pipeline is None:
                continue
            count = found[path.pipeline]
            count.entered.update(path.entered)
            if path.end is not None:
                sums = count.won if isinstance(path.end.data, DealWon) else count.lost
                sums[0] += 1
                sums[1] += path.amount
            elif path.stage is not None:
                count.standing[path.stage] += 1
                count.amount[path.stage] += path.amount
        return dict(found)

    def sla(self) -> SlaCount:
        """How first replies were given."""
        waits = []
        waiting = 0
        for story in self._complaints.values():
            opened = _opened(story)
            reply = _first_reply(story)
            if opened is None:
                continue
            if reply is not None:
                waits.append(reply.time - opened)
            elif not _put_away(story):
                waiting += 1
        return SlaCount(
            open=waiting,
            replied=len(waits),
            replied_late=sum(wait > FIRST_REPLY for wait in waits),
            median_hours_to_reply=round(median(wait / timedelta(hours=1) for wait in waits), 2) if waits else None,
        )

    def _add(self, found: Counter[Figure], metric: str, member: str, envelope: Envelope, value: int) -> None:
        if not envelope.undated:
            team: str | None = getattr(envelope.data, "team_id", None)
            found[metric, member, team, envelope.time.astimezone(self.zone).date()] += value

    def _add_win(self, found: Counter[Figure], story: list[Envelope]) -> None:
        end = _walk(story).end
        if end is None or not isinstance(end.data, DealWon):
            return
        win = end.data
        shares = [(credit.member_id, credit.share) for credit in win.credits]
        if not shares:
            shares = [(win.owner_id or NOBODY, 1.0)]
        metric = "won-amount" if win.currency == self.currency else f"won-amount-{win.currency.lower()}"
        for member, amount in _shared(win.amount, shares):
            self._add(found, "deals-won", member, end, 1)
            self._add(found, metric, member, end, amount)


def _in_order(story: Iterable[Envelope]) -> list[Envelope]:
    """A deal's events by sequence; one without follows the highest that stood on the log before it."""
    highest = -1
    placed = []
    for envelope in story:
        place = highest if envelope.sequence is None else envelope.sequence
        highest = max(highest, place)
        placed.append((place, envelope))
    # Of equal places the first on the log stays the first.
    return [envelope for _, envelope in sorted(placed, key=lambda one: one[0])]


def _walk(story: list[Envelope]) -> "_Path":
    """Follow a deal from its first event to its last."""
    path = _Path()
    for envelope in story:
        path.see(envelope)
    for envelope in _in_order(story):
        path.step(envelope)
    return path


@dataclass
class _Path:
    """Where a deal has been, and where it is."""

    pipeline: str | None = None
    entered: set[str] = field(default_factory=set)
    stage: str | None = None
    amount: int = 0
    end: Envelope | None = None

    def see(self, envelope: Envelope) -> None:
        data = envelope.data
        self.pipeline = self.pipeline or getattr(data, "pipeline", None)
        for name in ("stage", "from_stage", "to_stage"):
            stage = getattr(data, name, None)
            if stage is not None:
                self.entered.add(stage)

    def step(self, envelope: Envelope) -> None:
        match envelope.data:
            case DealReopened() as again:
                self.stage, self.amount, self.end = again.stage, again.amount, None
            case _ if self.end is not None:
                # A decision holds until the deal is reopened.
                pass
            case DealWon() | DealLost():
                self.stage, self.amount, self.end = envelope.data.stage, envelope.data.amount, envelope
            case StageChanged() as move:
                self.stage, self.amount = move.to_stage, move.amount
            case DealOpened() | DealRevised() | DealOwnerChanged():
                self.stage, self.amount = envelope.data.stage, envelope.data.amount
            case _:
                pass


def _opened(story: Iterable[Envelope]) -> datetime | None:
    return min((one.time for one in story if isinstance(one.data, ComplaintOpened)), default=None)


def _first_reply(story: Iterable[Envelope]) -> Envelope | None:
    replies = [one for one in story if isinstance(one.data, ComplaintReplied)]
    return min(replies, key=lambda one: (one.time, one.id), default=None)


def _put_away(story: Iterable[Envelope]) -> bool:
    """Whether nobody waits for a reply any more, though none was given."""
    ends = (ComplaintResolved, ComplaintClosed, ComplaintMerged)
    last = None
    for envelope in sorted(story, key=lambda one: one.time):
        if isinstance(envelope.data, (*ends, ComplaintReopened)):
            last = envelope.data
    return isinstance(last, ends)


def _shared(amount: int, shares: list[tuple[str, float]]) -> list[tuple[str, int]]:
    """Minor units by share, so that they add up.

    Each gets the whole units of his part; the units left over go to the
    largest fractions, of equal ones to the larger share, then in the order given.
    """
    whole = sum(Fraction(share) for _, share in shares)
    quotas = [amount * Fraction(share) / whole for _, share in shares]
    units = [floor(quota) for quota in quotas]
    by_claim = sorted(range(len(units)), key=lambda i: (units[i] - quotas[i], -shares[i][1], i))
    for place in by_claim[: amount - sum(units)]:
        units[place] += 1
    return [(member, unit) for (member, _), unit in zip(shares, units, strict=True)]
