"""Tags of the account, and tags on a ticket."""

from typing import Any

from flask import request

from sandbox import events, tags, tickets
from sandbox.api.checks import Fields, page
from sandbox.api.door import body, caller, route
from sandbox.desk import desk
from sandbox.errors import ApiError, not_found
from sandbox.store import Record


@route("/tags")
def list_tags() -> dict[str, Any]:
    """All tags, or those with a text in their name."""
    search = request.args.get("search", "").casefold()
    shown = [tags.shown(desk().store, tag) for tag in desk().store.all("tags") if search in tag["name"].casefold()]
    return page(shown, dict, ("created_datetime", "name", "usage"), "created_datetime:desc")


@route("/tags/<int:tag_id>")
def get_tag(tag_id: int) -> dict[str, Any]:
    """One tag."""
    return tags.shown(desk().store, _get(tag_id))


@route("/tags", "POST", 201)
def create_tag() -> dict[str, Any]:
    """A name that is taken, letter for letter, is a conflict."""
    given = _checked(body(), "Failed to create tag")
    if tags.named(desk().store, given["name"]):
        raise ApiError(409, "The resource already exists.")
    colour = (given.get("decoration") or {}).get("color")
    return tags.shown(desk().store, tags.add(desk().store, given["name"], given.get("description"), colour))


@route("/tags/<int:tag_id>", "PUT", 202)
def update_tag(tag_id: int) -> dict[str, Any]:
    """Changes name, description or colour."""
    tag, given = _get(tag_id), body()
    tag.update({key: given[key] for key in ("name", "description", "decoration") if key in given})
    desk().store.save("tags", tag)
    return tags.shown(desk().store, tag)


@route("/tags/<int:tag_id>", "DELETE", 204)
def delete_tag(tag_id: int) -> None:
    """Takes it off every ticket, too."""
    tags.replace(desk().store, _get(tag_id)["id"], None)
    desk().store.remove("tags", tag_id)


@route("/tags/<int:tag_id>/merge", "PUT", 202)
def merge_tags(tag_id: int) -> dict[str, Any]:
    """Puts this tag in the place of others, which are gone afterwards."""
    target = _get(tag_id)
    for source in body().get("source_tags_ids") or []:
        tags.replace(desk().store, _get(source)["id"], tag_id)
        desk().store.remove("tags", source)
    return tags.shown(desk().store, target)


@route("/tickets/<int:ticket_id>/tags")
def tags_of_ticket(ticket_id: int) -> dict[str, Any]:
    """Not paginated."""
    return {"data": tickets.tags_shown(desk().store, _ticket(ticket_id))}


@route("/tickets/<int:ticket_id>/tags", "POST", 201)
def add_tags(ticket_id: int) -> None:
    """Adds tags by id or name; those already there change nothing."""
    ticket = _ticket(ticket_id)
    _set(ticket, [*ticket["_tags"], *_meant(at_least_one=True)])


@route("/tickets/<int:ticket_id>/tags", "PUT", 202)
def replace_tags(ticket_id: int) -> None:
    """Replaces all tags; an empty object clears them."""
    _set(_ticket(ticket_id), _meant())


@route("/tickets/<int:ticket_id>/tags", "DELETE", 204)
def remove_tags(ticket_id: int) -> None:
    """Removes the tags named in the body."""
    ticket, given = _ticket(ticket_id), body()
    named = [tag["id"] for name in given.get("names") or [] if (tag := tags.named(desk().store, name))]
    gone = {*(given.get("ids") or []), *named}
    _set(ticket, [tag for tag in ticket["_tags"] if tag not in gone])


def _set(ticket: Record, wanted: list[int]) -> None:
    wanted = list(dict.fromkeys(wanted))
    if wanted == ticket["_tags"]:
        return
    added = [tag for tag in wanted if tag not in ticket["_tags"]]
    ticket["_tags"] = wanted
    store = desk().store
    tickets.changed(store, ticket)
    kind = "ticket-tags-added" if added else "ticket-tags-removed"
    events.record(store, kind, "Ticket", ticket["id"], caller()["id"], {"tags": added})
    desk().triggers.fire("ticket-updated", ticket, user_id=caller()["id"])


def _meant(at_least_one: bool = False) -> list[int]:
    given, store = body(), desk().store
    ids, names = given.get("ids") or [], given.get("names") or []
    fields = Fields(given)
    fields.kind("ids", list, "list")
    fields.kind("names", list, "list")
    if at_least_one and not ids and not names:
        fields.refuse("names", "Give at least one of ids and names.")
    if any(not store.find("tags", tag) for tag in ids):
        fields.refuse("ids", "Tag not found.")
    if any(not isinstance(name, str) or not 1 <= len(name) <= 256 for name in names):
        fields.refuse("names", "Length must be between 1 and 256.")
    elif any(not tags.named(store, name) for name in names) and desk().faults.strikes_tags():
        fields.refuse("names", "Tag not found.")
    fields.done("Failed to update tags")
    return [*ids, *tags.ensure(store, names)]


def _checked(given: dict[str, Any], msg: str) -> dict[str, Any]:
    fields = Fields(given)
    fields.require("name")
    fields.length("name", 256)
    fields.length("description", 1024)
    fields.done(msg)
    return given


def _get(tag_id: int) -> Record:
    tag = desk().store.find("tags", tag_id)
    if not tag:
        raise not_found()
    return tag


def _ticket(ticket_id: int) -> Record:
    ticket = desk().store.find("tickets", ticket_id)
    if not ticket:
        raise not_found()
    return ticket
