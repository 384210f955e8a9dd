"""Where the tables and the rules lie: inside an installed wheel, or at the top of a checkout."""

from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).resolve().parent.parent


def tables_folder() -> Path:
    """The folder of the reference tables. Raises FileNotFoundError where the installation has none."""
    return _shipped("reference_data")


def rules_folder() -> Path:
    """The folder of the rules that ship. Raises FileNotFoundError where the installation has none."""
    return _shipped("rules")


def profiles_folder() -> Path:
    """The folder of the profiles that ship. Raises FileNotFoundError where the installation has none."""
    return tables_folder() / "profiles"


def _shipped(name: str) -> Path:
    for folder in (PACKAGE / "_data" / name, PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"this installation has no {name} folder; install the package again")
