"""Whether two records mean the same firm or person: plain words, keys to find candidates by, and a score with reasons.

Pure. Customers are compared, searched and forgotten by these plain forms. A name, phone, mail address or tax id is
first brought into a plain form in which spelling no longer matters; equal plain forms are found by
`keys_of` (one indexed array), and `compare` says how sure a match is and why.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

HOME_COUNTRY: Final = "86"
"""Country code of a phone number that names none."""

Reason = Literal["same-tax-id", "same-phone", "same-mail", "same-name", "similar-name", "same-mail-domain"]

WEIGHTS: Final[dict[Reason, float]] = {
    "same-tax-id": 1.0,
    "same-phone": 0.9,
    "same-mail": 0.95,
    "same-name": 0.95,
    "same-mail-domain": 0.5,
}
"""How sure one agreement makes us, 0 to 1; that of a similar name is its likeness times `SIMILAR_WEIGHT`."""
SIMILAR_WEIGHT: Final = 0.8
LEAST_LIKENESS: Final = 0.6
"""Names less alike than this are different names."""
EXACT: Final[frozenset[Reason]] = frozenset(("same-tax-id", "same-phone", "same-mail", "same-name"))
OTHER_TAX_ID_MOST: Final = 0.4
"""Two tax ids mean two legal persons, however alike the rest is (a group and its subsidiary)."""

# Longest first: the ending that is taken off must be the whole one.
_HAN_ENDINGS: Final = (
    "股份有限责任公司", "股份有限公司", "有限责任公司", "有限責任公司", "控股有限公司", "有限公司", "总公司",
    "總公司", "公司", "有限合伙", "普通合伙", "集团", "集團", "股份", "控股",
)  # fmt: skip
_BRANCH_ENDINGS: Final = ("分公司", "子公司")
"""A branch is not its head office: its ending stays."""
_LATIN_ENDINGS: Final = frozenset((
    "co", "company", "corp", "corporation", "inc", "incorporated", "ltd", "limited", "llc", "llp", "lp", "plc",
    "pte", "pty", "gmbh", "ag", "kg", "ohg", "ug", "se", "sa", "sas", "sarl", "srl", "spa", "bv", "nv", "oy",
    "ab", "as", "aps", "kk", "sdn", "bhd", "group", "holding", "holdings",
))  # fmt: skip
_REGIONS: Final = (
    "中国", "北京", "上海", "天津", "重庆", "河北", "山西", "辽宁", "吉林", "黑龙江", "江苏", "浙江", "安徽",
    "福建", "江西", "山东", "河南", "湖北", "湖南", "广东", "海南", "四川", "贵州", "云南", "陕西", "甘肃",
    "青海", "台湾", "内蒙古", "广西", "西藏", "宁夏", "新疆", "香港", "澳门", "广州", "深圳", "杭州", "南京",
    "苏州", "无锡", "常州", "宁波", "温州", "合肥", "福州", "厦门", "泉州", "南昌", "济南", "青岛", "烟台",
    "郑州", "武汉", "长沙", "佛山", "东莞", "珠海", "中山", "成都", "贵阳", "昆明", "西安", "兰州", "沈阳",
    "大连", "长春", "哈尔滨", "石家庄", "太原", "南宁", "海口", "乌鲁木齐",
)  # fmt: skip
_REGION_SUFFIXES: Final = ("特别行政区", "自治区", "省", "市")
_OPEN_DOMAINS: Final = frozenset((
    "qq.com", "vip.qq.com", "foxmail.com", "163.com", "vip.163.com", "126.com", "yeah.net", "sina.com",
    "sina.cn", "vip.sina.com", "sohu.com", "139.com", "189.cn", "wo.cn", "21cn.com", "aliyun.com", "tom.com",
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com",
    "yahoo.cn", "yahoo.com.cn", "icloud.com", "me.com", "mac.com", "aol.com", "gmx.de", "gmx.net", "web.de",
    "t-online.de", "proton.me", "protonmail.com", "mail.ru", "yandex.ru",
))  # fmt: skip
"""Where anybody may have a mailbox: such a domain says nothing of a firm."""

_MARKS: Final = re.compile(r"[\u0300-\u036f]")
_SPOKEN_DOTS: Final = re.compile(r"(?<=\b\w)\.(?=\w\b|\s|$|,)")
_NO_WORD: Final = re.compile(r"[\W_]+")
_EXTENSION: Final = re.compile(r"(?:ext\.?|extension|x|转|分机|#)\s*\d+\s*$")
_MOBILE: Final = re.compile(r"1[3-9]\d{9}")
# GB 32100-2015: 8 digits or letters of the registrar, 9 of the organisation, one check character; no I, O, S, V, Z.
_CREDIT_CODE: Final = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}")
_CREDIT_DIGITS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_LEAST_TAX_ID: Final = 6
_LEAST_PHONE: Final = 6


def plain(text: str) -> str:
    """Words in one spelling: full-width forms made narrow, small letters, no accents, one blank between words."""
    narrow = unicodedata.normalize("NFKC", text).casefold()
    bare = unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFKD", narrow)))
    return _NO_WORD.sub(" ", _SPOKEN_DOTS.sub("", bare)).strip()


def plain_name(name: str) -> str:
    """A firm's or person's name without legal form, blanks and signs; empty when nothing is left to compare.

    `华信（集团）股份有限公司` and `华信集团` give `华信`; `ACME Pumps Co., Ltd.` gives `acmepumps`.
    A name that is nothing but legal forms keeps the last of them.
    """
    words = plain(name).split()
    kept = list(words)
    while len(kept) > 1 and kept[-1] in _LATIN_ENDINGS:
        kept.pop()
    joined = "".join(kept)
    while not joined.endswith(_BRANCH_ENDINGS):
        ending = next((ending for ending in _HAN_ENDINGS if joined.endswith(ending)), "")
        if not ending or len(joined) == len(ending):
            break
        joined = joined.removesuffix(ending)
    return joined


def core_name(name: str) -> str:
    """A plain name without the region it begins or ends with: `上海华信` gives `华信`; two characters stay at least."""
    core = name
    for region in _REGIONS:
        if core.startswith(region):
            rest = core.removeprefix(region)
            rest = next((rest.removeprefix(kind) for kind in _REGION_SUFFIXES if rest.startswith(kind)), rest)
            core = rest if len(rest) >= 2 else core
            break
    cut = next((core.removesuffix(region) for region in _REGIONS if core.endswith(region)), core)
    return cut if len(cut) >= 2 else core


def plain_phone(phone: str, country: str = HOME_COUNTRY) -> str | None:
    """Digits with the country code and without an extension; None for what is too short to tell anybody apart.

    `021-5555 0000 转 12`, `(021) 55550000` and `+86 21 5555 0000` give `862155550000`.
    """
    text = _EXTENSION.sub("", unicodedata.normalize("NFKC", phone).casefold().strip())
    digits = re.sub(r"[^0-9]", "", text)
    if text.startswith("+"):
        # Some write the trunk 0 behind the country code: +86 (0)21.
        digits = country + digits[len(country) :].lstrip("0") if digits.startswith(country) else digits
    elif digits.startswith("00"):
        return plain_phone(f"+{digits[2:]}", country)
    elif not (digits.startswith(country) and _MOBILE.fullmatch(digits[len(country) :])):
        digits = country + digits.lstrip("0")
    return digits if len(digits) >= _LEAST_PHONE + len(country) else None


def plain_mail(mail: str) -> str | None:
    """A mail address in small letters, without the tag behind a plus; None when it is none."""
    local, _, domain = unicodedata.normalize("NFKC", mail).strip().casefold().rpartition("@")
    local = local.partition("+")[0]
    return f"{local}@{domain}" if local and "." in domain else None


def mail_domain(mail: str) -> str | None:
    """The domain of a firm's own mail address; None for a public provider's."""
    known = plain_mail(mail)
    domain = known.rpartition("@")[2] if known else None
    return None if domain in _OPEN_DOMAINS else domain


def plain_tax_id(tax_id: str) -> str | None:
    """A tax id in capitals without signs; None for a placeholder such as `0000` or `N/A`."""
    text = _NO_WORD.sub("", unicodedata.normalize("NFKC", tax_id).upper())
    return text if len(text) >= _LEAST_TAX_ID and len(set(text)) > 1 else None


def is_credit_code(tax_id: str) -> bool:
    """Whether this is a unified social credit code with the right check character (GB 32100-2015)."""
    text = plain_tax_id(tax_id)
    if text is None or not _CREDIT_CODE.fullmatch(text):
        return False
    total = sum(_CREDIT_DIGITS.index(sign) * pow(3, place, 31) for place, sign in enumerate(text[:17]))
    return _CREDIT_DIGITS[(31 - total % 31) % 31] == text[17]


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What a record is recognised by, all in plain form."""

    name: str = ""
    phones: frozenset[str] = frozenset()
    mails: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    tax_id: str | None = None


