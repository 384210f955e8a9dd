"""A page: made from a template, closed to whatever is not ours, and never kept by a cache."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dq_service.service.access import Caller, Permission
from dq_service.web.pages.parts import parts
from dq_service.web.pages.wording import FILTERS

TEMPLATES: Final = Path(__file__).parents[1] / "templates"
_KEPT_BY_NOBODY: Final = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
# No script at all, nothing from elsewhere, in nobody's frame: where passwords are typed.
CLOSED: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    **_KEPT_BY_NOBODY,
}
# Our own scripts and no others, none of them in the page itself.
WORKING: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    **_KEPT_BY_NOBODY,
}


@dataclass(frozen=True, slots=True)
class Room:
    """One entry of the bar on top, for whoever has this permission."""

    name: str
    title: str
    path: str
    needs: Permission


ROOMS: Final[tuple[Room, ...]] = (
    Room("queue", "Queue", "/queue", "reviews"),
    Room("scorecards", "Scorecard", "/scorecards", "figures"),
    Room("check", "Check a file", "/check", "check"),
)


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.filters.update(FILTERS)
    made.globals.update(static=parts().path_of, sheets=parts().sheets, vendor=parts().has("vendor/htmx.js"))
    return made


_templates: Final = _environment()


def page(template: str, status: int = 200, /, **values: Any) -> Response:
    """A page that needs no script and nobody signed in."""
    return Response(_templates.get_template(template).render(**values), status, CLOSED, "text/html")


def room(caller: Caller | None, here: str, template: str, status: int = 200, /, **values: Any) -> Response:
    """A page of the room named `here`, as this caller sees it: the bar on top leads where they may go.

    `who` among the values is what they are called there.
    """
    framed = {
        "here": here,
        "rooms": [one for one in ROOMS if caller is not None and one.needs in caller.may],
        "who": "" if caller is None else "this machine" if caller.name == "local" else "",
        "signed_in": caller is not None and caller.name.startswith("user:"),
    }
    return Response(_templates.get_template(template).render({**framed, **values}), status, WORKING, "text/html")


def fragment(template: str, status: int = 200, /, **values: Any) -> Response:
    """A piece of a page, for the script that asked for it."""
    return Response(_templates.get_template(template).render(**values), status, WORKING, "text/html")


def to(path: str) -> Response:
    """Another page of ours is asked for next, with GET."""
    return RedirectResponse(path, 303, CLOSED)


def caller_in(request: Request) -> Caller:
    """Who asks, as the door has it: every page but those of signing in has one."""
    caller: Caller = request.scope["state"]["caller"]
    return caller
