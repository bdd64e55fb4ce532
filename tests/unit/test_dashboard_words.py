"""Both languages say the same things, and every event of the catalogue has a sentence in both."""

import re
from typing import Any

import pytest

from backbone.contract.boards import METRICS
from backbone.contract.catalogue import CATALOGUE
from backbone.contract.generate.golden import golden_messages
from services.analytics.feeds import FOLDED_TOPICS
from tests.javascript import FOLDER, run

SHOWN_TOPICS = FOLDED_TOPICS[:-1]
GOLDEN = {
    name: message
    for name, message in golden_messages().items()
    if CATALOGUE[name.rpartition(".")[0]].topic in SHOWN_TOPICS
}


def words(module: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = run(module, f"return it.{name};")
    return found


def slots(text: str | dict[str, str]) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text if isinstance(text, str) else text["other"]))


@pytest.mark.parametrize(("english", "chinese"), [("words", "words"), ("events", "events")])
def test_both_languages_have_the_same_texts(english: str, chinese: str) -> None:
    en = words(f"{english}-en", "EN" if english == "words" else "EVENTS_EN")
    zh = words(f"{chinese}-zh", "ZH" if chinese == "words" else "EVENTS_ZH")

    assert list(en) == list(zh)
    # A week of a year: English names the year with the days, Chinese with the week.
    differing = {key for key in en if slots(en[key]) != slots(zh[key])} - {"period.week.long"}
    assert not differing


def test_every_text_the_page_asks_for_exists() -> None:
    known = set(words("words-en", "EN"))
    files = [path for path in FOLDER.iterdir() if path.suffix in {".js", ".html"} and not path.name.startswith("words")]
    asked = {
        key
        for path in files
        for key in re.findall(r"""(?:say\(|data-say(?:-label)?=)"([a-z0-9.-]+)\"""", path.read_text())
    }

    assert asked
    assert asked <= known


def test_every_metric_has_a_name() -> None:
    known = words("words-zh", "ZH")

    assert [f"metric.{metric}" for metric in METRICS if f"metric.{metric}" not in known] == []
    assert run("view", "return it.METRICS;") == list(METRICS)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_event_of_the_owners_topics_is_told_in_a_sentence(language: str) -> None:
    events = [
        {
            "type": message["type"],
            "member_id": message["data"].get("member_id") or message["data"].get("owner_id"),
            "member_name": "Li Na",
            "data": message["data"],
        }
        for message in GOLDEN.values()
    ]

    sentences = run(
        "sentences",
        """
        const language = await import(new URL("language.js", given.folder));
        language.beginLanguage(given.language);
        return given.events.map((event) => it.sentence(event).map((part) => part.text).join(""));
        """,
        {"language": language, "events": events, "folder": f"{FOLDER.as_uri()}/"},
    )

    told = dict(zip(GOLDEN, sentences, strict=True))
    assert len(told) > 40
    unclear = {name: text for name, text in told.items() if re.search(r"undefined|null|NaN|–|[{}\[\]]", text)}
    assert not unclear
    known = words("events-en", "EVENTS_EN")
    types = {name.rpartition(".")[0] for name in GOLDEN}
    assert {name for name in types if not any(key.split(".")[0] == name for key in known)} == set()


def test_a_visit_is_told_as_a_person_would_say_it() -> None:
    event = {
        "type": "visit-logged",
        "member_id": "m-1",
        "member_name": "Li Na",
        "data": {"member_id": "m-1", "customer_id": "c-12", "lead_id": None},
    }

    told = [
        run(
            "sentences",
            """
            const language = await import(new URL("language.js", given.folder));
            language.beginLanguage(given.language);
            return it.sentence(given.event).map((part) => part.text).join("");
            """,
            {"language": language, "event": event, "folder": f"{FOLDER.as_uri()}/"},
        )
        for language in ("en", "zh")
    ]

    assert told == ["Li Na visited customer c-12", "Li Na 拜访了客户 c-12"]
