"""How the service writes the instants that it stamps itself: RFC 3339, in UTC, to the millisecond."""

from datetime import UTC, datetime


def instant_text(instant: datetime) -> str:
    """An aware instant, as `2026-12-01T18:00:00.250Z`. What is finer is cut off, never rounded into the future."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
