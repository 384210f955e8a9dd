"""What the log is told of an exception of ours: never its message, which may quote an order."""

import traceback


def told(broke: BaseException) -> str:
    """The class and the lines of code that it went through, without any value."""
    return f"{type(broke).__module__}.{type(broke).__qualname__} at\n{frames_of(broke)}"


def frames_of(broke: BaseException) -> str:
    """The lines of code that it went through."""
    return "".join(traceback.format_tb(broke.__traceback__))
