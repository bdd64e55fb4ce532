import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backbone.matching import (
    CHARACTERS,
    OPEN_DOMAINS,
    check_character,
    mail_domain,
    plain_mail,
    plain_name,
    plain_phone,
)
from backbone.problems import Refused
from services.leads.domain.identity.keys import Traits, keys_of
from services.leads.domain.identity.likeness import likeness
from services.leads.domain.identity.names import spelt_name, stem_of
from services.leads.domain.identity.tax_ids import normal_tax_id

FORMS = ["有限公司", "股份有限公司", "有限责任公司", "集团有限公司", "集团", " Co., Ltd.", " Inc", " 有 限 公 司", ""]
CORES = ["华为技术", "海尔", "上海浦东发展", "重庆长安汽车", "三一重工", "acme", "Ann & Sons", "Costco"]
names = st.text(max_size=30) | st.builds("{}{}".format, st.sampled_from(CORES), st.sampled_from(FORMS))
digits = st.text(string.digits, min_size=8, max_size=8)
codes = st.text(CHARACTERS, min_size=17, max_size=17)
traits = st.builds(
    Traits,
    company_name=st.none() | names,
    tax_id=st.none() | st.sampled_from(["91440300708461136T", "911101085514066666"]),
    phones=st.lists(st.sampled_from(["13800138000", "+86 21 5555 0000"]), max_size=2).map(tuple),
    mails=st.lists(st.sampled_from(["a@firm.cn", "b@firm.cn", "c@qq.com"]), max_size=2).map(tuple),
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("华为技术有限公司", "华为技术股份有限公司"),
        ("海尔（集团）有限公司", "海尔集团"),
        ("ＡＣＭＥ　Ｃｏ．，Ｌｔｄ．", "acme"),
        ("上海·浦东　发展 有限 公司", "上海浦东发展有限公司"),
        ("Acme Holdings, Inc.", "ACME"),
    ],
)
def test_a_firm_is_one_whatever_its_legal_form_width_case_and_punctuation(one: str, other: str) -> None:
    assert plain_name(one) == plain_name(other) != ""


@pytest.mark.parametrize(
    ("one", "other"), [("华为技术有限公司", "中兴通讯有限公司"), ("Costco", "Cost"), ("海尔", "海信")]
)
def test_two_firms_stay_two(one: str, other: str) -> None:
    assert plain_name(one) != plain_name(other)


def test_a_word_that_only_ends_like_a_legal_form_stays() -> None:
    assert [plain_name(name) for name in ("Costco", "Texaco", "有限公司", "Co")] == [
        "costco",
        "texaco",
        "有限公司",
        "co",
    ]


@given(names)
@example("华为 gr oup")
@example("ǰ co")
def test_a_normal_name_is_normal(name: str) -> None:
    assert plain_name(plain_name(name)) == plain_name(name)


@given(st.sampled_from(CORES), st.sampled_from(FORMS), st.sampled_from(FORMS), st.booleans())
def test_a_legal_form_never_tells_two_firms_apart(core: str, form: str, other_form: str, shout: bool) -> None:
    other = f"　{core}{other_form} "

    assert plain_name(f"{core}{form}") == plain_name(other.upper() if shout else other)


@pytest.mark.parametrize(
    ("characters", "pinyin"),
    [
        ("华为技术有限公司", "Huawei Jishu Youxian Gongsi"),
        ("華為技術有限公司", "HUAWEI JISHU"),
        ("重庆长安汽车股份有限公司", "Chongqing Changan Qiche Gufen Youxian Gongsi"),
        ("绿地集团", "Lvdi Jituan"),
        ("绿地集团", "Lüdi"),
    ],
)
def test_a_name_in_characters_and_in_pinyin_is_spelt_alike(characters: str, pinyin: str) -> None:
    assert spelt_name(characters) == spelt_name(pinyin)


def test_the_place_a_firm_is_registered_at_does_not_belong_to_its_stem() -> None:
    stems = {stem_of(name) for name in ("华为技术（深圳）有限公司", "深圳市华为技术有限公司", "华为技术有限公司")}

    assert stems == {"huaweijishu"}


@pytest.mark.parametrize(
    "written",
    [
        "13800138000",
        "138 0013 8000",
        "+86 138-0013-8000",
        "0086 13800138000",
        "１３８００１３８０００",
        "(+86)13800138000",
    ],
)
def test_a_phone_is_one_however_it_is_written(written: str) -> None:
    assert plain_phone(written) == "8613800138000"


