"""What pages are dressed with: style sheets, scripts, pictures; served under a name made of what is in them.

One name for all together, so that a script finds those that it imports beside it; what is asked for by it may be kept
for ever. Scripts of others lie in `vendor/`, fetched when the package is built (`fetch_scripts.py`), or not at all.
"""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

FOLDER: Final = Path(__file__).parents[1] / "static"
PATH: Final = "/static/{version}/{name:path}"
KINDS: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOR_EVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Part:
    """One file, as it is sent."""

    kind: str
    raw: bytes
    packed: bytes


@dataclass(frozen=True, slots=True)
class Parts:
    """All files, read once, and the version that their contents make."""

    version: str
    by_name: Mapping[str, Part]

    def path_of(self, name: str) -> str:
        """Where a browser finds a file. Raises KeyError for one that is not there."""
        self.by_name[name]
        return f"/static/{self.version}/{name}"

    def has(self, name: str) -> bool:
        """Whether the file is there."""
        return name in self.by_name

    @property
    def sheets(self) -> tuple[str, ...]:
        """The style sheets, the colours first: what comes later uses them."""
        first = ("tokens.css", "frame.css")
        return (*first, *sorted(name for name in self.by_name if name.endswith(".css") and name not in first))


@cache
def parts(folder: Path = FOLDER) -> Parts:
    """What a folder holds."""
    found = {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.suffix in KINDS and file.is_file()
    }
    digest = hashlib.sha256()
    for name, raw in found.items():
        digest.update(f"{name}\0{len(raw)}\0".encode() + raw)
    return Parts(
        digest.hexdigest()[:12],
        {name: Part(KINDS[Path(name).suffix], raw, gzip.compress(raw, mtime=0)) for name, raw in found.items()},
    )


async def _answer(request: Request) -> Response:
    """`GET /static/VERSION/NAME`. A page of another release may ask by another version: it gets what there is."""
    known = parts()
    part = known.by_name.get(request.path_params["name"])
    if part is None:
        return Response(status_code=404)
    own = request.path_params["version"] == known.version
    headers = {
        "Cache-Control": _FOR_EVER if own else "no-cache",
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept-Encoding",
    }
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(part.packed, 200, {**headers, "Content-Encoding": "gzip"}, part.kind)
    return Response(part.raw, 200, headers, part.kind)


ROUTE: Final = Route(PATH, _answer, methods=["GET"])
