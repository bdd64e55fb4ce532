from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backbone.contract.customers import (
    ContactAdded,
    ContactRemoved,
    ContactRevised,
    CustomerCreated,
    CustomerGraded,
    CustomerOwnerChanged,
    CustomerParentChanged,
    CustomerRevised,
    CustomerShared,
    CustomerTagged,
)
from backbone.problems import Refused
from services.customers.domain import contacts, grading, ownership
from services.customers.domain import customer as customers
from services.customers.domain.contact import MOST_CONTACTS, Contact
from services.customers.domain.customer import MOST_GENERATIONS, MOST_TAGS, Customer, Decided, Ownership
from services.customers.domain.place import Interval, Place, is_open, weekly_hours

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
    "grade": lambda was, at, now: grading.grade(was, at, now, to_grade="A"),
    "change owner": lambda was, at, now: ownership.change_owner(was, at, now, owner_id="wang", team_id="south"),
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
    graded, events = grading.grade(CUSTOMER, LATER, NOW, to_grade="A", reason="turnover")

    assert graded == replace(CUSTOMER, grade="A", graded_by="hand", grade_reason="turnover", graded_since=LATER)
    assert events == [CustomerGraded(**WHOSE, from_grade="B", to_grade="A", reason="turnover", graded_by="hand")]


def test_a_customer_is_not_given_the_grade_it_has() -> None:
    with pytest.raises(Refused) as refused:
        grading.grade(CUSTOMER, LATER, NOW, to_grade="B")

    assert refused.value.code == "graded-before"


def test_a_change_of_owner_tells_who_had_it_before() -> None:
    changed, events = ownership.change_owner(CUSTOMER, LATER, NOW, owner_id="wang", team_id="south", reason="moved")

    past = Ownership(owner_id="li", team_id="north", from_at=CREATED, to_at=LATER, reason="moved")
    assert changed == replace(CUSTOMER, owner_id="wang", team_id="south", owned_since=LATER, owned_before=(past,))
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
        ownership.change_owner(CUSTOMER, LATER, NOW, owner_id="li", team_id="north")

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
    customer, events = contacts.add_contact(CUSTOMER, LATER, NOW, contact=ANN)

    assert customer == replace(CUSTOMER, contacts=(replace(ANN, primary=True),))
    assert events == [ContactAdded(**WHOSE, contact_id="contact-1", role="buyer")]


def test_nothing_stays_of_a_removed_contact() -> None:
    customer = replace(CUSTOMER, contacts=(ANN, replace(ANN, contact_id="contact-2")))

    removed, events = contacts.remove_contact(customer, LATER, NOW, contact_id="contact-1", reason="left")

    assert removed == replace(CUSTOMER, contacts=(replace(ANN, contact_id="contact-2"),))
    assert events == [ContactRemoved(**WHOSE, contact_id="contact-1", reason="left")]


def test_only_a_contact_that_is_there_is_removed() -> None:
    with pytest.raises(Refused, match="no contact 'contact-9'"):
        contacts.remove_contact(CUSTOMER, LATER, NOW, contact_id="contact-9")


def test_a_customer_has_a_bounded_number_of_contacts() -> None:
    full = replace(CUSTOMER, contacts=tuple(replace(ANN, contact_id=f"contact-{n}") for n in range(MOST_CONTACTS)))

    with pytest.raises(Refused) as refused:
        contacts.add_contact(full, LATER, NOW, contact=ANN)

    assert refused.value.code == "too-many-contacts"


def test_one_contact_at_most_is_the_primary_one() -> None:
    first, _ = contacts.add_contact(CUSTOMER, LATER, NOW, contact=ANN)
    second, _ = contacts.add_contact(first, LATER, NOW, contact=replace(ANN, contact_id="contact-2"))
    named, events = contacts.revise_contact(
        second, LATER, NOW, contact_id="contact-2", values={"primary": True, "role": "decider"}
    )

    assert [contact.primary for contact in second.contacts] == [True, False]
    assert [contact.primary for contact in named.contacts] == [False, True]
    assert events == [ContactRevised(**WHOSE, contact_id="contact-2", changed=("primary", "role"), role="decider")]


def test_a_corrected_contact_is_told_by_the_names_of_its_fields_only() -> None:
    customer = replace(CUSTOMER, contacts=(ANN,))

    revised, events = contacts.revise_contact(
        customer, LATER, NOW, contact_id="contact-1", values={"phone": None, "name": "Ann Li"}
    )

    assert revised.contacts == (replace(ANN, phone=None, name="Ann Li"),)
    assert events == [ContactRevised(**WHOSE, contact_id="contact-1", changed=("name", "phone"), role="buyer")]


