"""Names of firms in one form: legal suffixes, widths, punctuation, case and script do not tell two firms apart.

    normal_name("华为技术（深圳）有限公司")      -> "华为技术深圳"
    normal_name("ＨＵＡＷＥＩ Technologies Co., Ltd.") -> "huaweitechnologies"
    spelt_name("华为技术有限公司")  == spelt_name("Huawei Jishu Youxian Gongsi") == "huaweijishu"

Legal forms are those of the Chinese company law (公司法), of partnerships and groups, and the
usual ones abroad. What stands in brackets counts in `normal_name` and not in `stem_of`.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from pypinyin import lazy_pinyin

KEPT_NAMES: Final = 50_000
"""Spelling a name takes some 50 us; an import asks for the same ones again and again."""

_CHINESE_FORMS: Final = (
    "有限责任公司",
    "股份有限公司",
    "有限公司",
    "股份公司",
    "集团公司",
    "总公司",
    "公司",
    "集团",
    "股份",
    "特殊普通合伙",
    "普通合伙",
    "有限合伙",
    "合伙企业",
    "个人独资企业",
    "個人獨資企業",
    "有限責任公司",
    "股份有限公司",
    "集團公司",
    "總公司",
    "集團",
)
_FOREIGN_FORMS: Final = (
    "co",
    "company",
    "corp",
    "corporation",
    "inc",
    "incorporated",
    "limited",
    "llc",
    "llp",
    "ltd",
    "plc",
    "pte",
    "gmbh",
    "ag",
    "sa",
    "srl",
    "bv",
    "group",
    "holdings",
)
_SPELT_FORMS: Final = (
    "youxianzerengongsi",
    "gufenyouxiangongsi",
    "youxiangongsi",
    "gufengongsi",
    "jituangongsi",
    "zonggongsi",
    "gongsi",
    "jituan",
    "gufen",
)
_PLACES: Final = (
    *("中国", "中华", "北京", "天津", "上海", "重庆", "河北", "山西", "辽宁", "吉林", "黑龙江", "江苏", "浙江", "安徽"),
    *("福建", "江西", "山东", "河南", "湖北", "湖南", "广东", "海南", "四川", "贵州", "云南", "陕西", "甘肃", "青海"),
    *("台湾", "内蒙古", "广西", "西藏", "宁夏", "新疆", "香港", "澳门", "深圳", "广州", "杭州", "南京", "苏州", "无锡"),
    *("宁波", "温州", "成都", "武汉", "西安", "青岛", "济南", "大连", "沈阳", "长春", "哈尔滨", "厦门", "福州", "泉州"),
    *("合肥", "南昌", "郑州", "长沙", "东莞", "佛山", "珠海", "海口", "南宁", "昆明", "贵阳", "兰州", "太原", "石家庄"),
)
"""Provinces and large cities: a name's first word when it says where a firm is registered."""


def _spaced(form: str) -> str:
    return r"\s*".join(form)


_FORM_AT_END: Final = re.compile(
    r"(?:"
    + "|".join(map(_spaced, sorted(_CHINESE_FORMS, key=len, reverse=True)))
    + r"|(?<![a-z0-9])(?:"
    + "|".join(_FOREIGN_FORMS)
    + r"))\s*$"
)
_BRACKETED: Final = re.compile(r"[(\[{【《〈「『][^)\]}】》〉」』]*[)\]}】》〉」』]")
_PLACE_FIRST: Final = re.compile(rf"^(?:{'|'.join(_PLACES)})(?:省|市|自治区|特别行政区)?")
_MARKS: Final = re.compile(r"[\W_]+")


def normal_name(name: str) -> str:
    """A firm's name without its legal form, in lower case, half width and without punctuation; "" when nothing is left.

    Applied again it changes nothing. A name that is nothing but a legal form stays.
    """
    present = name
    while (shorter := _once(present)) != present:
        present = shorter
    return present


def spelt_name(name: str) -> str:
    """The normal name in pinyin without tones, so that a name in characters equals the same in pinyin."""
    return _spelt(normal_name(name))


def stem_of(name: str) -> str:
    """The name in pinyin without what stands in brackets and without the place it begins with.

    `huaweijishu` for 华为技术（深圳）有限公司 and 深圳市华为技术有限公司 alike; what would leave nothing stays.
    """
    plain = unicodedata.normalize("NFKC", name)
    unbracketed = normal_name(_BRACKETED.sub(" ", plain)) or normal_name(plain)
    placeless = _PLACE_FIRST.sub("", unbracketed)
    return _spelt(placeless if len(placeless) > 1 else unbracketed)


@lru_cache(maxsize=KEPT_NAMES)
def _spelt(normal: str) -> str:
    # A Latin ü is written as on Chinese keyboards, and as pypinyin writes it.
    spelt = "".join(lazy_pinyin(normal.replace("ü", "v"))).lower()
    while (shorter := _without_spelt_form(spelt)) != spelt:
        spelt = shorter
    return spelt


def _without_spelt_form(spelt: str) -> str:
    for form in _SPELT_FORMS:
        if spelt.endswith(form) and len(spelt) > len(form):
            return spelt.removesuffix(form)
    return spelt


def _once(name: str) -> str:
    text = _MARKS.sub(" ", unicodedata.normalize("NFKC", name).casefold()).strip()
    while (shorter := _FORM_AT_END.sub("", text).strip()) and shorter != text:
        text = shorter
    return text.replace(" ", "")
