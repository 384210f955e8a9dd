"""What a wheel carries besides the code: the rules and tables as they are written, and their compiled form.

They stand in `dq_service/_data/`. The compiled form needs the libraries named under `build-system.requires`; where
one is missing (`--no-build-isolation`) the wheel is built without it, says so, and the form is made at first use.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCES = ("rules", "reference_data")
NOT_CARRIED = (".py", ".pyc")  # the scripts that make the tables


class CarryRulesAndTables(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the files to the wheel; an editable install reads them where they are written."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Hatch calls this before it packs; `version` is `standard` or `editable`."""
        if self.target_name != "wheel" or version == "editable":
            return
        root = Path(self.root)
        carried = build_data["force_include"]
        for source in SOURCES:
            for file in sorted((root / source).rglob("*")):
                if file.is_file() and file.suffix not in NOT_CARRIED:
                    carried[str(file)] = f"dq_service/_data/{file.relative_to(root).as_posix()}"
        for file in self.compiled(root):
            carried[str(file)] = f"dq_service/_data/compiled/{file.name}"

    def compiled(self, root: Path) -> list[Path]:
        """The compiled forms, made by the package itself from the sources beside it."""
        sys.path.insert(0, str(root))
        try:
            from dq_service.build import compile_all
        except ModuleNotFoundError as missing:
            self.app.display_warning(f"no {missing.name} here: the wheel gets no compiled rules and tables")
            return []
        finally:
            sys.path.remove(str(root))
        self.folder = tempfile.TemporaryDirectory()
        compile_all(Path(self.folder.name))
        return sorted(Path(self.folder.name).iterdir())

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Hatch calls this after it packed: the compiled files are in the wheel and not needed here."""
        if hasattr(self, "folder"):
            self.folder.cleanup()
