"""Brings the rows and fingerprints in sources.yaml up to date with the tables beside it.

    python reference_data/scripts/sources.py          # writes sources.yaml
    python reference_data/scripts/sources.py --check  # says what is out of date, exit code 1 if anything is

Run it after every change to a table; set the `date` of the table by hand, to the day its content was checked.
"""

import csv
import hashlib
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

FOLDER = Path(__file__).resolve().parent.parent
SOURCES = FOLDER / "sources.yaml"


def facts(table: Path) -> dict[str, Any]:
    """Rows without the header, and the SHA-256 of a table's bytes."""
    content = table.read_bytes()
    return {
        "rows": sum(1 for _ in csv.reader(content.decode().splitlines())) - 1,
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def out_of_date(sources: Any, folder: Path = FOLDER) -> list[str]:
    """What sources.yaml says wrongly, and tables it does not name. An empty list: it is up to date."""
    wrong = []
    named = {entry["file"]: entry for entry in sources["tables"]}
    for name, entry in named.items():
        if not (folder / name).is_file():
            wrong.append(f"{name}: there is no such table")
            continue
        for fact, value in facts(folder / name).items():
            if entry.get(fact) != value:
                wrong.append(f"{name}: {fact} is {value}, not {entry.get(fact)}")
    wrong += [f"{path.name}: not in sources.yaml" for path in folder.glob("*.csv") if path.name not in named]
    return wrong


def main(arguments: list[str]) -> int:
    """Checks or rewrites sources.yaml; the exit code."""
    yaml = YAML()
    yaml.width = 120
    sources = yaml.load(SOURCES)
    if "--check" in arguments:
        wrong = out_of_date(sources)
        print("\n".join(wrong) or "sources.yaml is up to date")
        return 1 if wrong else 0
    for entry in sources["tables"]:
        entry.update(facts(FOLDER / entry["file"]))
    yaml.dump(sources, SOURCES)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
