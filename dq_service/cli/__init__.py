"""`dq`, the command line: orders checked, rules and partners looked at, the service started."""

import sys
import traceback
from typing import Annotated

import typer

from dq_service import __version__
from dq_service.cli import audit_log, keys, partners, profiles, reference, rules, users
from dq_service.cli.backup import backup, restore
from dq_service.cli.check import check
from dq_service.cli.erase import erase
from dq_service.cli.options import Data, WrongUse, settings_of

program = typer.Typer(
    name="dq",
    help="A linter and autofixer for delivery orders.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
program.command("check")(check)
program.add_typer(rules.commands, name="rules")
program.add_typer(reference.commands, name="reference")
program.add_typer(partners.commands, name="partners")
program.add_typer(profiles.commands, name="profiles")
program.add_typer(keys.commands, name="keys")
program.add_typer(users.commands, name="users")
program.command("backup")(backup)
program.command("restore")(restore)
program.command("erase")(erase)
program.add_typer(audit_log.commands, name="audit-log")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"dq-service {__version__}")
        raise typer.Exit


@program.callback()
def dq(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Prints the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="A fault of ours prints its trace. [env: DQ_DEBUG]")] = False,
) -> None:
    """A linter and autofixer for delivery orders."""


@program.command("serve")
def serve(
    host: Annotated[str, typer.Option(metavar="H", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="N", min=0, max=65535, help="0 takes any that is free.")] = 8000,
    workers: Annotated[
        int, typer.Option(metavar="N", min=1, max=64, help="Processes; more than one needs PostgreSQL.")
    ] = 1,
    data: Data = None,
) -> int:
    """The API on one port.

    Publishes rules and partners as their files are now; later changes with dq rules publish. Imported tables are
    taken up while it runs.
    """
    import gc

    gc.disable()  # a sixth of the time to start goes into collecting what stays; on again when the server is ready
    from dq_service.cli.serve import serve as run

    return run(settings_of(data), host=host, port=port, workers=workers)


@program.command("doctor")
def doctor(data: Data = None) -> int:
    """What is wrong with this installation, and what to do."""
    from dq_service.cli.doctor import doctor as run
    from dq_service.cli.terminal import show

    return run(settings_of(data), show)


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns its exit code: 2 for wrong use, in one line, and for a fault of ours."""
    given = sys.argv[1:] if arguments is None else arguments
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a sign shows `?`
    try:
        code = int(program(given, prog_name="dq", standalone_mode=False) or 0)
        sys.stdout.flush()  # a reader who has gone is noticed here, not when Python ends
    except WrongUse as error:
        return _told(str(error))
    except typer.Abort:
        return 130
    except BrokenPipeError:
        return _left()
    except Exception as error:
        return _explained(error, given)
    return code


def _explained(error: Exception, given: list[str]) -> int:
    """The one line for what went wrong, and where more of it stands if it was our fault."""
    from dq_service.intake.parquet import ExtraMissing
    from dq_service.parsing.yaml import DocumentError

    if isinstance(error, ExtraMissing):
        return _told(str(error))
    if isinstance(error, typer.TyperException):
        said = error.format_message() if hasattr(error, "format_message") else str(error)
        if said.startswith("Usage:"):  # a group of commands without one: its help
            print(said, file=sys.stderr)
            return 2
        return _told(" ".join(said.replace("Value error, ", "").split()))
    if isinstance(error, DocumentError):
        for problem in error.problems:
            print(problem, file=sys.stderr)
        many = "" if len(error.problems) == 1 else "s"
        return _told(f"{len(error.problems)} problem{many} in our own files; nothing was checked")
    if isinstance(error, OSError) and error.strerror:
        return _told(f"{error.filename}: {error.strerror}" if error.filename else error.strerror)
    return _fault(error, given)


def _fault(error: Exception, given: list[str]) -> int:
    """A bug: its trace for who asked for it, else a file with the frames; no message, it may quote an order."""
    from dq_service.cli.options import debugging

    if "--debug" in given or debugging():
        traceback.print_exception(error)
        return 2
    import tempfile

    from dq_service.faults import frames_of

    with tempfile.NamedTemporaryFile("w", prefix="dq-fault-", suffix=".txt", delete=False, encoding="utf-8") as log:
        log.write(f"dq-service {__version__}\n{frames_of(error)}{type(error).__name__}\n")
    return _told(f"a fault of ours ({type(error).__name__}); its trace is in {log.name}, or use --debug")


def _told(line: str) -> int:
    print(f"dq: {line}", file=sys.stderr)
    return 2


def _left() -> int:
    """Whoever read our output has gone: nothing more is written, and no complaint at the end."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1
