"""A page: made from a template, closed to whatever is not ours, and never kept by a cache."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

HERE: Final = Path(__file__).parent
STYLE_PATH: Final = "/pages.css"
# No script at all, nothing from elsewhere, in nobody's frame.
CLOSED: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_templates: Final = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True,
)  # fmt: skip


def page(template: str, status: int = 200, /, **values: Any) -> Response:
    """The page of a template."""
    text = _templates.get_template(template).render(style=f"{STYLE_PATH}?{_style()[1]}", **values)
    return Response(text, status, CLOSED, "text/html")


def to(path: str) -> Response:
    """Another page of ours is asked for next, with GET."""
    return RedirectResponse(path, 303, CLOSED)


async def style(request: Request) -> Response:
    """`GET /pages.css`: asked for by what is in it, so it may be kept for ever."""
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    return Response(_style()[0], 200, headers, "text/css")


@cache
def _style() -> tuple[bytes, str]:
    raw = (HERE / "static" / "pages.css").read_bytes()
    return raw, hashlib.sha256(raw).hexdigest()[:12]
