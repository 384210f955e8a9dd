"""Ids of what we keep: a prefix that tells what it is, and a UUID of version 7, so that newer ids sort later."""

from uuid_utils import uuid7


def new_id(prefix: str) -> str:
    """`new_id("ord")` is `ord_` and 32 hexadecimal digits (RFC 9562, section 5.7)."""
    return f"{prefix}_{uuid7().hex}"
