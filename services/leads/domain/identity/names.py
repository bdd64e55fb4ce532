"""Names of firms as they are spelt in pinyin: the same name in characters and in letters is one.

    spelt_name("华为技术有限公司")  == spelt_name("Huawei Jishu Youxian Gongsi") == "huaweijishu"

What stands in brackets counts in `spelt_name` and not in `stem_of`.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from pypinyin import lazy_pinyin

from backbone.matching import core_name, plain_name

KEPT_NAMES: Final = 50_000
"""Spelling a name takes some 50 us; an import asks for the same ones again and again."""

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
_BRACKETED: Final = re.compile(r"[(\[{【《〈「『][^)\]}】》〉」』]*[)\]}】》〉」』]")
_WRITTEN_V: Final = re.compile(r"(?<=[ln])v")
"""Chinese keyboards and pypinyin write ü as v; who writes lü may lose the dots on the way."""


def spelt_name(name: str) -> str:
    """The plain name in pinyin without tones, so that a name in characters equals the same in pinyin."""
    return _spelt(plain_name(name))


def stem_of(name: str) -> str:
    """The name in pinyin without what stands in brackets and without the place it begins or ends with.

    `huaweijishu` for 华为技术（深圳）有限公司 and 深圳市华为技术有限公司 alike; what would leave nothing stays.
    """
    narrow = unicodedata.normalize("NFKC", name)
    return _spelt(core_name(plain_name(_BRACKETED.sub(" ", narrow)) or plain_name(narrow)))


@lru_cache(maxsize=KEPT_NAMES)
def _spelt(plain: str) -> str:
    spelt = _WRITTEN_V.sub("u", "".join(lazy_pinyin(plain)).lower())
    while (shorter := _without_spelt_form(spelt)) != spelt:
        spelt = shorter
    return spelt


def _without_spelt_form(spelt: str) -> str:
    for form in _SPELT_FORMS:
        if spelt.endswith(form) and len(spelt) > len(form):
            return spelt.removesuffix(form)
    return spelt
