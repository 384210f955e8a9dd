"""`dq keys`: who may send orders and ask for them, by a key."""

import re
import sys
from datetime import timedelta
from typing import Annotated, Any, Final, TypeAlias

import typer

from dq_service.cli.options import Data, WrongUse, settings_of
from dq_service.service.access import KEY_SCOPES, PERMISSIONS

commands = typer.Typer(name="keys", help="API keys: made, listed, rotated, revoked.", no_args_is_help=True)

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "": 86_400}
_LONGEST: Final = timedelta(days=3650)

Prefix: TypeAlias = Annotated[str, typer.Argument(metavar="KEY", help="The eight characters that name it.")]


@commands.command("create")
def create(
    partner: Annotated[
        str, typer.Option(metavar="NAME", help="Whose orders it sends and sees. [default: everybody's]")
    ] = "",
    scope: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SCOPE",
            help=f"What it may: {', '.join(PERMISSIONS)}. Again for each. [default: {', '.join(KEY_SCOPES)}]",
        ),
    ] = None,
    name: Annotated[str, typer.Option(metavar="TEXT", help="What it is for, for people.")] = "",
    expires: Annotated[str, typer.Option(metavar="TIME", help="When it ends: 90d, 12h. [default: never]")] = "",
    test: Annotated[
        bool, typer.Option("--test", help="A test key: its orders count in no figure and go to no destination.")
    ] = False,
    data: Data = None,
) -> int:
    """Makes a key and prints it, this once.

    Once there is a key, everybody who asks must have one, or be signed in.
    """
    from dq_service.cli.errand import carried_out

    wanted = {
        "partner": partner or None,
        "scopes": scope or [],
        "test": test,
        "name": name,
        "lasts": seconds_of(expires).total_seconds() if expires else None,
    }
    made = carried_out(settings_of(data), "keys.create", wanted)
    print(made["key"])
    _aside(f"{_whose(made)}; may {', '.join(made['scopes'])}. It is not shown again.")
    return 0


@commands.command("list")
def listed(
    every: Annotated[bool, typer.Option("--all", help="Also those that have ended.")] = False, data: Data = None
) -> int:
    """The keys: whose, what they may, when they end, when they were last used."""
    from rich.table import Table

    from dq_service.cli.database import looked_at
    from dq_service.cli.errand import now
    from dq_service.cli.terminal import show
    from dq_service.service import keys

    with looked_at(settings_of(data)) as database:
        found = [] if database is None else keys.every(database)
    at = now()
    shown = [key for key in found if every or not keys.ended(key, at)]
    if not shown:
        some = f"{len(found)} that have ended; " if found else ""
        print(f"no keys; {some}dq keys create makes one")
        return 0
    table = Table.grid(padding=(0, 2, 0, 0))
    for title in ("key", "partner", "may", "made", "ends", "last used", "for"):
        table.add_column(title, overflow="fold")
    table.add_row("key", "partner", "may", "made", "ends", "last used", "for")
    for key in shown:
        end = key.revoked_at or key.expires_at
        ends = "never" if end is None else f"{'revoked ' if key.revoked_at else ''}{end:%Y-%m-%d %H:%M} UTC"
        table.add_row(
            f"{'test ' if key.test else ''}{key.prefix}",
            key.partner if key.partner is not None else "(all)",
            " ".join(key.scopes),
            f"{key.created_at:%Y-%m-%d}",
            ends,
            "never" if key.used_on is None else f"{key.used_on:%Y-%m-%d}",
            key.name,
        )
    show(table)
    return 0


@commands.command("rotate")
def rotate(
    key: Prefix,
    overlap: Annotated[str, typer.Option(metavar="TIME", help="How long the old one goes on: 24h, 30m, 0.")] = "24h",
    data: Data = None,
) -> int:
    """Makes a successor with the same rights; the old key ends after a while."""
    from dq_service.cli.errand import carried_out
    from dq_service.service.keys import prefix_of

    wanted = {"prefix": prefix_of(key), "overlap": seconds_of(overlap).total_seconds()}
    made = carried_out(settings_of(data), "keys.rotate", wanted)
    print(made["key"])
    _aside(f"{_whose(made)}; the old one goes on until {made['old_ends']}. The new one is not shown again.")
    return 0


@commands.command("revoke")
def revoke(key: Prefix, data: Data = None) -> int:
    """Ends a key at once: within two seconds nobody takes it any more."""
    from dq_service.cli.errand import carried_out
    from dq_service.service.keys import prefix_of

    ended = carried_out(settings_of(data), "keys.revoke", {"prefix": prefix_of(key)})
    print(f"key {ended['prefix']} is revoked")
    return 0


def seconds_of(text: str) -> timedelta:
    """A time as it is typed: `90d`, `12h`, `30m`, `20s`. Raises WrongUse."""
    found = re.fullmatch(r"([0-9]{1,6})([smhd]?)", text.strip())
    lasts = timedelta(seconds=int(found[1]) * _UNITS[found[2]]) if found else None
    if lasts is None or lasts > _LONGEST:
        raise WrongUse(f"'{text}' is no time; write 90d, 12h or 30m (at most 3650d)")
    return lasts


def _whose(made: dict[str, Any]) -> str:
    kind = "test key" if made["test"] else "key"
    return f"{kind} {made['prefix']} for {'everybody' if made['partner'] is None else made['partner']}"


def _aside(text: str) -> None:
    print(text, file=sys.stderr)
