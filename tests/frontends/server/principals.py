"""Several users of one server, and what each may do, for the tests of the routes."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth import Authorizer, IdentityProvider, User


class SeveralUsers(IdentityProvider):
    """The usual token and cookie; and whoever a header names, as an OAuth proxy would."""

    async def get_user(self, handler: Any) -> User | None:
        named = handler.request.headers.get("X-Test-User")
        if named:
            handler._token_authenticated = True  # as for a token: no page of a browser sent it
            return User(username=named)
        user: User | None = await super().get_user(handler)
        return user


class ReadersAndOwners(Authorizer):
    """`stranger` may do nothing, `reader` may read; all others may do all."""

    def is_authorized(self, handler: Any, user: User, action: str, resource: str) -> bool:
        if user.username == "reader":
            return action == "read"
        return user.username != "stranger"
