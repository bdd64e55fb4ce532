"""What a run has written and not sent: the mark never passes what is not out, and nothing goes out twice."""

from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from backbone.outgoing import DOUBT_SECONDS, Outgoing, Ready
from backbone.parcels import Leaves, Left, read_stamp, stamp_of

TEAMS: Any = object()
MOST: Final = 3


def ready(number: int) -> Ready:
    return Ready(number, TEAMS, f"object-{number}", Leaves())


def test_a_write_under_way_holds_the_mark_back_although_later_ones_are_out() -> None:
    outgoing = Outgoing()
    first, second = outgoing.begin(TEAMS), outgoing.begin(TEAMS)
    outgoing.written(ready(second))
    outgoing.sent(outgoing.at_hand(MOST))

    assert (outgoing.mark, outgoing.is_out(second), outgoing.is_out(first)) == (0, True, False)
    outgoing.refused(first)
    assert (outgoing.mark, len(outgoing)) == (2, 0)


def test_a_write_nobody_knows_the_end_of_is_looked_for_until_it_is_found() -> None:
    outgoing = Outgoing()
    number = outgoing.begin(TEAMS)
    outgoing.doubt(number, now=100.0)

    outgoing.looked([number], [], now=101.0)
    assert outgoing.on_disk(MOST) == [(number, TEAMS)]
    outgoing.looked([number], [ready(number)], now=102.0)
    assert outgoing.at_hand(MOST) == [ready(number)]
    assert outgoing.on_disk(MOST) == []


def test_a_write_that_never_shows_is_given_up_in_the_end() -> None:
    outgoing = Outgoing()
    number = outgoing.begin(TEAMS)
    outgoing.doubt(number, now=100.0)
    outgoing.looked([number], [], now=100.0 + DOUBT_SECONDS)
    assert (outgoing.mark, outgoing.on_disk(MOST)) == (number, [])


def test_beyond_what_memory_holds_writes_wait_on_disk() -> None:
    outgoing = Outgoing(most_at_hand=2)
    assert [outgoing.written(ready(outgoing.begin(TEAMS))) for _ in range(4)] == [True, True, False, False]
    outgoing.sent(outgoing.at_hand(MOST))
    assert outgoing.mark == 2
    assert [number for number, _ in outgoing.on_disk(MOST)] == [3, 4]
    outgoing.looked([3, 4], [ready(4), ready(3)], now=0.0)
    assert [one.number for one in outgoing.at_hand(MOST)] == [3, 4]


def test_what_comes_while_the_store_is_asked_is_asked_for_next() -> None:
    outgoing = Outgoing(most_at_hand=0)
    first = outgoing.begin(TEAMS)
    outgoing.written(ready(first))
    asked = [number for number, _ in outgoing.on_disk(MOST)]
    second = outgoing.begin(TEAMS)
    outgoing.written(ready(second))
    outgoing.looked(asked, [ready(first)], now=0.0)
    assert [number for number, _ in outgoing.on_disk(MOST)] == [second]
    assert outgoing.mark == 0


def test_what_a_later_write_took_over_does_not_go_out_twice() -> None:
    outgoing = Outgoing()
    earlier, later = outgoing.begin(TEAMS), outgoing.begin(TEAMS)
    assert outgoing.take_over(earlier)
    outgoing.written(ready(later))
    assert not outgoing.written(ready(earlier))  # the store's answer to the first comes after that to the second
    assert [one.number for one in outgoing.at_hand(MOST)] == [later]
    assert not outgoing.take_over(later)


class Writes(RuleBasedStateMachine):
    """Writes begin, are answered or not, are looked for and sent, in any order."""

    under_way: Bundle[int] = Bundle("under_way")
    doubtful: Bundle[int] = Bundle("doubtful")

    def __init__(self) -> None:
        super().__init__()
        self.outgoing = Outgoing(most_at_hand=2)
        self.stored: set[int] = set()
        self.out: list[int] = []
        self.covered: set[int] = set()
        self.asked: list[int] = []
        self.there: list[Ready] = []

    @rule(target=under_way)
    def begin(self) -> int:
        return self.outgoing.begin(TEAMS)

    @rule(number=under_way)
    def be_carried_on_by_a_later_write_before_its_answer_comes(self, number: int) -> None:
        self.stored.add(number)
        if self.outgoing.take_over(number):
            self.covered.add(number)

    @rule(number=consumes(under_way))
    def be_written(self, number: int) -> None:
        self.stored.add(number)
        self.outgoing.written(ready(number))

    @rule(number=consumes(under_way))
    def be_refused(self, number: int) -> None:
        if number not in self.stored:
            self.outgoing.refused(number)
        else:
            self.outgoing.written(ready(number))

    @rule(number=consumes(under_way), target=doubtful)
    def stay_unanswered(self, number: int) -> int:
        self.outgoing.doubt(number, now=0.0)
        return number

    @rule(number=doubtful)
    def land(self, number: int) -> None:
        self.stored.add(number)

    @rule()
    def ask_the_store(self) -> None:
        self.asked = [number for number, _ in self.outgoing.on_disk(MOST)]
        self.there = [ready(number) for number in self.asked if number in self.stored]

    @rule()
    def hear_from_the_store(self) -> None:
        self.outgoing.looked(self.asked, self.there, now=0.0)
        self.asked, self.there = [], []

    @rule()
    def send(self) -> None:
        some = self.outgoing.at_hand(MOST)
        self.outgoing.sent(some)
        self.out += [one.number for one in some]

    @invariant()
    def the_mark_passes_nothing_that_is_stored_and_not_out(self) -> None:
        waiting = self.stored - set(self.out) - self.covered
        assert all(number > self.outgoing.mark and not self.outgoing.is_out(number) for number in waiting)

    @invariant()
    def nothing_goes_out_twice(self) -> None:
        assert len(self.out) == len(set(self.out))


TestWrites = Writes.TestCase


@given(st.text("0123456789abcdef-", min_size=1), st.integers(0, 10**14), st.integers(0, 10**14))
def test_stamps_of_a_run_sort_as_their_numbers_do(run: str, one: int, other: int) -> None:
    assert (stamp_of(run, one) < stamp_of(run, other)) == (one < other)
    assert read_stamp(stamp_of(run, one)) == (run, one)


def test_parcels_give_back_what_was_packed_in_its_order() -> None:
    first = Leaves([{"id": "a", "topic": "t", "key": "k", "value": b"1"}], [{"v": 1, "did": ["made"]}])
    second = Leaves([{"id": "b", "topic": "t", "key": "k", "value": b"2"}], [{"v": 2, "did": ["changed"]}])
    left = Left("run|1", (first.packed(), second.packed()))

    again = Left.of({"_id": "x", **left.fields()})

    assert again == left
    assert Leaves.of(again.parcels) == first + second
    assert [record.value for record in Leaves.of(again.parcels).records()] == [b"1", b"2"]
    assert [row["_id"] for row in Leaves.of(again.parcels).entries("x")] == ["x|00000001", "x|00000002"]
