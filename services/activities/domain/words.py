"""The keys a text is found by: whole words, beginnings of the title's words, pairs of Chinese characters.

The document store has no text index that both kinds of store know, so a text carries its keys in an
indexed array. Latin words are compared without case and width (NFKC, casefold); Chinese, Japanese
and Korean text has no blanks, so it is found by pairs of neighbouring characters (n-grams of 2), and
a single character by itself.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

MOST_KEYS: Final = 4_000
"""As many keys are kept of a text; the title's come first."""
MOST_ASKED: Final = 20
"""As many keys of a question are looked for."""
SHORTEST_BEGINNING: Final = 3
LONGEST_KEY: Final = 32

_IDEOGRAPH: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_PIECES: Final = re.compile(rf"[{_IDEOGRAPH}]+|[^\W_{_IDEOGRAPH}]+")
_IDEOGRAPHS: Final = re.compile(rf"[{_IDEOGRAPH}]+")


def keys_of(title: str, body: str, tags: Iterable[str]) -> tuple[str, ...]:
    """What an article is found by, in a fixed order, without repeats."""
    head = [title, *tags]
    found: dict[str, None] = {}
    for text in head:
        for word in _words(text):
            found |= dict.fromkeys((*_characters(word), *_beginnings(word)))
    for word in _words(body):
        found |= dict.fromkeys(_characters(word) if _IDEOGRAPHS.fullmatch(word) else (word,))
        if len(found) >= MOST_KEYS:
            break
    return tuple(found)[:MOST_KEYS]


def asked_keys(question: str) -> tuple[str, ...]:
    """The keys that must all be there for a text to answer a question; none for one without a word."""
    keys: dict[str, None] = {}
    for word in _words(question):
        if _IDEOGRAPHS.fullmatch(word) and len(word) > 1:
            keys |= dict.fromkeys(_pairs(word))
        else:
            keys[word] = None
    # The longest first: it is the rarest, and a store may use an index for one key only.
    return tuple(sorted(keys, key=lambda key: (-len(key), key))[:MOST_ASKED])


def title_hits(title: str, keys: Iterable[str]) -> int:
    """How many of the keys the title has: what is in the title weighs more."""
    present = set(keys_of(title, "", ()))
    return sum(key in present for key in keys)


def _words(text: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKC", text).casefold()
    for piece in _PIECES.findall(plain):
        yield piece if _IDEOGRAPHS.fullmatch(piece) else piece[:LONGEST_KEY]


def _characters(word: str) -> Iterator[str]:
    if not _IDEOGRAPHS.fullmatch(word):
        yield word
        return
    yield from word
    yield from _pairs(word)


def _pairs(word: str) -> Iterator[str]:
    return (word[place : place + 2] for place in range(len(word) - 1))


def _beginnings(word: str) -> Iterator[str]:
    if not _IDEOGRAPHS.fullmatch(word):
        yield from (word[:length] for length in range(SHORTEST_BEGINNING, len(word)))