def marks_of(
    *,
    name: str | None = None,
    phones: Iterable[str | None] = (),
    mails: Iterable[str | None] = (),
    tax_id: str | None = None,
    country: str = HOME_COUNTRY,
) -> Marks:
    """The plain forms of a record's values; None and what cannot be used is left out.

    Args:
        name: of the firm (of the person, where there is no firm).
        phones: as people write them.
        mails: the same.
        tax_id: the same.
        country: of phones without a country code.
    """
    known = [mail for mail in mails if mail]
    return Marks(
        name=plain_name(name or ""),
        phones=frozenset(digits for phone in phones if phone and (digits := plain_phone(phone, country))),
        mails=frozenset(address for mail in known if (address := plain_mail(mail))),
        domains=frozenset(domain for mail in known if (domain := mail_domain(mail))),
        tax_id=plain_tax_id(tax_id) if tax_id else None,
    )


def keys_of(marks: Marks) -> tuple[str, ...]:
    """What to store and to look up: two records that may be the same share one of these keys, sorted.

    `n:` name, `c:` the beginning of the name without its region, `p:` phone, `m:` mail, `d:` mail domain, `t:` tax id.
    """
    core = core_name(marks.name)
    keys = {
        *(f"n:{name}" for name in (marks.name,) if name),
        *(f"c:{core[: _block(core)]}" for name in (marks.name,) if name),
        *(f"p:{phone}" for phone in marks.phones),
        *(f"m:{mail}" for mail in marks.mails),
        *(f"d:{domain}" for domain in marks.domains),
        *(f"t:{tax_id}" for tax_id in (marks.tax_id,) if tax_id),
    }
    return tuple(sorted(keys))


