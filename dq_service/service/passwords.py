"""Passwords: hashed with argon2id, checked in about the same time whether there is such a user or not."""

import secrets
import threading
import unicodedata
from typing import Final

SHORTEST: Final = 12  # characters; length is what counts (NIST SP 800-63B, 3.1.1)
LONGEST: Final = 256
AT_ONCE: Final = 2  # hashes that are made beside each other: each takes 19 MiB
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
# OWASP's first choice: 19 MiB, two passes, one lane; 20 to 40 ms.
_TIME, _MEMORY, _LANES = 2, 19_456, 1

_making: Final = threading.BoundedSemaphore(AT_ONCE)
_nobodys: list[str] = []


def one_time() -> str:
    """A password for the first time that somebody signs in: 99 bits, four groups of five letters and digits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4))


def fault(password: str, name: str) -> str:
    """Why a password cannot be taken; "" where it can."""
    if len(password) < SHORTEST:
        return f"A password has {SHORTEST} characters or more."
    if len(password) > LONGEST:
        return f"A password has {LONGEST} characters at most."
    if password.strip().lower() in (name, name.partition("@")[0]) or len(set(password)) < 5:
        return "That is too easy to guess."
    return ""


def hashed(password: str) -> str:
    """What is kept of a password; takes 20 to 40 ms."""
    from argon2 import PasswordHasher

    with _making:
        return PasswordHasher(_TIME, _MEMORY, _LANES).hash(_plain(password))


def right(kept: str | None, password: str) -> bool:
    """Whether a password is the one of a hash. Without a hash (no such user, or none of theirs) as slow, and never."""
    from argon2 import PasswordHasher
    from argon2.exceptions import Argon2Error, InvalidHash

    if not _nobodys:
        _nobodys.append(hashed(secrets.token_urlsafe()))
    with _making:
        try:
            PasswordHasher(_TIME, _MEMORY, _LANES).verify(kept or _nobodys[0], _plain(password))
        except (Argon2Error, InvalidHash):
            return False
    return kept is not None


def _plain(password: str) -> str:
    """The same bytes however a keyboard composes its letters."""
    return unicodedata.normalize("NFKC", password[: LONGEST + 1])
