from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backbone.contract.customers import (
    ContactAdded,
    ContactRemoved,
    CustomerCreated,
    CustomerGraded,
    CustomerOwnerChanged,
)
from backbone.problems import Refused
from services.customers.domain import customer as customers
from services.customers.domain.customer import MOST_CONTACTS, Contact, Customer, Decided

CREATED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = CREATED + timedelta(days=1)
NOW = CREATED + timedelta(days=7)
CUSTOMER = Customer(
    customer_id="customer-1",
    name="Hefei Pumps",
    owner_id="li",
    team_id="north",
    grade="B",
    created_at=CREATED,
    graded_since=CREATED,
    owned_since=CREATED,
    recorded_at=CREATED,
)
WHOSE: dict[str, Any] = {"customer_id": "customer-1", "owner_id": "li", "team_id": "north"}
ANN = Contact(contact_id="contact-1", name="Ann Zhao", role="buyer", phone="+86 21 5555 0000", mail="ann@example.com")

CHANGES: dict[str, Callable[[Customer, datetime, datetime], Decided]] = {
    "grade": lambda was, at, now: customers.grade(was, at, now, to_grade="A"),
    "change owner": lambda was, at, now: customers.change_owner(was, at, now, owner_id="wang", team_id="south"),
}


def test_a_new_customer_is_told_without_its_name() -> None:
    customer = replace(
        CUSTOMER, channel="fair", territory="east", industry="machines", lead_id="lead-1", parent_customer_id="group"
    )

    assert customers.create_customer(customer, NOW) == (
        customer,
        [
            CustomerCreated(
                **WHOSE,
                grade="B",
                channel="fair",
                territory="east",
                industry="machines",
                lead_id="lead-1",
                parent_customer_id="group",
            )
        ],
    )


def test_nobody_becomes_a_customer_in_the_future() -> None:
    with pytest.raises(Refused) as refused:
        customers.create_customer(replace(CUSTOMER, created_at=NOW + timedelta(minutes=6)), NOW)

    assert (refused.value.code, refused.value.field) == ("future-time", "/created_at")


def test_a_grading_tells_the_grade_before() -> None:
    graded, events = customers.grade(CUSTOMER, LATER, NOW, to_grade="A", reason="turnover")

    assert graded == replace(CUSTOMER, grade="A", graded_since=LATER)
    assert events == [CustomerGraded(**WHOSE, from_grade="B", to_grade="A", reason="turnover")]


def test_a_customer_is_not_given_the_grade_it_has() -> None:
    with pytest.raises(Refused) as refused:
        customers.grade(CUSTOMER, LATER, NOW, to_grade="B")

    assert refused.value.code == "graded-before"


def test_a_change_of_owner_tells_who_had_it_before() -> None:
    changed, events = customers.change_owner(CUSTOMER, LATER, NOW, owner_id="wang", team_id="south", reason="moved")

    assert changed == replace(CUSTOMER, owner_id="wang", team_id="south", owned_since=LATER)
    assert events == [
        CustomerOwnerChanged(
            customer_id="customer-1",
            owner_id="wang",
            team_id="south",
            from_owner_id="li",
            from_team_id="north",
            reason="moved",
        )
    ]


def test_a_customer_is_not_given_to_the_member_who_has_it() -> None:
    with pytest.raises(Refused) as refused:
        customers.change_owner(CUSTOMER, LATER, NOW, owner_id="li", team_id="north")

    assert refused.value.code == "owned-before"


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize(
    ("at", "code"),
    [
        pytest.param(CREATED - timedelta(seconds=1), "too-early", id="before the one before it"),
        pytest.param(NOW + timedelta(minutes=6), "future-time", id="in the future"),
    ],
)
def test_a_change_lies_between_the_one_before_it_and_now(
    change: Callable[[Customer, datetime, datetime], Decided], at: datetime, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        change(CUSTOMER, at, NOW)

    assert refused.value.code == code


def test_a_new_contact_is_told_without_a_word_of_the_person() -> None:
    customer, events = customers.add_contact(CUSTOMER, LATER, NOW, contact=ANN)

    assert customer == replace(CUSTOMER, contacts=(ANN,))
    assert events == [ContactAdded(**WHOSE, contact_id="contact-1", role="buyer")]


def test_nothing_stays_of_a_removed_contact() -> None:
    customer = replace(CUSTOMER, contacts=(ANN, replace(ANN, contact_id="contact-2")))

    removed, events = customers.remove_contact(customer, LATER, NOW, contact_id="contact-1", reason="left")

    assert removed == replace(CUSTOMER, contacts=(replace(ANN, contact_id="contact-2"),))
    assert events == [ContactRemoved(**WHOSE, contact_id="contact-1", reason="left")]


def test_only_a_contact_that_is_there_is_removed() -> None:
    with pytest.raises(Refused, match="no contact 'contact-9'"):
        customers.remove_contact(CUSTOMER, LATER, NOW, contact_id="contact-9")


def test_a_customer_has_a_bounded_number_of_contacts() -> None:
    full = replace(CUSTOMER, contacts=tuple(replace(ANN, contact_id=f"contact-{n}") for n in range(MOST_CONTACTS)))

    with pytest.raises(Refused) as refused:
        customers.add_contact(full, LATER, NOW, contact=ANN)

    assert refused.value.code == "too-many-contacts"
