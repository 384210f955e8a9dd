"""How long a connection may take, and how many there may be: whoever is slow, or many, holds up nobody else."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """What one worker bears. All but `connections` are seconds.

    `head`: from a connection's begin, or a request's first byte, until its head is there. `pause`: between two pieces
    of a body; of a stream of orders, which may well wait for its sender, `stream`. `reading`: without the reader of an
    answer taking anything of it. `notice`: from being told to stop until no connection is accepted any more.
    """

    connections: int = 1000
    head: float = 10.0
    pause: float = 20.0
    stream: float = 300.0
    reading: float = 60.0
    notice: float = 0.0
