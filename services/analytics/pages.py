"""The dashboard's door: the page and the files it loads, read once, served from memory.

The page names its files under a path that holds the hash of their content, so
a browser may keep them for ever; the page itself is asked for again each time.
Nothing here needs a key: the page holds no figure, it fetches them as its user.
"""

import hashlib
import html
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from fastapi import APIRouter, Request, Response

from backbone.problems import NotFound
from backbone.settings import Settings

router = APIRouter(include_in_schema=False)

FOLDER: Final = Path(__file__).parent / "dashboard"
PAGE: Final = "index.html"
TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".svg": "image/svg+xml",
    }
)
KEEP: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "no-cache"

# Scripts and styles only from our own files, none written into the page, and no text ever becomes markup.
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
PAGE_HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "content-security-policy": POLICY,
        "cache-control": ASK_AGAIN,
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
        "referrer-policy": "no-referrer",
    }
)


@dataclass(frozen=True, slots=True)
class Site:
    """The dashboard's files: `build` is the hash of all of them, `files` their bytes by name."""

    build: str
    page: str
    files: Mapping[str, bytes]

    def page_for(self, settings: Settings) -> str:
        """The page of an organisation: its zone and currency, and where the files lie."""
        folder = f"assets/{self.build}"
        styles = [f'<link rel="stylesheet" href="{folder}/{name}">' for name in self.files if name.endswith(".css")]
        # Told to the browser at once, so that modules are not found one import after the other.
        modules = [f'<link rel="modulepreload" href="{folder}/{name}">' for name in self.files if name.endswith(".js")]
        places = {
            "assets": folder,
            "build": self.build,
            "currency": html.escape(settings.currency),
            "links": "\n".join(styles + modules),
            "zone": html.escape(settings.time_zone),
        }
        text = self.page
        for place, words in places.items():
            text = text.replace("{{" + place + "}}", words)
        return text


def read_site(folder: Path = FOLDER) -> Site:
    """Read the dashboard from its folder: the page and every file of a known type beside it."""
    page = (folder / PAGE).read_text(encoding="utf-8")
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix in TYPES}
    digest = hashlib.sha256(page.encode())
    for name, content in files.items():
        digest.update(f"\0{name}\0{len(content)}\0".encode() + content)
    return Site(digest.hexdigest()[:16], page, MappingProxyType(files))


_site = cache(read_site)


@router.api_route("/", methods=["GET", "HEAD"], response_class=Response)
async def read_page(request: Request) -> Response:
    """The page; its tag tells an open page whether a newer one is served by now."""
    text = _site().page_for(request.app.state.settings)
    tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"'
    headers = {**PAGE_HEADERS, "etag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(text, media_type="text/html; charset=utf-8", headers=headers)


@router.api_route("/assets/{build}/{name}", methods=["GET", "HEAD"], response_class=Response)
async def read_asset(build: str, name: str) -> Response:
    """One file of the page.

    Raises:
        NotFound: no such file, or it is of another build than the one served now.
    """
    site = _site()
    if build != site.build or name not in site.files:
        raise NotFound("file", f"{build}/{name}")
    return Response(site.files[name], media_type=TYPES[Path(name).suffix], headers={"cache-control": KEEP})
