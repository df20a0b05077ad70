"""Users (the helpdesk's own people) and customers: how each is made, found and shown."""

from typing import Any

from sandbox.store import Record, Store, now, public

ROLES = ("admin", "agent", "basic-agent", "bot", "internal-agent", "lite-agent", "observer-agent")


def add_user(
    store: Store, email: str, name: str = "", role: str = "agent", active: bool = True, api_key: str = ""
) -> Record:
    """Makes a user. With an API key he may use the API."""
    first, last = _split(name)
    made = now()
    user = {
        "email": email,
        "name": name or email,
        "firstname": first,
        "lastname": last,
        "role": {"name": role},
        "active": active,
        "bio": None,
        "country": None,
        "external_id": None,
        "language": "en",
        "timezone": "UTC",
        "meta": {},
        "created_datetime": made,
        "updated_datetime": made,
        "deactivated_datetime": None if active else made,
        "_api_key": api_key,
    }
    return store.add("users", user)


def change_user(store: Store, user: Record, changes: dict[str, Any]) -> None:
    """Applies what is given of name, role, active and api_key."""
    if "name" in changes:
        user["name"] = changes["name"]
        user["firstname"], user["lastname"] = _split(user["name"])
    if "role" in changes:
        user["role"] = {"name": changes["role"]}
    if "active" in changes:
        user["active"] = bool(changes["active"])
        user["deactivated_datetime"] = None if user["active"] else now()
    if "api_key" in changes:
        user["_api_key"] = changes["api_key"]
    user["updated_datetime"] = now()
    store.save("users", user)


def find_user(store: Store, ref: Any) -> Record | None:
    """The user meant by {"id": …} or {"email": …}."""
    return _find(store, "users", ref)


def user_with_email(store: Store, email: str | None) -> Record | None:
    """The user with this address."""
    return _find(store, "users", {"email": email}) if email else None


def user_shown(user: Record) -> Record:
    """A user as the API answers it."""
    return {**public(user), "uri": f"/api/users/{user['id']}/"}


def add_customer(store: Store, fields: dict[str, Any]) -> Record:
    """Makes a customer of whatever is known."""
    email = fields.get("email") or None
    name = fields.get("name") or email or ""
    first, last = _split(name)
    made = now()
    customer = {
        "external_id": fields.get("external_id"),
        "email": email,
        "name": name,
        "firstname": first,
        "lastname": last,
        "language": fields.get("language"),
        "timezone": fields.get("timezone"),
        "note": fields.get("note"),
        "channels": fields.get("channels") or _channels(email),
        "data": fields.get("data"),
        "integrations": {},
        "meta": fields.get("meta") or {},
        "created_datetime": made,
        "updated_datetime": made,
        "_data_version": None,
        "_answered": {},
    }
    return store.add("customers", customer)


def find_customer(store: Store, ref: Any) -> Record | None:
    """The customer meant by {"id": …}, {"email": …} or {"external_id": …}."""
    return _find(store, "customers", ref)


def customer_shown(customer: Record) -> Record:
    """A customer as the API answers it."""
    return {**public(customer), "uri": f"/api/customers/{customer['id']}/"}


def as_party(person: Record) -> Record:
    """A user or customer as the sender or receiver of a message."""
    return {key: person[key] for key in ("id", "email", "name", "firstname", "lastname")}


def _find(store: Store, kind: str, ref: Any) -> Record | None:
    if not isinstance(ref, dict):
        return None
    if isinstance(ref.get("id"), int):
        return store.find(kind, ref["id"])
    for key in ("external_id", "email"):
        wanted = ref.get(key)
        if wanted:
            wanted = str(wanted).casefold()
            return next((each for each in store.all(kind) if str(each[key] or "").casefold() == wanted), None)
    return None


def _channels(email: str | None) -> list[Record]:
    return [{"type": "email", "address": email, "preferred": True}] if email else []


def _split(name: str) -> tuple[str, str]:
    first, _, last = name.partition(" ")
    return first, last
