"""What the environment says: read once, when a program starts, and handed on as one frozen value."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")
Network: TypeAlias = IPv4Network | IPv6Network

APPLICATION: Final = "dq-service"
DATABASE_FILE: Final = "dq.db"
RATE_LIMIT: Final = 1000.0
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
        secret=True,  # it may hold a password
    ),
    Setting(
        "DQ_SECRET",
        "what keys and cursors are made with, 32 characters or more; the same on every machine of an installation",
        "the file secret in the data folder, made at the first start",
        "secret",
        secret=True,
    ),
    Setting(
        "DQ_PUBLIC_URL", "where browsers reach this server: https://dq.example.com", "the host asked", "public_url"
    ),
    Setting(
        "DQ_RATE_LIMIT",
        "requests a second that a key may make, of all workers of this server together; more are answered 429",
        "1000",
        "rate_limit",
    ),
    Setting("DQ_OIDC_ISSUER", "the identity provider that users may sign in with", "none", "oidc_issuer"),
    Setting("DQ_OIDC_CLIENT_ID", "this service's name at that provider", "none", "oidc_client_id"),
    Setting("DQ_OIDC_CLIENT_SECRET", "its password there", "none", "oidc_client_secret", secret=True),
    Setting("DQ_OIDC_CLAIM", "the claim of an ID token whose values give a role", "groups", "oidc_claim"),
    Setting(
        "DQ_OIDC_ROLES",
        "which value of that claim gives which role: dq-admins=admin, ops=manager, acme-desk=partner:acme",
        "none: only users that are there come in, by their verified e-mail address",
        "oidc_roles",
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
    Setting(
        "DQ_EVENTS_KEPT",
        "how long events and finished deliveries are kept, at least a day; what is pending stays",
        "P30D",
        "events_kept",
    ),
    Setting(
        "DQ_DECISION_DELAY",
        "seconds until what a reviewer decides takes effect, in which it can be undone without a trace",
        "10",
        "decision_delay",
    ),
    Setting("DQ_DEADLINE_MS", "how long an HTTP check may take, in milliseconds", "250", "deadline_ms"),
    Setting("DQ_MAX_BODY", "the largest HTTP body: bytes, 512KiB, 4MiB", "1MiB", "max_body"),
    Setting("DQ_MAX_FILE", "the largest file that is checked on a page: bytes, 512KiB, 20MiB", "20MiB", "max_file"),
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
    max_file: int = 20 * 2**20
    webhook_networks: tuple[Network, ...] = ()
    log_format: str = ""  # "": by where the log goes
    log_level: str = "info"
    log_requests: str = "all"
    max_connections: int = 1000
    stop_notice: float = 0.5
    outbox_age: float = 300.0
    events_kept: timedelta = timedelta(days=30)
    decision_delay: float = 10.0
    unproved: bool = False
    debug: bool = False
    secret: str = field(default="", repr=False)
    public_url: str = ""
    rate_limit: float = RATE_LIMIT
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    oidc_claim: str = "groups"
    oidc_roles: Mapping[str, str] = field(default_factory=dict)  # value of the claim -> role, or partner:NAME

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], data: Path | None = None) -> "Settings":
        """The settings that these variables make; `data` (of --data) wins over DQ_DATA_DIR. Raises SettingError."""
        given = environ.get("DQ_DATA_DIR", "")
        return cls(
            data=data or (Path(given).expanduser() if given else user_data()),
            database_url=environ.get("DQ_DATABASE_URL", ""),
            deadline_ms=_read(environ, "DQ_DEADLINE_MS", _milliseconds, 250),
            max_body=_read(environ, "DQ_MAX_BODY", _size, 2**20),
            max_file=_read(environ, "DQ_MAX_FILE", _size, 20 * 2**20),
            webhook_networks=_read(environ, "DQ_WEBHOOK_NETWORKS", _networks, ()),
            log_format=_read(environ, "DQ_LOG_FORMAT", _one_of("json", "text"), ""),
            log_level=_read(environ, "DQ_LOG_LEVEL", _one_of("debug", "info", "warning", "error"), "info"),
            log_requests=_read(environ, "DQ_LOG_REQUESTS", _one_of("all", "failed", "none"), "all"),
            max_connections=_read(environ, "DQ_MAX_CONNECTIONS", _connections, 1000),
            stop_notice=_read(environ, "DQ_STOP_NOTICE", _seconds, 0.5),
            events_kept=_read(environ, "DQ_EVENTS_KEPT", _days, timedelta(days=30)),
            outbox_age=_read(environ, "DQ_OUTBOX_AGE", _seconds, 300.0),
            decision_delay=_read(environ, "DQ_DECISION_DELAY", _seconds, 10.0),
            unproved=_read(environ, "DQ_UNPROVED", _flag, False),
            debug=_read(environ, "DQ_DEBUG", _flag, False),
            secret=_read(environ, "DQ_SECRET", _long_enough, ""),
            public_url=_read(environ, "DQ_PUBLIC_URL", _origin, ""),
            rate_limit=_read(environ, "DQ_RATE_LIMIT", _rate, RATE_LIMIT),
            **_oidc(environ),
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


def _oidc(environ: Mapping[str, str]) -> dict[str, Any]:
    """The settings of an identity provider. Raises SettingError where one of the three that it needs is missing."""
    names = ("DQ_OIDC_ISSUER", "DQ_OIDC_CLIENT_ID", "DQ_OIDC_CLIENT_SECRET")
    given = [name for name in names if environ.get(name, "").strip()]
    if given and (missing := [name for name in names if name not in given]):
        raise SettingError(f"{given[0]} wants {' and '.join(missing)} beside it")
    return {
        "oidc_issuer": _read(environ, "DQ_OIDC_ISSUER", _url, ""),
        "oidc_client_id": environ.get("DQ_OIDC_CLIENT_ID", "").strip(),
        "oidc_client_secret": environ.get("DQ_OIDC_CLIENT_SECRET", "").strip(),
        "oidc_claim": environ.get("DQ_OIDC_CLAIM", "").strip() or "groups",
        "oidc_roles": _read(environ, "DQ_OIDC_ROLES", _roles, dict[str, str]()),
    }


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
        hidden = any(one.secret and one.variable == variable for one in SETTINGS)
        raise SettingError(f"{variable} {error}" + ("" if hidden else f", not {text!r}")) from None


def _milliseconds(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text) <= 60_000):
        raise ValueError("wants a whole number of milliseconds from 1 to 60000")
    return int(text)


def _days(text: str) -> timedelta:
    found = re.fullmatch(r"P([0-9]{1,5})D", text)
    if found is None or not int(found[1]):
        raise ValueError("wants a number of days, as P30D")
    return timedelta(days=int(found[1]))


def _size(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,12}) ?(KiB|MiB|)", text, re.IGNORECASE)
    if found is None or not int(found[1]):
        raise ValueError("wants a number of bytes, or as 512KiB or 4MiB")
    return int(found[1]) * _UNITS[found[2].upper()]


def _long_enough(text: str) -> str:
    if len(text) < 32:
        raise ValueError("wants 32 characters or more")
    return text


def _url(text: str) -> str:
    parts = urlsplit(text)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme not in ("https", "http") or not parts.hostname or (parts.scheme == "http" and not local):
        raise ValueError("wants a URL with https (http on this machine alone)")
    return text


def _origin(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("https", "http") or not parts.netloc or parts.path.strip("/") or parts.query:
        raise ValueError("wants scheme and host alone, as https://dq.example.com")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _rate(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,7}(\.[0-9]{1,3})?", text) or not float(text):
        raise ValueError("wants a number of requests a second")
    return float(text)


def _roles(text: str) -> dict[str, str]:
    given = dict(piece.strip().rpartition("=")[::2] for piece in text.split(",") if piece.strip())
    if not all(value and re.fullmatch(r"reviewer|manager|admin|partner:\S+", role) for value, role in given.items()):
        raise ValueError("wants as ops=manager, acme-desk=partner:acme (reviewer, manager, admin, partner:NAME)")
    return given


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
