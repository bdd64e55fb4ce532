"""Names of firms and people in one form: legal forms, widths, punctuation, case and accents tell no two apart; pure."""

import re
import unicodedata
from typing import Final

_HAN_FORMS: Final = (
    "有限责任公司", "有限責任公司", "股份有限责任公司", "股份有限公司", "控股有限公司", "有限公司", "总公司", "總公司",
    "公司", "有限合伙", "特殊普通合伙", "普通合伙", "合伙企业", "个人独资企业", "個人獨資企業", "集团", "集團",
    "股份", "控股",
)  # fmt: skip
"""Those of the Chinese company law (公司法), of partnerships and of groups."""
_LATIN_FORMS: Final = (
    "co", "company", "corp", "corporation", "inc", "incorporated", "ltd", "limited", "llc", "llp", "lp", "plc",
    "pte", "pty", "gmbh", "ag", "kg", "ohg", "ug", "se", "sa", "sas", "sarl", "srl", "spa", "bv", "nv", "oy",
    "ab", "as", "aps", "kk", "sdn", "bhd", "group", "holding", "holdings",
)  # fmt: skip
_BRANCHES: Final = ("分公司", "子公司")
"""A branch is not its head office: its ending stays."""
_REGIONS: Final = (
    "中国", "中华", "北京", "上海", "天津", "重庆", "河北", "山西", "辽宁", "吉林", "黑龙江", "江苏", "浙江", "安徽",
    "福建", "江西", "山东", "河南", "湖北", "湖南", "广东", "海南", "四川", "贵州", "云南", "陕西", "甘肃",
    "青海", "台湾", "内蒙古", "广西", "西藏", "宁夏", "新疆", "香港", "澳门", "广州", "深圳", "杭州", "南京",
    "苏州", "无锡", "常州", "宁波", "温州", "合肥", "福州", "厦门", "泉州", "南昌", "济南", "青岛", "烟台",
    "郑州", "武汉", "长沙", "佛山", "东莞", "珠海", "中山", "成都", "贵阳", "昆明", "西安", "兰州", "沈阳",
    "大连", "长春", "哈尔滨", "石家庄", "太原", "南宁", "海口", "乌鲁木齐",
)  # fmt: skip
_REGION_SUFFIXES: Final = ("特别行政区", "自治区", "省", "市")
"""Provinces and large cities: where a firm is registered, when its name begins or ends with one."""

_MARKS: Final = re.compile(r"[\u0300-\u036f]")
_SPOKEN_DOTS: Final = re.compile(r"(?<=\b\w)\.(?=\w\b|\s|$|,)")
_NO_WORD: Final = re.compile(r"[\W_]+")
_HAN_AT_END: Final = "|".join(r"\s*".join(form) for form in _HAN_FORMS)
_FORM_AT_END: Final = re.compile(rf"(?:{_HAN_AT_END}|(?<![a-z0-9])(?:{'|'.join(_LATIN_FORMS)}))$")


def plain(text: str) -> str:
    """Words in one spelling: full-width forms made narrow, small letters, no accents, one blank between words."""
    narrow = unicodedata.normalize("NFKC", text).casefold()
    bare = unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFKD", narrow)))
    return _NO_WORD.sub(" ", _SPOKEN_DOTS.sub("", bare)).strip()


def plain_name(name: str) -> str:
    """A firm's or person's name without legal form, blanks and signs; empty when nothing is left to compare.

    `华信（集团）股份有限公司` and `华信集团` give `华信`; `ACME Pumps Co., Ltd.` gives `acmepumps`.
    A name that is nothing but legal forms keeps the last of them. Applied again it changes nothing.
    """
    present = name
    while (shorter := _formless(plain(present))) != present:
        present = shorter
    return present


def _formless(words: str) -> str:
    while not (joined := words.replace(" ", "")).endswith(_BRANCHES):
        shorter = _FORM_AT_END.sub("", words).strip()
        if not shorter or shorter == words:
            break
        words = shorter
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
