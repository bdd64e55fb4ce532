import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.matching import (
    OTHER_TAX_ID_MOST,
    Marks,
    check_character,
    compare,
    core_name,
    grams,
    keys_of,
    likeness,
    mail_domain,
    marks_of,
    plain,
    plain_mail,
    plain_name,
    plain_phone,
    plain_tax_id,
)

NAMES = st.text(st.sampled_from("华信机械上海有限公司集团股份（）ABcd. é"), max_size=20)
MARKS = st.builds(
    marks_of,
    name=NAMES,
    phones=st.lists(st.from_regex(r"\+?[0-9 -]{0,14}", fullmatch=True), max_size=2),
    mails=st.lists(st.sampled_from(["ann@huaxin.cn", "Bob@Huaxin.cn", "ann@qq.com"]), max_size=2),
    tax_id=st.sampled_from([None, "91350100M000100Y43", "91350100m000100y43", "123456X"]),
)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("华信机械有限公司", "华信机械"),
        ("华信（集团）股份有限公司", "华信"),
        ("华信集团", "华信"),
        ("华信機械有限責任公司", "华信機械"),
        ("ＡＣＭＥ　Pumps Co., Ltd.", "acmepumps"),
        ("ACME Pumps G.m.b.H.", "acmepumps"),
        ("A.B.C. Trading, L.L.C.", "abctrading"),
        ("Zhōngguó Lǜ S.A.", "zhongguolu"),
        ("集团公司", "集团"),
        ("Limited", "limited"),
        ("…", ""),
    ],
)
def test_a_name_is_compared_without_its_legal_form_width_case_and_accents(written: str, name: str) -> None:
    assert plain_name(written) == name


def test_a_branch_is_not_its_head_office() -> None:
    assert plain_name("华信机械有限公司北京分公司") != plain_name("华信机械有限公司")


@pytest.mark.parametrize(
    ("name", "core"),
    [
        ("上海华信机械", "华信机械"),
        ("江苏省华信", "华信"),
        ("大众中国", "大众"),
        ("上海市", "上海市"),
        ("acme", "acme"),
    ],
)
def test_a_core_name_leaves_the_region_out_unless_nothing_else_is_there(name: str, core: str) -> None:
    assert core_name(name) == core


@pytest.mark.parametrize(
    ("written", "phone"),
    [
        ("021-5555 0000 转 12", "862155550000"),
        ("(021) 55550000 ext. 3", "862155550000"),
        ("+86 (0)21 5555 0000", "862155550000"),
        ("0086 21 5555 0000", "862155550000"),
        ("１３８ 0013 8000", "8613800138000"),
        ("86 138 0013 8000", "8613800138000"),
        ("+1 415 555 0100", "14155550100"),
        ("110", None),
    ],
)
def test_a_phone_is_compared_by_its_digits_with_the_country(written: str, phone: str | None) -> None:
    assert plain_phone(written) == phone


def test_a_mail_address_is_compared_in_small_letters_without_its_tag() -> None:
    assert [plain_mail(mail) for mail in ("Ann+crm@Huaxin.CN ", "nowhere", "@huaxin.cn")] == [
        "ann@huaxin.cn",
        None,
        None,
    ]


def test_the_domain_of_a_public_provider_says_nothing_of_a_firm() -> None:
    assert [mail_domain(mail) for mail in ("ann@huaxin.cn", "ann@qq.com", "nowhere")] == ["huaxin.cn", None, None]


@pytest.mark.parametrize(
    ("written", "tax_id"),
    [("9135 0100-m000100y43", "91350100M000100Y43"), ("000000000", None), ("n/a", None)],
)
def test_a_tax_id_is_compared_in_capitals_and_a_placeholder_not_at_all(written: str, tax_id: str | None) -> None:
    assert plain_tax_id(written) == tax_id


def test_a_credit_code_is_told_by_its_check_character() -> None:
    assert check_character("91350100M000100Y4") == "3"


def test_the_same_tax_id_is_an_exact_match_whatever_the_name() -> None:
    match = compare(
        marks_of(name="华信", tax_id="91350100M000100Y43"), marks_of(name="乙方", tax_id="91350100m000100y43")
    )

    assert match is not None
    assert (match.score, match.exact, match.reasons) == (1.0, True, ("same-tax-id",))


def test_the_same_phone_is_an_exact_match_and_a_second_agreement_makes_it_surer() -> None:
    one = marks_of(name="上海华信机械有限公司", phones=["021-55550000"])
    match = compare(one, marks_of(name="华信机械", phones=["+86 21 5555 0000"]))

    assert match is not None
    assert (match.score, match.exact, match.reasons) == (0.976, True, ("same-phone", "similar-name"))


def test_a_similar_name_or_a_shared_mail_domain_is_likely_only() -> None:
    one = marks_of(name="上海华信机械有限公司", mails=["ann@huaxin.cn"])

    by_name = compare(one, marks_of(name="华信机械"))
    by_domain = compare(one, marks_of(name="乙方", mails=["bob@huaxin.cn"]))

    assert by_name is not None
    assert by_domain is not None
    assert (by_name.exact, by_name.reasons) == (False, ("similar-name",))
    assert (by_domain.score, by_domain.exact, by_domain.reasons) == (0.5, False, ("same-mail-domain",))


def test_two_tax_ids_are_two_firms_however_alike_they_are_called() -> None:
    match = compare(marks_of(name="华信", tax_id="91350100M000100Y43"), marks_of(name="华信", tax_id="123456X"))

    assert match is not None
    assert (match.score, match.exact) == (OTHER_TAX_ID_MOST, False)


def test_records_that_agree_in_nothing_are_no_match() -> None:
    assert compare(marks_of(name="华信机械"), marks_of(name="乙方电子")) is None
    assert compare(Marks(), Marks()) is None


@given(NAMES)
def test_a_plain_form_is_its_own_plain_form(written: str) -> None:
    assert plain(plain(written)) == plain(written)


@given(MARKS, MARKS)
def test_a_match_is_the_same_seen_from_either_side(one: Marks, other: Marks) -> None:
    assert compare(one, other) == compare(other, one)


@given(MARKS, MARKS)
def test_records_that_match_exactly_share_a_key(one: Marks, other: Marks) -> None:
    match = compare(one, other)
    if match is not None and match.exact:
        assert not set(keys_of(one)).isdisjoint(keys_of(other))


@given(NAMES, NAMES)
def test_likeness_lies_between_none_and_the_same(one: str, other: str) -> None:
    alike = likeness(plain_name(one), plain_name(other))

    assert 0 <= alike <= 1
    assert alike == 1 or plain_name(one) != plain_name(other) or not plain_name(one)


@given(st.text(max_size=12), st.integers(1, 4))
def test_grams_cover_every_letter(text: str, size: int) -> None:
    runs = grams(text, size)

    assert "".join(run[0] for run in runs[:-1]) + (runs[-1] if runs else "") == text
