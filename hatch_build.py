"""What a wheel carries besides the code: the rules and tables as they are written, their compiled form, and scripts.

Rules and tables stand in `dq_service/_data/`, scripts of others (`fetch_scripts.py`) beside the pages' own. Compiling
needs the libraries named under `build-system.requires`; where one is missing (`--no-build-isolation`) the wheel is
built without the compiled form, says so, and it is made at first use. A rule that is not proved stops the build.
"""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCES = ("rules", "reference_data")
NOT_CARRIED = shutil.ignore_patterns("*.py", "__pycache__", "compiled.*")  # the tables' scripts; a checkout's own forms


class CarryRulesAndTables(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the files to the wheel; an editable install reads them where they are written."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Hatch calls this before it packs; `version` is `standard` or `editable`."""
        if self.target_name != "wheel" or version == "editable":
            return
        self.folder = tempfile.TemporaryDirectory()
        staged = Path(self.folder.name)
        for source in SOURCES:
            shutil.copytree(Path(self.root) / source, staged / source, ignore=NOT_CARRIED)
        self.compile(staged)
        scripts = self.fetch(staged.with_name(f"{staged.name}-scripts"))
        for folder, place in ((staged, "dq_service/_data"), (scripts, "dq_service/web/static/vendor")):
            for file in sorted(folder.rglob("*")):
                if file.is_file():
                    build_data["force_include"][str(file)] = f"{place}/{file.relative_to(folder).as_posix()}"

    def fetch(self, folder: Path) -> Path:
        """The scripts of others: those that lie in the checkout already, else fetched into a folder."""
        sys.path.insert(0, self.root)
        try:
            import fetch_scripts
        finally:
            sys.path.remove(self.root)
        if all((fetch_scripts.VENDOR / name).is_file() for name in fetch_scripts.TAKEN.values()):
            return fetch_scripts.VENDOR
        self.scripts = folder
        try:
            fetch_scripts.fetch(folder)
        except fetch_scripts.NotFetched as why:
            self.app.display_warning(f"no scripts of others ({why}): the pages work without")
        return folder

    def compile(self, staged: Path) -> None:
        """Puts the compiled forms beside their sources; the package does it itself."""
        sys.path.insert(0, self.root)
        try:
            from dq_service.build import compile_all
        except ModuleNotFoundError as missing:
            self.app.display_warning(f"no {missing.name} here: the wheel gets no compiled rules and tables")
            return
        finally:
            sys.path.remove(self.root)
        compile_all(staged)

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Hatch calls this after it packed: the staged files are in the wheel and not needed here."""
        if hasattr(self, "folder"):
            self.folder.cleanup()
        if hasattr(self, "scripts"):
            shutil.rmtree(self.scripts, ignore_errors=True)
