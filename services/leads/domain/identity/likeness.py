"""How alike two leads are, from 0 to 1, and why.

Each thing they have in common speaks for itself, so that two weak signs are stronger than one and none
reaches certainty but an equal tax id. Measured by nobody: the weights are ours, and the reason
is always given, so that a person decides.
"""

from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz

from backbone.matching.marks import together
from services.leads.domain.identity.keys import Traits, keys_of, kind_of
from services.leads.domain.identity.names import spelt_name

WEIGHTS: Final = {
    "tax-id": 1.0,
    "company-name": 0.95,
    "phone": 0.9,
    "mail": 0.9,
    "spelt": 0.85,
    "stem": 0.7,
    "domain": 0.6,
}
"""By kind of key: how much an equal one says."""

REASON_OF: Final = {
    "tax-id": "same-tax-id",
    "company-name": "same-company-name",
    "phone": "same-phone",
    "mail": "same-mail",
    "spelt": "same-name-in-pinyin",
    "stem": "same-name-but-place",
    "domain": "same-mail-domain",
}
NAMES: Final = ("company-name", "spelt", "stem")
"""Kinds made of the same name, the strongest first: only one of them counts."""

SIMILAR_FROM: Final = 0.85
SIMILAR_WEIGHT: Final = 0.6
"""What the most similar names that are not equal say."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """A score from 0 to 1 and its reasons, the strongest first."""

    score: float
    reasons: tuple[str, ...]


def likeness(one: Traits, other: Traits) -> Likeness:
    """How alike two leads are; the same whichever comes first."""
    common = set(keys_of(one)) & set(keys_of(other))
    kinds = {kind_of(key) for key in common} & WEIGHTS.keys()
    strongest = next((kind for kind in NAMES if kind in kinds), None)
    sure = {REASON_OF[kind]: WEIGHTS[kind] for kind in kinds if kind not in NAMES or kind == strongest}
    if strongest is None and (similar := _similar(one, other)):
        sure["similar-name"] = similar
    return Likeness(*together(sure))


def _similar(one: Traits, other: Traits) -> float:
    names = sorted(spelt_name(name or "") for name in (one.company_name, other.company_name))
    if not all(names):
        return 0.0
    # Indel ratio: of the letters of both, how many stay when one is made into the other.
    ratio = fuzz.ratio(*names) / 100
    return round(SIMILAR_WEIGHT * ratio, 3) if ratio >= SIMILAR_FROM else 0.0
