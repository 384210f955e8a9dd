"""Makes places.csv, a row for each ZIP of the United States, from the PyPI package `zipcodes` 3.0.0 (MIT).

    python reference_data/scripts/places.py > reference_data/places.csv

The package's data names the postal city, the names the post accepts beside it and those that it does not, as
USPS City State publishes them. Its country column is left out: military post has a state of its own.
"""

import csv
import re
import sys
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

COLUMNS = (
    "postal_code",
    "type",
    "status",
    "city",
    "acceptable",
    "not_acceptable",
    "state",
    "county",
    "time_zone",
    "latitude",
    "longitude",
    "area_codes",
)
CUT_AT = 1024  # the source cuts a list of names after this many characters, in the middle of a name
ACRONYMS = {"Apo": "APO", "Fpo": "FPO", "Dpo": "DPO", "Afb": "AFB", "Slc": "SLC"}


def spelled(name: str) -> str:
    """A name with its capitals: `Mchenry` is McHenry, `Apo` is APO."""
    words = (ACRONYMS.get(word, word) for word in name.split())
    return re.sub(r"\bMc([a-z])(?=[a-z]{2})", lambda found: "Mc" + found[1].upper(), " ".join(words))


def spelled_list(names: list[str]) -> str:
    """Names joined by a bar, in order, without repeats and without one that the source cut."""
    whole = names[:-1] if len(", ".join(names)) >= CUT_AT else names
    return "|".join(dict.fromkeys(spelled(name) for name in whole if name.strip()))


def time_zone(name: str) -> str:
    """The IANA name, or nothing where the source has another word in that column."""
    try:
        return ZoneInfo(name).key if name else ""
    except (ZoneInfoNotFoundError, ValueError):
        return ""


def degrees(value: str, other: str) -> str:
    """A coordinate; nothing for the source's 0, 0, which stands for unknown."""
    return "" if float(value) == 0 == float(other) else f"{float(value):.4f}".rstrip("0").rstrip(".")


def main() -> None:
    import zipcodes

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in sorted(zipcodes.list_all(), key=lambda row: row["zip_code"]):
        writer.writerow(
            (
                row["zip_code"],
                row["zip_code_type"].lower().replace(" ", "_"),
                "" if row["active"] else "retired",
                spelled(row["city"]),
                spelled_list([name for name in row["acceptable_cities"] if name != row["city"]]),
                spelled_list(row["unacceptable_cities"]),
                row["state"],
                row["county"],
                time_zone(row["timezone"]),
                degrees(row["lat"], row["long"]),
                degrees(row["long"], row["lat"]),
                "|".join(row["area_codes"]),
            )
        )


if __name__ == "__main__":
    main()
