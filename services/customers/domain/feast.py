"""Birthdays of contacts and anniversaries of customers in the days to come; pure."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from services.customers.domain.customer import Customer
from services.customers.domain.finding import day_key

Kind = Literal["birthday", "founding"]


@dataclass(frozen=True, slots=True)
class Feast:
    """One day to remember: `years` is how old the person or the firm becomes."""

    on: date
    kind: Kind
    customer_id: str
    customer_name: str
    contact_id: str | None
    contact_name: str | None
    years: int


def keys_between(first: date, days: int) -> list[str]:
    """The keys (see `finding.day_key`) of the days from `first` on."""
    return sorted({day_key(first + timedelta(days=ahead)) for ahead in range(days)})


def feasts_of(customer: Customer, first: date, days: int) -> list[Feast]:
    """The feasts of a customer and its people within some days, the first day counted.

    Whoever was born on 29 February has his day on the 28th in a common year.
    """
    named = (customer.customer_id, customer.name)
    found: list[Feast] = []
    if customer.founded_on and (on := _next(customer.founded_on, first)) < first + timedelta(days=days):
        found.append(Feast(on, "founding", *named, None, None, on.year - customer.founded_on.year))
    for contact in customer.contacts:
        if contact.birthday and (on := _next(contact.birthday, first)) < first + timedelta(days=days):
            years = on.year - contact.birthday.year
            found.append(Feast(on, "birthday", *named, contact.contact_id, contact.name, years))
    return [feast for feast in found if feast.years > 0]


def _next(day: date, first: date) -> date:
    """The next time a day comes round, from `first` on."""
    this = _in_year(day, first.year)
    return this if this >= first else _in_year(day, first.year + 1)


def _in_year(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 2, 28)
