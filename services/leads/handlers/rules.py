"""What can be done with the assignment rules."""

from datetime import datetime
from typing import Final, Literal

from backbone.outbox import Saved
from backbone.problems import Conflict, Refused
from backbone.rows import find
from backbone.web import Asks
from services.leads.desk import Desk
from services.leads.domain.assignment import Rule, RuleSet, check_rules, seats_of
from services.leads.domain.replay import Replay, Replayed
from services.leads.domain.rule_book import RuleBook, id_of
from services.leads.handlers.assignment import people_of, team_of

MOST_REPLAYED: Final = 20_000


async def lay_down_rules(desk: Desk, asks: Asks, version: int, rules: tuple[Rule, ...]) -> Saved[RuleBook]:
    """Put a new version of the rules in force; the versions before stay as they are.

    Args:
        desk: where they are kept.
        asks: who lays them down.
        version: the one in force, as the caller has seen it; 0 = there is none yet.
        rules: in the order of their priority.

    Raises:
        Conflict: another version is in force by now.
        Refused: the rules cannot be followed, or name a member or a team nobody knows.
    """
    check_rules(rules)
    for place, rule in enumerate(rules):
        for seat_place, seat in enumerate(rule.people):
            await desk.members.known(seat.member_id, field=f"/rules/{place}/people/{seat_place}/member_id")
    book = RuleBook(rules_version=version + 1, rules=rules, made_at=desk.now(), made_by=asks.by.actor)
    books = desk.store.rule_books
    if version and await find(books, id_of(version)) is None:
        raise Conflict("set of rules", "in force", desk.rules.rules_version)
    try:
        saved = await books.create(id_of(book.rules_version), book, [], at=book.made_at, by=asks.by)
    except Conflict as faster:
        await desk.store.at_hand.refresh()
        raise Conflict("set of rules", "in force", desk.rules.rules_version) from faster
    await desk.store.at_hand.refresh()
    return saved


async def dry_run(
    desk: Desk, rules: tuple[Rule, ...], first: datetime, end: datetime, which: Literal["decided", "all"]
) -> list[Replayed]:
    """Who would have got which of the leads that came in from `first` on and before `end`; nothing is written.

    Args:
        desk: where the leads are.
        rules: the set to try.
        first: the beginning of the span.
        end: its end, not part of it.
        which: leads the rules had to find an owner for, or all.

    Raises:
        Refused: the rules cannot be followed, or there are too many leads in the span.
    """
    check_rules(rules)
    found = await desk.store.created_between(first, end, MOST_REPLAYED + 1)
    if len(found) > MOST_REPLAYED:
        raise Refused("too-many", f"More than {MOST_REPLAYED} leads came in then; take a shorter span.", field="/from")
    teams = {rule.team_id: await team_of(desk, rule) for rule in rules if rule.team_id is not None}
    members = {seat.member_id for rule in rules for seat in seats_of(rule, teams.get(rule.team_id or "", ()))}
    people = await people_of(desk, sorted(members), count=False)
    replay = Replay(RuleSet(desk.rules.rules_version + 1, rules), people, teams)
    return replay.run(saved.state for saved in found if which == "all" or saved.state.decision is not None)
