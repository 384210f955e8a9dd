"""What a wheel carries besides the code: the rules and tables as they are written, and their compiled form.

They stand in `dq_service/_data/`. Compiling needs the libraries named under `build-system.requires`; where one is
missing (`--no-build-isolation`) the wheel is built without the compiled form, says so, and it is made at first use.
A rule that is not proved stops the build.
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
        for file in sorted(staged.rglob("*")):
            if file.is_file():
                build_data["force_include"][str(file)] = f"dq_service/_data/{file.relative_to(staged).as_posix()}"

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