def _block(name: str) -> int:
    """How many letters of a name candidates share: two Chinese characters say as much as five Latin letters."""
    return 5 if name.isascii() else 2


@dataclass(frozen=True, slots=True)
class Match:
    """How sure it is that two records are the same (`score`, 0 to 1), and why, the strongest reason first.

    `exact` means that they agree in a mark that only one firm or person has, and disagree in no tax id.
    """

    score: float
    exact: bool
    reasons: tuple[Reason, ...]


def compare(one: Marks, other: Marks) -> Match | None:
    """How sure it is that two records are the same; None when nothing says so.

    Agreements are taken as independent: the doubt that stays is the product of each one's doubt.
    Two different tax ids bound the score by `OTHER_TAX_ID_MOST`.
    """
    sure: dict[Reason, float] = {}
    agreeing: tuple[tuple[Reason, bool], ...] = (
        ("same-tax-id", one.tax_id is not None and one.tax_id == other.tax_id),
        ("same-phone", bool(one.phones & other.phones)),
        ("same-mail", bool(one.mails & other.mails)),
        ("same-name", bool(one.name) and one.name == other.name),
        ("same-mail-domain", bool(one.domains & other.domains) and not one.mails & other.mails),
    )
    for reason, agrees in agreeing:
        if agrees:
            sure[reason] = WEIGHTS[reason]
    if "same-name" not in sure and (alike := likeness(one.name, other.name)) >= LEAST_LIKENESS:
        sure["similar-name"] = alike * SIMILAR_WEIGHT
    if not sure:
        return None
    doubt = 1.0
    for certainty in sure.values():
        doubt *= 1 - certainty
    differ = one.tax_id is not None and other.tax_id is not None and one.tax_id != other.tax_id
    score = min(1 - doubt, OTHER_TAX_ID_MOST) if differ else 1 - doubt
    reasons = tuple(sorted(sure, key=lambda reason: (-sure[reason], reason)))
    return Match(round(score, 3), not differ and not EXACT.isdisjoint(sure), reasons)


def likeness(one: str, other: str) -> float:
    """How alike two plain names are, 0 to 1: the share of letter pairs they have in common (Dice's coefficient).

    A region that only one of them names takes a little off.
    """
    return max(_dice(one, other), 0.95 * _dice(core_name(one), core_name(other)))


def grams(text: str, size: int = 2) -> list[str]:
    """Every run of `size` letters in a plain word, in its order; the word itself when it is shorter."""
    return [text[place : place + size] for place in range(len(text) - size + 1)] or ([text] if text else [])


def _dice(one: str, other: str) -> float:
    if not one or not other:
        return 0.0
    pairs, others = Counter(grams(one)), Counter(grams(other))
    return 2 * (pairs & others).total() / (pairs.total() + others.total())
