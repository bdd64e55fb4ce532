"""Who sells, in `crm-pipeline`: agents, the managers they report to, the regional offices above."""

from dataclasses import dataclass
from pathlib import Path

from backbone.contract.directory import MemberJoined, TeamChanged
from backbone.contract.envelope import EventData
from drumbeat.imports.sheet import Row, read_table, slug
from drumbeat.imports.told import Fault, Teller, Told


@dataclass(frozen=True, slots=True)
class Agent:
    """A member who sells, in the team of his manager."""

    member_id: str
    name: str
    team_id: str


def read_teams(path: Path, teller: Teller, faults: list[Fault]) -> tuple[list[Told], dict[str, Agent]]:
    """The tree of teams and its members as events, teams from the top down, and the agents by name.

    Raises:
        Trouble: the file is missing or is no such table.
    """
    agents: dict[str, Agent] = {}
    lines: dict[str, int] = {}
    offices: dict[str, str] = {}
    taken: dict[str, str] = {}
    for row in read_table(path, ("sales_agent", "manager", "regional_office"), faults):
        agent, manager, office = (row.name(column) for column in ("sales_agent", "manager", "regional_office"))
        _spelt_once(row, taken, (("sales_agent", agent), ("manager", manager), ("regional_office", office)))
        if agent in agents:
            row.fault("sales_agent", f"{agent[:40]!r} stands on an earlier line too")
        if offices.get(manager, office) != office:
            row.fault("regional_office", f"{manager[:40]!r} stands under {offices[manager][:40]!r} on an earlier line")
        if row.good:
            agents[agent] = Agent(_member(agent), agent, _team(manager))
            offices[manager] = office
            for name in (agent, manager, office):
                lines.setdefault(name, row.line)
    return [_told(teller, data, lines[name]) for name, data in _tree(agents, offices)], agents


def _spelt_once(row: Row, taken: dict[str, str], names: tuple[tuple[str, str], ...]) -> None:
    for column, name in names:
        if name and taken.setdefault(slug(name), name) != name:
            row.fault(column, f"{name[:40]!r} is spelt much like {taken[slug(name)][:40]!r}: they would be one")


def _tree(agents: dict[str, Agent], offices: dict[str, str]) -> list[tuple[str, EventData]]:
    top = [
        (office, TeamChanged(team_id=_office(office), name=office, parent_id=None))
        for office in dict.fromkeys(offices.values())
    ]
    teams = [
        (
            manager,
            TeamChanged(team_id=_team(manager), name=manager, parent_id=_office(office), lead_id=_member(manager)),
        )
        for manager, office in offices.items()
    ]
    leads = [
        (manager, MemberJoined(member_id=_member(manager), name=manager, role="manager", team_id=_team(manager)))
        for manager in offices
        if manager not in agents
    ]
    sellers = [
        (name, MemberJoined(member_id=agent.member_id, name=name, role="rep", team_id=agent.team_id))
        for name, agent in agents.items()
    ]
    return [*top, *teams, *leads, *sellers]


def _told(teller: Teller, data: EventData, line: int) -> Told:
    # Nobody says when they joined or when the teams were made: undated.
    return teller.tell(data, line=line, id_from=f"{data.subject_id()}|{data.type}", at=None)


def _member(name: str) -> str:
    return f"crm:{slug(name)}"


def _team(manager: str) -> str:
    return f"crm:team-{slug(manager)}"


def _office(office: str) -> str:
    return f"crm:office-{slug(office)}"
