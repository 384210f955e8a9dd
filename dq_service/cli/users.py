"""`dq users`: who may sign in, and as what."""

import sys
from typing import Annotated, TypeAlias

import typer

from dq_service.cli.options import Data, WrongUse, settings_of
from dq_service.service.access import ROLES

commands = typer.Typer(name="users", help="People who sign in: added, listed, disabled, reset.", no_args_is_help=True)

Name: TypeAlias = Annotated[str, typer.Argument(metavar="NAME", help="Their e-mail address, or another name.")]


@commands.command("add")
def add(
    name: Name,
    role: Annotated[str, typer.Option(metavar="ROLE", help=f"One of {', '.join(ROLES)}.")],
    partner: Annotated[str, typer.Option(metavar="NAME", help="Of role partner: whose orders they see.")] = "",
    no_password: Annotated[
        bool, typer.Option("--no-password", help="They sign in at the identity provider (DQ_OIDC_ISSUER) alone.")
    ] = False,
    data: Data = None,
) -> int:
    """Adds a user and prints a password for the first time that they sign in; they then choose their own."""
    from dq_service.cli.errand import carried_out

    wanted = {"name": name, "role": role, "partner": partner or None, "password": not no_password}
    made = carried_out(settings_of(data), "users.add", wanted)
    if made["password"]:
        print(made["password"])
    whose = f" of {made['partner']}" if made["partner"] else ""
    print(f"{made['name']} is added as {made['role']}{whose}", file=sys.stderr)
    return 0


@commands.command("list")
def listed(data: Data = None) -> int:
    """The users: their role, when they last signed in, whether they are let in."""
    from rich.table import Table

    from dq_service.cli.database import looked_at
    from dq_service.cli.terminal import show
    from dq_service.service import users

    with looked_at(settings_of(data)) as database:
        found = [] if database is None else users.every(database)
    if not found:
        print("no users; dq users add NAME --role ROLE adds one, the first dq serve adds admin")
        return 0
    table = Table.grid(padding=(0, 2, 0, 0))
    for title in ("name", "role", "last signed in", ""):
        table.add_column(title)
    table.add_row("name", "role", "last signed in", "")
    for user in found:
        said = "disabled" if user.disabled_at else "has not chosen a password yet" if user.must_change else ""
        seen = "never" if user.signed_in_at is None else f"{user.signed_in_at:%Y-%m-%d %H:%M} UTC"
        table.add_row(user.name, user.role + (f" of {user.partner}" if user.partner else ""), seen, said)
    show(table)
    return 0


@commands.command("disable")
def disable(name: Name, data: Data = None) -> int:
    """Lets a user in no more; whatever they have open ends."""
    return _changed("users.disable", name, "is disabled", data)


@commands.command("enable")
def enable(name: Name, data: Data = None) -> int:
    """Lets a user in again."""
    return _changed("users.enable", name, "is let in again", data)


@commands.command("reset")
def reset(name: Name, data: Data = None) -> int:
    """Prints a new password for a user; whatever they have open ends, and they then choose their own."""
    from dq_service.cli.errand import carried_out

    made = carried_out(settings_of(data), "users.reset", {"name": name})
    print(made["password"])
    print(f"{made['name']} is {made['role']}", file=sys.stderr)
    return 0


def _changed(kind: str, name: str, said: str, data: Data) -> int:
    from dq_service.cli.errand import carried_out

    if not name.strip():
        raise WrongUse("a user has a name")
    made = carried_out(settings_of(data), kind, {"name": name})
    print(f"{made['name']} {said}")
    return 0
