"""What is said of a source that was imported but cannot be read now."""


class Unavailable(Exception):
    """A source that is configured cannot be asked now: the rules that need it are `not_evaluated`."""