def test_a_phone_of_another_country_keeps_its_code_and_an_extension_is_left_out() -> None:
    assert [plain_phone(phone) for phone in ("+1 650 253 0000", "021-5555 0000 转 12", "call me", "12")] == [
        "16502530000",
        "862155550000",
        None,
        None,
    ]


@given(digits, st.sampled_from(["138", "139", "186"]), st.sampled_from([" ", "-", "", "　"]))
def test_a_normal_phone_is_normal(number: str, prefix: str, between: str) -> None:
    normal = plain_phone(f"{prefix}{between}{number[:4]}{between}{number[4:]}")

    assert normal == f"86{prefix}{number}"
    assert plain_phone(f"+{normal}") == normal


def test_a_mail_domain_is_the_firms_unless_anybody_has_an_address_there() -> None:
    assert [mail_domain(mail) for mail in ("Ann@Firm.CN", "ann@mail.firm.cn", "ann@qq.com", "nowhere")] == [
        "firm.cn",
        "firm.cn",
        None,
        None,
    ]
    assert plain_mail(" Ａnn@Firm.CN ") == "ann@firm.cn"
    assert not [domain for domain in OPEN_DOMAINS if mail_domain(f"a@{domain}")]


@pytest.mark.parametrize(
    "code", ["91440300708461136T", "9144 0300 7084 6113 6t", "９１４４０３００７０８４６１１３６Ｔ"]
)
def test_a_tax_id_is_one_however_it_is_written(code: str) -> None:
    assert normal_tax_id(code) == "91440300708461136T"


@given(codes)
def test_a_tax_id_with_its_check_character_is_taken(first: str) -> None:
    assert normal_tax_id(first + check_character(first)) == first + check_character(first)


@given(codes, st.integers(0, 16), st.sampled_from(CHARACTERS))
def test_one_wrong_character_in_a_tax_id_is_always_found(first: str, place: int, wrong: str) -> None:
    code = first + check_character(first)
    mistyped = code[:place] + wrong + code[place + 1 :]

    if mistyped != code:
        with pytest.raises(Refused) as refused:
            normal_tax_id(mistyped)
        assert refused.value.code == "bad-tax-id"


@pytest.mark.parametrize(
    "code", ["", "9144030070846113", "91440300708461136I", "91440300708461136S", "9144030070846113600"]
)
def test_what_is_no_tax_id_is_refused(code: str) -> None:
    with pytest.raises(Refused):
        normal_tax_id(code)


@given(traits, traits)
def test_likeness_is_a_score_with_reasons_and_the_same_from_both_sides(one: Traits, other: Traits) -> None:
    found = likeness(one, other)

    assert 0 <= found.score <= 1
    assert bool(found.reasons) == (found.score > 0)
    assert found == likeness(other, one)


@given(traits)
def test_what_is_alike_shares_a_key_so_that_it_is_found(one: Traits) -> None:
    same = likeness(one, one)

    assert (same.score > 0) == bool(keys_of(one))


@given(traits, traits)
def test_who_is_called_the_same_shares_a_key(one: Traits, other: Traits) -> None:
    reasons = set(likeness(one, other).reasons) - {"similar-name"}

    assert not reasons or set(keys_of(one)) & set(keys_of(other))


def test_each_thing_in_common_is_a_reason_and_the_strongest_comes_first() -> None:
    one = Traits(company_name="华为技术有限公司", phones=("13800138000",), mails=("a@firm.cn",))
    other = Traits(company_name="Huawei Jishu", phones=("+86 138 0013 8000",), mails=("b@firm.cn",))

    found = likeness(one, other)

    assert found.reasons == ("same-phone", "same-name-in-pinyin", "same-mail-domain")
    assert found.score == pytest.approx(1 - 0.1 * 0.15 * 0.4, abs=0.001)


def test_names_that_are_nearly_the_same_are_similar_and_less_than_the_same() -> None:
    one, other = Traits(company_name="重庆长安汽车有限公司"), Traits(company_name="重庆长安汽车厂有限公司")

    found = likeness(one, other)

    assert found.reasons == ("similar-name",)
    assert 0.5 < found.score < 0.7
    assert set(keys_of(one)) & set(keys_of(other)) == {"head|changanq"}
