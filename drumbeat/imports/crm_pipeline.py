"""`crm-pipeline`: a CRM's export of opportunities, told as deals of pipeline `crm`.

The folder holds `sales_pipeline.csv`, `sales_teams.csv`, `accounts.csv` and `products.csv`
(the layout of Maven Analytics' "CRM Sales Opportunities").

- Agents are members, managers teams and the members who lead them, regional offices the teams
  above; the company itself is the top of the tree. Nobody knows when they joined: undated.
- Accounts are customers without an owner, undated too.
- An opportunity with an engage date opens in Prospecting on that day and moves to Engaging the
  same day, for the file knows no earlier one; Won and Lost end it on the close date with the
  close value. Until then it is worth its product's list price.
- An opportunity without an engage date opens in its stage, undated: it stands in the funnel from
  the import on and counts in no period.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from backbone.contract.customers import CustomerCreated
from backbone.contract.deals import DealLost, DealOpened, DealWon, Line, StageChanged
from backbone.contract.envelope import EventData
from drumbeat.imports.crm_people import Agent, read_teams
from drumbeat.imports.sheet import Row, read_table, slug
from drumbeat.imports.told import Fault, Reading, Teller, Terms, Told

TAG: Final = "crm-pipeline"
PIPELINE: Final = "crm"
FIRST_STAGE: Final = "Prospecting"
SECOND_STAGE: Final = "Engaging"
ENDINGS: Final[dict[str, type[DealWon] | type[DealLost]]] = {"Won": DealWon, "Lost": DealLost}
STAGES: Final = {name: name for name in (FIRST_STAGE, SECOND_STAGE, *ENDINGS)}
SPELT_OTHERWISE: Final = {"GTXPro": "GTX Pro"}
"""Products the opportunities spell in another way than the list of products."""

NOON: Final = time(12)
"""A date names a day, not a moment. Noon is furthest from both midnights, so neither a clock change nor a
reader one zone away puts it on another day."""

CLOCKS_MAY_DIFFER: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Product:
    """A product and its list price in minor units."""

    product_id: str
    price: int


@dataclass(frozen=True, slots=True)
class Deal:
    """An opportunity whose cells are good."""

    deal_id: str
    agent: Agent
    product: Product
    customer_id: str | None
    stage: str
    engaged_on: date | None
    closed_on: date | None
    value: int


def read(folder: Path, terms: Terms) -> Reading:
    """Check the four files and tell them as events.

    Raises:
        Trouble: a file is missing or is no such table.
    """
    teller = Teller(TAG)
    faults: list[Fault] = []
    people, agents = read_teams(folder / "sales_teams.csv", teller, faults)
    products = _products(folder / "products.csv", terms.currency, faults)
    accounts, customers = _accounts(folder / "accounts.csv", teller, faults)
    events = list(accounts)
    rows = 0
    seen: set[str] = set()
    for row in read_table(folder / "sales_pipeline.csv", COLUMNS, faults):
        rows += 1
        deal = _deal(row, agents, products, customers, terms)
        if deal.deal_id in seen:
            row.fault("opportunity_id", f"{deal.deal_id!r} stands on an earlier line too")
        seen.add(deal.deal_id)
        if row.good:
            events.extend(_told(deal, row.line, teller, terms))
    return Reading(rows, people, events, sorted(faults))


COLUMNS: Final = (
    "opportunity_id",
    "sales_agent",
    "product",
    "account",
    "deal_stage",
    "engage_date",
    "close_date",
    "close_value",
)


def _deal(
    row: Row, agents: dict[str, Agent], products: dict[str, Product], customers: dict[str, str], terms: Terms
) -> Deal:
    stage = row.known("deal_stage", STAGES, "stage") or ""
    engaged_on = _past(row, "engage_date", terms)
    closed_on = _past(row, "close_date", terms)
    value = row.money("close_value", terms.currency)
    if stage in ENDINGS:
        for column in ("engage_date", "close_date", "close_value"):
            row.needed(column)
    elif stage:
        for column in ("close_date", "close_value"):
            if row.text(column):
                row.fault(column, f"an opportunity in {stage} is not closed: leave it empty")
    if engaged_on is not None and closed_on is not None and closed_on < engaged_on:
        row.fault("close_date", "lies before engage_date")
    return Deal(
        deal_id=f"crm:{row.id('opportunity_id')}",
        agent=row.known("sales_agent", agents, "agent of sales_teams.csv") or Agent("", "", ""),
        product=row.known("product", products, "product of products.csv") or Product("", 0),
        customer_id=row.known("account", customers, "account of accounts.csv") if row.text("account") else None,
        stage=stage,
        engaged_on=engaged_on,
        closed_on=closed_on,
        value=value or 0,
    )


def _past(row: Row, column: str, terms: Terms) -> date | None:
    day = row.day(column)
    if day is not None and _noon(day, terms) > terms.now + CLOCKS_MAY_DIFFER:
        row.fault(column, f"{day} lies in the future (a day counts from its noon on)")
        return None
    return day


def _noon(day: date, terms: Terms) -> datetime:
    return datetime.combine(day, NOON, ZoneInfo(terms.time_zone))


def _told(deal: Deal, line: int, teller: Teller, terms: Terms) -> Iterator[Told]:
    for sequence, (data, day) in enumerate(_history(deal, terms.currency), start=1):
        yield teller.tell(
            data,
            line=line,
            id_from=f"{deal.deal_id}|{sequence}|{data.type}",
            at=None if day is None else _noon(day, terms),
            # The file names days, so the id follows the day alone: under another time zone
            # the same file is refused as reused ids, not counted a second time.
            id_at=None if day is None else datetime.combine(day, NOON, UTC),
            sequence=sequence,
        )


def _history(deal: Deal, currency: str) -> Iterator[tuple[EventData, date | None]]:
    owner = deal.agent.member_id
    team = deal.agent.team_id
    price = deal.product.price
    dated = deal.engaged_on is not None
    yield (
        DealOpened(
            owner_id=owner,
            team_id=team,
            deal_id=deal.deal_id,
            customer_id=deal.customer_id,
            pipeline=PIPELINE,
            stage=FIRST_STAGE if dated else deal.stage,
            amount=price,
            currency=currency,
            product_ids=(deal.product.product_id,),
        ),
        deal.engaged_on,
    )
    if not dated or deal.stage == FIRST_STAGE:
        return
    yield (
        StageChanged(
            owner_id=owner,
            team_id=team,
            deal_id=deal.deal_id,
            customer_id=deal.customer_id,
            pipeline=PIPELINE,
            from_stage=FIRST_STAGE,
            to_stage=SECOND_STAGE,
            amount=price,
            currency=currency,
        ),
        deal.engaged_on,
    )
    if deal.stage not in ENDINGS:
        return
    yield (
        ENDINGS[deal.stage](
            owner_id=owner,
            team_id=team,
            deal_id=deal.deal_id,
            customer_id=deal.customer_id,
            pipeline=PIPELINE,
            stage=SECOND_STAGE,
            amount=deal.value,
            currency=currency,
            lines=(Line(product_id=deal.product.product_id, quantity=1, amount=deal.value),),
        ),
        deal.closed_on,
    )


def _products(path: Path, currency: str, faults: list[Fault]) -> dict[str, Product]:
    products: dict[str, Product] = {}
    for row in read_table(path, ("product", "sales_price"), faults):
        name = row.name("product")
        row.needed("sales_price")
        price = row.money("sales_price", currency)
        if name in products:
            row.fault("product", f"{name[:40]!r} stands on an earlier line too")
        if row.good and price is not None:
            products[name] = Product(f"crm:{slug(name)}", price)
    return products | {alias: products[name] for alias, name in SPELT_OTHERWISE.items() if name in products}


def _accounts(path: Path, teller: Teller, faults: list[Fault]) -> tuple[list[Told], dict[str, str]]:
    rows = list(read_table(path, ("account", "sector", "office_location", "subsidiary_of"), faults))
    customers: dict[str, str] = {}
    taken: set[str] = set()
    for row in rows:
        name = row.name("account")
        customer_id = f"crm:{slug(name)}"
        if customer_id in taken:
            row.fault("account", f"{name[:40]!r} stands on an earlier line too, or is spelt much like another")
        taken.add(customer_id)
        if row.good:
            customers[name] = customer_id
    events = []
    for row in rows:
        above = row.known("subsidiary_of", customers, "account") if row.text("subsidiary_of") else None
        if not row.good:
            continue
        created = CustomerCreated(
            owner_id=None,
            customer_id=customers[row.text("account")],
            parent_customer_id=above,
            channel="import",
            industry=slug(row.text("sector"))[:64] or None,
            territory=slug(row.text("office_location"))[:64] or None,
        )
        events.append(teller.tell(created, line=row.line, id_from=f"{created.customer_id}|{created.type}", at=None))
    return events, customers
