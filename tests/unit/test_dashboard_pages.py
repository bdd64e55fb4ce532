"""How the page is served: nothing inline, nothing from elsewhere, kept as long as it is the same."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from backbone.problems import NotFound
from backbone.settings import Settings
from services.analytics.pages import FOLDER, TYPES, read_site, router

MOST_LINES = 300
SITE = read_site()
TEXTS = [path for path in sorted(FOLDER.iterdir()) if path.suffix in {".js", ".css", ".html", ".svg"}]


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.state.settings = Settings(time_zone="Europe/Berlin", currency="EUR")
    app.include_router(router)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://page") as client:
        yield client


async def test_the_page_tells_the_organisations_zone_and_currency(client: httpx.AsyncClient) -> None:
    page = await client.get("/")

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert 'data-zone="Europe/Berlin" data-currency="EUR"' in page.text
    assert "{{" not in page.text


async def test_every_file_the_page_names_is_served_with_its_type_and_may_be_kept(client: httpx.AsyncClient) -> None:
    named = re.findall(r'(?:href|src)="(assets/[^"]+)"', (await client.get("/")).text)

    assert {Path(path).name for path in named} == set(SITE.files)
    for path in named:
        answer = await client.get(f"/{path}")
        assert answer.content == SITE.files[Path(path).name]
        assert answer.headers["content-type"] == TYPES[Path(path).suffix]
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_another_build_has_other_addresses(tmp_path: Path) -> None:
    for name, content in {"index.html": "{{assets}}", "a.js": "1", "b.css": "2"}.items():
        (tmp_path / name).write_text(content)
    before = read_site(tmp_path)
    (tmp_path / "a.js").write_text("3")

    assert read_site(tmp_path).build != before.build


@pytest.mark.parametrize("path", [f"{SITE.build}/none.js", "0000/main.js", f"{SITE.build}/index.html"])
async def test_a_file_that_is_not_of_this_build_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    with pytest.raises(NotFound):
        await client.get(f"/assets/{path}")


async def test_a_page_that_is_still_the_same_is_not_sent_again(client: httpx.AsyncClient) -> None:
    tag = (await client.get("/")).headers["etag"]

    again = await client.get("/", headers={"if-none-match": tag})

    assert (again.status_code, again.content) == (304, b"")
    assert (await client.head("/")).headers["etag"] == tag


async def test_scripts_and_styles_come_from_our_files_alone(client: httpx.AsyncClient) -> None:
    page = await client.get("/")
    policy = dict(rule.split(" ", 1) for rule in page.headers["content-security-policy"].split("; "))

    assert policy["default-src"] == "'none'"
    assert (policy["script-src"], policy["style-src"], policy["connect-src"]) == ("'self'", "'self'", "'self'")
    assert policy["frame-ancestors"] == "'none'"
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page.text) == []


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_a_file_of_the_page_is_short_and_loads_nothing_from_elsewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert len(text.splitlines()) <= MOST_LINES
    code = re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)
    outside = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"']*", code))
    assert outside <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|@import|new Function", text)


def test_every_module_imports_files_that_exist() -> None:
    for name, content in SITE.files.items():
        imported = re.findall(r'from "\./([\w.-]+)"', content.decode())
        assert set(imported) <= set(SITE.files), name


def test_every_element_the_modules_ask_for_is_on_the_page() -> None:
    ids = set(re.findall(r'\bid="([\w-]+)"', SITE.page))
    asked = {
        id_
        for name, content in SITE.files.items()
        if name.endswith(".js")
        for id_ in re.findall(r'byId\("([\w-]+)"\)', content.decode())
    }

    assert asked <= ids
    assert len(ids) == len(re.findall(r'\bid="', SITE.page)), "an id stands twice"
