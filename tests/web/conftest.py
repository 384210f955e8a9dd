"""What the tests of the web share: one server."""

from tests.web.served import served

__all__ = ["served"]
