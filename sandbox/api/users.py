"""Users and teams: read only."""

from typing import Any

from flask import request

from sandbox import people
from sandbox.api.checks import page
from sandbox.api.door import caller, route
from sandbox.desk import desk
from sandbox.errors import not_found
from sandbox.store import Record


@route("/users")
def list_users() -> dict[str, Any]:
    """All users, or those with an address, a text in name or address, or one of some roles."""
    found = [user for user in desk().store.all("users") if _wanted(user)]
    return page(found, people.user_shown, ("name", "created_datetime"), "created_datetime:asc")


@route("/users/<int:user_id>")
def get_user(user_id: int) -> dict[str, Any]:
    """One user; 0 is the one who asks."""
    user = desk().store.find("users", user_id) if user_id else caller()
    if not user:
        raise not_found()
    return people.user_shown(user)


@route("/teams")
def list_teams() -> dict[str, Any]:
    """This account has no teams."""
    return page([], people.user_shown, ("name",), "name")


def _wanted(user: Record) -> bool:
    email, search, roles = request.args.get("email"), request.args.get("search"), request.args.getlist("roles")
    if email and user["email"].casefold() != email.casefold():
        return False
    if search and search.casefold() not in f"{user['name']} {user['email']}".casefold():
        return False
    return not roles or user["role"]["name"] in roles
