"""The installation's secret, from which everything is derived that only we can make or check."""

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

FILE: Final = "secret"
SHORTEST: Final = 32  # characters of a secret that is given


@dataclass(frozen=True, slots=True)
class Secret:
    """One secret. `id` tells two apart and gives neither away."""

    value: bytes = field(repr=False)

    def derived(self, purpose: str) -> bytes:
        """32 bytes for one purpose alone."""
        return hmac.digest(self.value, purpose.encode(), "sha256")

    @property
    def id(self) -> str:
        """Eight hexadecimal digits."""
        return self.derived("id").hex()[:8]

    @classmethod
    def new(cls) -> "Secret":
        """One that nobody else has, for as long as it is held."""
        return cls(secrets.token_bytes(32))

    @classmethod
    def of(cls, given: str, data: Path) -> "Secret":
        """The one given (DQ_SECRET), else that of the data folder, made there when it is first asked for.

        Raises OSError where the folder can be neither read nor written.
        """
        if given:
            return cls(hashlib.sha256(given.encode()).digest())
        file = data / FILE
        with suppress(FileNotFoundError):
            return cls._read(file)
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        whole = data / f".{FILE}.{os.getpid()}.{secrets.token_hex(4)}"
        opened = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(opened, "wb") as out:
                out.write(secrets.token_hex(32).encode())
                out.flush()
                os.fsync(out.fileno())
            with suppress(FileExistsError):
                os.link(whole, file)  # never over one that another process made meanwhile
        finally:
            whole.unlink(missing_ok=True)
        return cls._read(file)

    @classmethod
    def _read(cls, file: Path) -> "Secret":
        return cls(hashlib.sha256(file.read_bytes().strip()).digest())
