"""Which pages answer for the person: those that they opened, and no script in an output of one.

What an output shows can run scripts in the page's own origin, with its cookies. Such a script can
ask any route and open any socket. So a page is handed a ticket with its own HTML, where scripts of
other pages cannot read it (see `ticketing`), and spends it on its socket before it shows an output.
From then on a secret of its own, which it keeps in a closure, makes that connection the page's.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable

GRACE_SECONDS = 1.0  # in which a page whose connection broke off is there again
TICKET_SECONDS = 600.0  # in which a page has loaded
SHORTEST_SECRET = 32
MOST = 1_000  # tickets, and pages, that are remembered


class Pages:
    """The pages that answer, by the secret that each made; and the tickets not spent so far."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._tickets: dict[str, tuple[float, bool]] = {}  # when each was handed out; if alone
        self._secrets: list[str] = []
        self._connections: set[object] = set()
        self._left = -GRACE_SECONDS
        self._waiting: dict[object, str] = {}

    def ticket(self, *, alone: bool) -> str:
        """A ticket for a page that is about to load.

        An `alone` one is for a page of which it is not known whether the person opened it: it
        answers while no other page does.
        """
        made = secrets.token_urlsafe(SHORTEST_SECRET)
        self._tickets[made] = (self._now(), alone)
        for oldest in list(self._tickets)[:-MOST]:
            del self._tickets[oldest]
        return made

    def claim(self, connection: object, secret: str, ticket: str = "") -> bool:
        """Take a connection for that of a page; returns whether the page answers for the person."""
        if len(secret) < SHORTEST_SECRET:
            return False
        if self._knows(secret):
            self._connections.add(connection)
            return True
        handed_out, alone = self._tickets.pop(ticket, (-TICKET_SECONDS, True))
        if self._now() - handed_out >= TICKET_SECONDS:
            return False
        if alone:
            self._waiting[connection] = secret
            return self.answers(connection)
        self._let(connection, secret)
        return True

    def leave(self, connection: object) -> None:
        """A connection is closed."""
        self._waiting.pop(connection, None)
        if connection in self._connections:
            self._connections.discard(connection)
            self._left = self._now()

    def waits(self, connection: object) -> bool:
        """Whether this connection's page is one that answers when no other page does."""
        return connection in self._waiting

    def answers(self, connection: object) -> bool:
        """Whether this connection's page answers for the person now."""
        if connection in self._connections:
            return True
        if self._connections or self._now() - self._left < GRACE_SECONDS or not self._waiting:
            return False
        newest = next(reversed(self._waiting))  # a script of the page that is gone came earlier
        if newest is not connection:
            return False
        self._let(newest, self._waiting.pop(newest))
        return True

    def _let(self, connection: object, secret: str) -> None:
        self._secrets = [*self._secrets[1 - MOST :], secret]
        self._connections.add(connection)

    def _knows(self, secret: str) -> bool:
        given = secret.encode()
        return any(hmac.compare_digest(given, known.encode()) for known in self._secrets)
