"""What the environment says: read once, when a program starts, and handed on as one frozen value."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

T = TypeVar("T")
Network: TypeAlias = IPv4Network | IPv6Network

APPLICATION: Final = "dq-service"
DATABASE_FILE: Final = "dq.db"
_UNITS: Final = {"": 1, "KIB": 2**10, "MIB": 2**20}


class SettingError(ValueError):
    """A variable of the environment that cannot be read; its text names the variable and says what it wants."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable of the environment: what it decides, its default in words, and the field that it fills."""

    variable: str
    meaning: str
    default: str
    field: str = ""  # of `Settings`; "" for what a library reads by itself
    secret: bool = False  # its value is shown to nobody


SETTINGS: Final = (
    Setting("DQ_DATA_DIR", "the data folder, where --data does not name one", "the user's data directory", "data"),
    Setting(
        "DQ_DATABASE_URL",
        "the database of kept orders: sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME",
        "dq.db (SQLite) in the data folder",
        "database_url",
    ),
    Setting("DQ_LOG_FORMAT", "dq serve: log lines as json or as text", "text on a terminal, else json", "log_format"),
    Setting("DQ_LOG_LEVEL", "dq serve: debug, info, warning or error, and what is worse", "info", "log_level"),
    Setting(
        "DQ_LOG_REQUESTS",
        "dq serve: a log line for all requests, for those that failed (4xx, 5xx), or none",
        "all",
        "log_requests",
    ),
    Setting(
        "DQ_MAX_CONNECTIONS", "connections that each worker holds; one more is answered 503", "1000", "max_connections"
    ),
    Setting(
        "DQ_STOP_NOTICE",
        "seconds from SIGTERM, when /readyz turns 503, until no connection is accepted any more",
        "0.5",
        "stop_notice",
    ),
    Setting(
        "DQ_OUTBOX_AGE",
        "seconds that an event may wait for its webhook before /readyz lists it as trouble",
        "300",
        "outbox_age",
    ),
    Setting("DQ_DEADLINE_MS", "how long an HTTP check may take, in milliseconds", "250", "deadline_ms"),
    Setting("DQ_MAX_BODY", "the largest HTTP body: bytes, 512KiB, 4MiB", "1MiB", "max_body"),
    Setting(
        "DQ_WEBHOOK_NETWORKS",
        "networks that webhooks may be sent to though they are not public: 10.1.0.0/16, 127.0.0.0/8",
        "none",
        "webhook_networks",
    ),
    Setting(
        "DQ_UNPROVED",
        "1: rules whose examples do not hold are asked all the same, while one is written",
        "0",
        "unproved",
    ),
    Setting("DQ_DEBUG", "1: a fault of ours prints its trace", "0", "debug"),
    Setting("NO_COLOR", "anything: no colour on a terminal", "unset"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings in force. `data` may not exist: only commands that write create it."""

    data: Path
    database_url: str = ""
    deadline_ms: int = 250
    max_body: int = 2**20
    webhook_networks: tuple[Network, ...] = ()
    log_format: str = ""  # "": by where the log goes
    log_level: str = "info"
    log_requests: str = "all"
    max_connections: int = 1000
    stop_notice: float = 0.5
    outbox_age: float = 300.0
    unproved: bool = False
    debug: bool = False

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], data: Path | None = None) -> "Settings":
        """The settings that these variables make; `data` (of --data) wins over DQ_DATA_DIR. Raises SettingError."""
        given = environ.get("DQ_DATA_DIR", "")
        return cls(
            data=data or (Path(given).expanduser() if given else user_data()),
            database_url=environ.get("DQ_DATABASE_URL", ""),
            deadline_ms=_read(environ, "DQ_DEADLINE_MS", _milliseconds, 250),
            max_body=_read(environ, "DQ_MAX_BODY", _size, 2**20),
            webhook_networks=_read(environ, "DQ_WEBHOOK_NETWORKS", _networks, ()),
            log_format=_read(environ, "DQ_LOG_FORMAT", _one_of("json", "text"), ""),
            log_level=_read(environ, "DQ_LOG_LEVEL", _one_of("debug", "info", "warning", "error"), "info"),
            log_requests=_read(environ, "DQ_LOG_REQUESTS", _one_of("all", "failed", "none"), "all"),
            max_connections=_read(environ, "DQ_MAX_CONNECTIONS", _connections, 1000),
            stop_notice=_read(environ, "DQ_STOP_NOTICE", _seconds, 0.5),
            outbox_age=_read(environ, "DQ_OUTBOX_AGE", _seconds, 300.0),
            unproved=_read(environ, "DQ_UNPROVED", _flag, False),
            debug=_read(environ, "DQ_DEBUG", _flag, False),
        )

    @property
    def database(self) -> str:
        """The URL of the database: the one given, else SQLite in the data folder."""
        return self.database_url or f"sqlite:///{(self.data / DATABASE_FILE).absolute()}"

    @property
    def partners(self) -> Path:
        """The folder of partners' files."""
        return self.data / "partners"

    @property
    def profiles(self) -> Path:
        """The folder of profiles that are laid over those that ship."""
        return self.data / "profiles"

    @property
    def rules(self) -> Path:
        """The folder of rules that are laid over those that ship."""
        return self.data / "rules"

    @property
    def cache(self) -> Path:
        """The folder of what can be made again."""
        return self.data / "cache"


def user_data() -> Path:
    """Where this system keeps a user's data of this application."""
    from platformdirs import user_data_path

    return user_data_path(APPLICATION, appauthor=False)


def _read(environ: Mapping[str, str], variable: str, read: Callable[[str], T], default: T) -> T:
    text = environ.get(variable, "").strip()
    if not text:
        return default
    try:
        return read(text)
    except ValueError as error:
        raise SettingError(f"{variable} {error}, not {text!r}") from None


def _milliseconds(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text) <= 60_000):
        raise ValueError("wants a whole number of milliseconds from 1 to 60000")
    return int(text)


def _size(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,12}) ?(KiB|MiB|)", text, re.IGNORECASE)
    if found is None or not int(found[1]):
        raise ValueError("wants a number of bytes, or as 512KiB or 4MiB")
    return int(found[1]) * _UNITS[found[2].upper()]


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(map(ip_network, text.replace(",", " ").split()))
    except ValueError:
        raise ValueError("wants networks as 10.1.0.0/16, with commas between them") from None


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in words:
            raise ValueError(f"wants {', '.join(words[:-1])} or {words[-1]}")
        return text.lower()

    return read


def _connections(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text) <= 100_000):
        raise ValueError("wants a whole number from 1 to 100000")
    return int(text)


def _seconds(text: str) -> float:
    if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})?", text) is None:
        raise ValueError("wants a number of seconds")
    return float(text)


def _flag(text: str) -> bool:
    if text.lower() not in ("0", "1", "true", "false", "yes", "no", "on", "off"):
        raise ValueError("wants 1 or 0")
    return text.lower() in ("1", "true", "yes", "on")
