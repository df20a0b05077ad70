"""Tags: their names are case-sensitive, and a ticket holds ids."""

from collections.abc import Iterable

from sandbox.store import Record, Store, now

COLOURS = ("#F58D86", "#7FB069", "#5B8DEF", "#C58AF9", "#E0A458", "#4DB6AC")


def add(store: Store, name: str, description: str | None = None, colour: str | None = None) -> Record:
    """Makes a tag."""
    made = store.add(
        "tags", {"name": name, "description": description, "created_datetime": now(), "deleted_datetime": None}
    )
    made["decoration"] = {"color": colour or COLOURS[made["id"] % len(COLOURS)]}
    store.save("tags", made)
    return made


def named(store: Store, name: str) -> Record | None:
    """The tag with exactly this name."""
    return next((tag for tag in store.all("tags") if tag["name"] == name), None)


def ensure(store: Store, names: Iterable[str]) -> list[int]:
    """The ids of these names; unknown ones are made."""
    return [(named(store, name) or add(store, name))["id"] for name in names]


def shown(store: Store, tag: Record) -> Record:
    """A tag as the API answers it."""
    usage = sum(tag["id"] in ticket["_tags"] for ticket in store.all("tickets"))
    return {**tag, "usage": usage, "uri": f"/api/tags/{tag['id']}/"}


def replace(store: Store, old: int, new: int | None) -> None:
    """Puts one tag in another's place on every ticket, or takes it off."""
    for ticket in store.all("tickets"):
        if old in ticket["_tags"]:
            kept = [tag for tag in ticket["_tags"] if tag not in (old, new)]
            ticket["_tags"] = [*kept, new] if new else kept
            store.save("tickets", ticket)