@pytest.mark.parametrize(
    ("values", "code"), [({"name": None}, "no-name"), ({"role": "buyer"}, "nothing-new"), ({}, "nothing-new")]
)
def test_a_contact_keeps_a_name_and_a_correction_brings_something_new(values: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        contacts.revise_contact(replace(CUSTOMER, contacts=(ANN,)), LATER, NOW, contact_id="contact-1", values=values)

    assert refused.value.code == code


def test_a_correction_tells_codes_before_and_after_and_of_the_rest_the_names() -> None:
    revised, events = customers.revise(
        replace(CUSTOMER, territory="east"),
        LATER,
        NOW,
        values={"territory": "south", "phone": "021 5555 0000", "name": "Hefei Pumps"},
        reason="moved",
    )

    assert (revised.territory, revised.phone) == ("south", "021 5555 0000")
    assert events == [
        CustomerRevised(
            **WHOSE, changed=("phone", "territory"), from_territory="east", territory="south", reason="moved"
        )
    ]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"name": None}, "no-name"),
        ({"name": "Hefei Pumps"}, "nothing-new"),
        ({"owner_id": "wang"}, "not-revisable"),
        ({"place": Place(lat=31.8)}, "half-a-place"),
        ({"opening_hours": (Interval(weekday=1, opens="12:00", closes="09:00"),)}, "closes-first"),
    ],
)
def test_a_correction_that_makes_no_sense_is_refused(values: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        customers.revise(CUSTOMER, LATER, NOW, values=values)

    assert refused.value.code == code


def test_opening_hours_are_kept_in_order_and_do_not_overlap() -> None:
    morning, evening = (
        Interval(weekday=1, opens="09:00", closes="12:00"),
        Interval(weekday=1, opens="13:30", closes="24:00"),
    )

    assert weekly_hours([evening, morning]) == (morning, evening)
    with pytest.raises(Refused, match="overlap"):
        weekly_hours([morning, Interval(weekday=1, opens="11:59", closes="13:00")])


def test_a_customer_is_open_within_its_intervals_and_always_when_nobody_knows_them() -> None:
    hours = weekly_hours([Interval(weekday=1, opens="09:00", closes="12:00")])

    assert [is_open(hours, 1, minute) for minute in (539, 540, 719, 720)] == [False, True, True, False]
    assert [is_open(hours, 2, 600), is_open((), 7, 0)] == [False, True]


def test_tags_are_put_on_and_taken_off_and_told() -> None:
    tagged, events = customers.tag(
        replace(CUSTOMER, tags=("fair", "prospect")), LATER, NOW, add=["key-account", "fair"], remove=["prospect", "x"]
    )

    assert tagged.tags == ("fair", "key-account")
    assert events == [CustomerTagged(**WHOSE, added=("key-account",), removed=("prospect",))]


def test_a_customer_has_a_bounded_number_of_tags() -> None:
    with pytest.raises(Refused) as refused:
        customers.tag(CUSTOMER, LATER, NOW, add=[f"tag-{n}" for n in range(MOST_TAGS + 1)])

    assert refused.value.code == "too-many-tags"


def test_a_customer_is_placed_below_another_one() -> None:
    placed, events = customers.place_in_group(
        CUSTOMER, LATER, NOW, parent_customer_id="group", ancestors=["group"], reason="acquired"
    )

    assert placed == replace(CUSTOMER, parent_customer_id="group")
    assert events == [CustomerParentChanged(**WHOSE, parent_customer_id="group", reason="acquired")]


@pytest.mark.parametrize(
    ("ancestors", "code"),
    [
        (["below", "customer-1"], "cycle"),
        (["customer-1"], "cycle"),
        ([f"c-{n}" for n in range(MOST_GENERATIONS + 1)], "too-deep"),
    ],
)
def test_nobody_stands_above_himself_and_no_group_is_bottomless(ancestors: list[str], code: str) -> None:
    with pytest.raises(Refused) as refused:
        customers.place_in_group(CUSTOMER, LATER, NOW, parent_customer_id=ancestors[0], ancestors=ancestors)

    assert refused.value.code == code


def test_co_owners_and_work_groups_are_told_and_each_is_a_group_of_one() -> None:
    shared, events = ownership.share(CUSTOMER, LATER, NOW, co_owner_ids=["mei"], group_ids=["key-accounts"])
    given, _ = ownership.change_owner(shared, LATER, NOW, owner_id="mei", team_id="north")

    assert (shared.co_owner_ids, shared.group_ids) == (("mei",), ("key-accounts", "mei"))
    assert ownership.groups_of(shared) == ("key-accounts",)
    assert events == [CustomerShared(**WHOSE, co_owner_ids=("mei",), group_ids=("key-accounts",))]
    assert (given.co_owner_ids, given.group_ids) == ((), ("key-accounts",))


def test_the_owner_needs_no_share() -> None:
    with pytest.raises(Refused) as refused:
        ownership.share(CUSTOMER, LATER, NOW, co_owner_ids=["li"])

    assert refused.value.code == "owner-twice"


def test_a_grade_by_hand_holds_against_the_rules_until_its_day() -> None:
    day = NOW.date()
    held, _ = grading.grade(CUSTOMER, LATER, NOW, to_grade="A", holds_until_on=day)

    assert [grading.holds_by_hand(held, on) for on in (day, day + timedelta(days=1))] == [True, False]
    assert not grading.holds_by_hand(CUSTOMER, day)


def test_a_rule_that_says_the_same_grade_changes_nothing() -> None:
    assert grading.grade_by_rule(CUSTOMER, NOW, to_grade="B", rule="big") is None


def test_a_grade_by_rule_names_the_rule() -> None:
    decided = grading.grade_by_rule(CUSTOMER, NOW, to_grade="A", rule="big")

    assert decided is not None
    assert decided[1] == [CustomerGraded(**WHOSE, from_grade="B", to_grade="A", reason="big", graded_by="rule")]


def test_a_merged_customer_stands_still() -> None:
    rule = customers.standing(lambda was, at, now: customers.tag(was, at, now, add=["x"]))

    with pytest.raises(Refused) as refused:
        rule(replace(CUSTOMER, merged_into="customer-2"), LATER, NOW)

    assert refused.value.code == "merged"
