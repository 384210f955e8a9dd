"""`dq erase`: a recipient forgotten; what would go is shown first."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from dq_service.cli.options import Data, WrongUse, many, settings_of

if TYPE_CHECKING:
    from dq_service.service.erasure import Traces
    from dq_service.service.recipient import Recipient
    from dq_service.settings import Settings


def erase(
    phone: Annotated[str, typer.Option(metavar="PHONE", help="Whoever has this phone, in any form.")] = "",
    email: Annotated[str, typer.Option(metavar="ADDRESS", help="Whoever has this e-mail address.")] = "",
    name: Annotated[str, typer.Option(metavar="NAME", help="Whoever is called so at --postal-code.")] = "",
    postal_code: Annotated[str, typer.Option("--postal-code", metavar="CODE", help="With --name.")] = "",
    basis: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the audit log: a number of the request.")] = "",
    under_way: Annotated[bool, typer.Option("--under-way", help="Orders that are under way go, too.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Does it; without, it is only shown what would go.")] = False,
    data: Data = None,
) -> int:
    """Deletes every order that names a recipient, with all that hangs on it.

    Looks at every party and contact of every order that was kept, and at texts. Counts stay, and so does the audit
    log, without what it says of them. Nobody can take it back. The database's files are written anew: orders wait
    meanwhile.
    """
    from dq_service.cli.errand import carried_out
    from dq_service.service.recipient import recipient

    settings = settings_of(data)
    try:
        who = recipient(phone, email, name, postal_code)
    except ValueError as error:
        raise WrongUse(str(error)) from None
    if who.named_in(basis):
        raise WrongUse("--basis names them and would stay in the audit log; give a number of the request")
    found = _found(settings, who)
    going = [one.id for one in found.orders if under_way or not one.under_way]
    for one in found.orders:
        left = "" if one.id in going else "  under way, is left"
        print(f"{one.id}  {one.partner}  {one.received_id}  {one.lifecycle}  {one.changed_at:%Y-%m-%d}{left}")
    if not found.orders and not found.lines:
        _aside("no order and no line of the audit log names them")
    if len(found.orders) > len(going):
        _aside(f"{many(len(found.orders) - len(going), 'order')} under way: --under-way deletes these, too")
    if not yes and (going or found.lines):
        _aside(
            f"{many(len(going), 'order')} and {many(len(found.lines), 'more line')} of the audit log would go: --yes"
        )
    if not yes:
        return 0
    wanted = {"orders": going, "lines": list(found.lines), "basis": basis}
    done = carried_out(settings, "erase", wanted, patience=(3.0, 3600.0))
    _aside(
        f"{many(done['orders'], 'order')} and {many(done['events'], 'event')} deleted, "
        f"{many(done['lines'], 'line')} of the audit log erased"
    )
    if not done["scrubbed"]:
        raise WrongUse("somebody reads an older state, so bytes of them are still in the database's log: erase again")
    return 0


def _found(settings: "Settings", who: "Recipient") -> "Traces":
    """Looked for here, whoever writes the database. Raises WrongUse."""
    from dq_service.cli.database import looked_at
    from dq_service.cli.errand import now
    from dq_service.cli.terminal import progress
    from dq_service.service import erasure
    from dq_service.store import dump

    with looked_at(settings) as database:
        if database is None:
            return erasure.Traces((), ())
        with database.reading() as connection:
            total = dump.count(connection, "orders")
        with progress("orders", total) as moved:
            return erasure.find(database, who, now(), moved)


def _aside(line: str) -> None:
    print(line, file=sys.stderr)
