"""`dq audit-log`: who did what, and whether the log of it is whole."""

import sys
from typing import Annotated

import typer

from dq_service.cli.options import Data, WrongUse, many, settings_of

commands = typer.Typer(help="Who did what, in a log that can be verified.", no_args_is_help=True, rich_markup_mode=None)


@commands.command("verify")
def verify(
    head: Annotated[
        str,
        typer.Option("--head", metavar="HASH", help="A head that was written down elsewhere: it must be in the log."),
    ] = "",
    data: Data = None,
) -> int:
    """Goes along the whole log: says how many lines it has and its head, or the first line that is wrong.

    Write the head down where nobody who can write the database can write: with it, lines that were cut off are
    noticed, too.
    """
    from dq_service.cli.database import reading
    from dq_service.store import audit

    if head and not (len(head) == 64 and set(head) <= set("0123456789abcdef")):
        raise WrongUse("--head wants the 64 hexadecimal digits that dq audit-log verify printed")
    with reading(settings_of(data)) as connection:
        found = audit.verify(connection, head)
    if isinstance(found, audit.Broken):
        print(f"line {found.number}: {found.how}" if found.number else found.how)
        print("the audit log is not what was written", file=sys.stderr)
        return 1
    erased = f", {found.erased:,} of them erased" if found.erased else ""
    print(f"{many(found.count, 'line')}{erased}, head {found.head}")
    return 0


@commands.command("list")
def listed(
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=10_000, help="How many lines.")] = 50,
    data: Data = None,
) -> int:
    """The newest lines of the log, newest first."""
    from dq_service.cli.database import reading
    from dq_service.store import audit
    from dq_service.store.written import text_of

    with reading(settings_of(data)) as connection:
        for line in audit.lines(connection, limit=limit):
            detail = "erased" if line.detail is None else text_of(line.detail)
            at = line.at.isoformat(" ", "seconds").removesuffix("+00:00")
            print(f"{line.number:>6} {at}Z {line.actor or '-'} {line.action} {line.object or '-'} {detail}")
    return 0
