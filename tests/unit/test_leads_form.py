import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.problems import Refused
from services.leads.domain.form import Bounds, Form, check_form, may_send, new_token

FORM = Form(form_id="f", token="t", name="Home", per_minute=10, per_minute_each=3)


@pytest.mark.parametrize(
    "told", [{"origins": ("https://a.cn/path",)}, {"origins": ("a.cn",)}, {"thanks_url": "javascript:alert(1)"}]
)
def test_a_form_with_an_address_that_is_none_is_refused(told: dict[str, object]) -> None:
    with pytest.raises(Refused):
        check_form(Form(form_id="f", token="t", name="Home", **told))  # type: ignore[arg-type]


def test_scripts_of_other_pages_are_kept_out_once_a_form_names_its_own() -> None:
    named = Form(form_id="f", token="t", name="Home", origins=("https://a.cn",))

    assert [may_send(named, origin) for origin in ("https://a.cn", "https://b.cn", None)] == [True, False, True]
    assert may_send(FORM, "https://b.cn")


def test_tokens_differ() -> None:
    assert len({new_token() for _ in range(100)}) == 100


def test_an_address_waits_while_others_go_on_and_goes_on_later() -> None:
    bounds = Bounds()
    took = [bounds.take(FORM, "1.1.1.1", 0) for _ in range(4)]

    assert took == [None, None, None, 20]
    assert bounds.take(FORM, "2.2.2.2", 0) is None
    assert bounds.take(FORM, "1.1.1.1", 20) is None


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 9)), max_size=200))
def test_no_more_than_its_bound_and_one_minute_s_worth_come_through(steps: list[tuple[float, int]]) -> None:
    bounds, now, came = Bounds(), 0.0, 0
    for wait, address in steps:
        now += wait
        came += bounds.take(FORM, str(address), now) is None

    assert came <= FORM.per_minute * (1 + now / 60) + 1e-6
