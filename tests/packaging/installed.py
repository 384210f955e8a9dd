"""The product as its users have it: a wheel, installed where nobody may write, started by a user without rights."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.web.served import Served, environment, port_in

ROOT = Path(__file__).parents[2]
NOBODY = 65534
TOLD = 60  # seconds in which a command says what is wrong


@dataclass(frozen=True, slots=True)
class Installed:
    """A prefix with the wheel in it and nothing else; what it stands on is the environment of the tests."""

    prefix: Path

    def command(self, *words: str) -> list[str]:
        """A `dq` command as it is started, by a user without rights."""
        return [*PYTHON, str(self.prefix / "bin" / "dq"), *words]

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """What it is started with."""
        return {**_paths(str(self.prefix)), "HOME": "/nonexistent", **variables}

    def run(self, *words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """A command to its end."""
        return subprocess.run(
            self.command(*words), env=self.environment(variables), capture_output=True, text=True, cwd="/", timeout=TOLD
        )

    @contextmanager
    def serving(self, data: Path, *words: str, **variables: str) -> Iterator[Served]:
        """A server that is ready; it ends well."""
        log = data.parent / "server.txt"
        with log.open("w") as errors:
            process = subprocess.Popen(
                self.command("serve", "--port", "0", "--data", str(data), *words),
                env=self.environment(variables),
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd="/",
            )
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line.startswith("dq-service on "), log.read_text()
            yield Served(port_in(line), process, log)
        finally:
            process.terminate()
            code = process.wait(30)
            process.stdout.close()
        assert code == 0, log.read_text()


def install(wheel: Path, prefix: Path) -> Installed:
    """The wheel in a prefix that is read-only from then on."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(prefix)]
    subprocess.run([*command, str(wheel)], check=True, capture_output=True)
    for path in (prefix, *prefix.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    return Installed(prefix)


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that this user without rights may look into, and a folder `own` in it that is theirs."""
    made = Path(tempfile.mkdtemp(prefix="dq-packaging-"))
    made.chmod(0o755)
    (made / "own").mkdir(mode=0o700)
    if os.getuid() == 0:
        os.chown(made / "own", NOBODY, NOBODY)
    try:
        yield made
    finally:
        for path in made.rglob("*"):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)
        shutil.rmtree(made)


def _python() -> Sequence[str]:
    """A Python that a user without rights can start, as that user; this one may stand in somebody's home.

    Nothing where there is none.
    """
    as_nobody: Sequence[str] = ()
    if os.getuid() == 0:
        if shutil.which("setpriv") is None:
            return ()
        as_nobody = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    again = (
        "import orjson, subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', 'import orjson']).returncode)"
    )
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        command = [*as_nobody, python]
        with suppress(OSError):
            if not subprocess.run([*command, "-c", again], env=_paths(), capture_output=True, cwd="/").returncode:
                return command
    return ()


def _paths(*first: str) -> dict[str, str]:
    """The environment of a Python that finds what the tests' own finds."""
    return {**environment(), "PYTHONPATH": os.pathsep.join([*first, sysconfig.get_path("purelib")])}


PYTHON = _python()
