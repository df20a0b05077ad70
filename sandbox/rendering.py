"""A widget's template laid over an integration's answer: pure functions from plain values to plain values.

The result is what the ticket page shows and what the control API answers: cards, lists and fields, with every button's
action filled in as the browser would fill it. What cannot be seen or pressed in the helpdesk is not in it.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from sandbox.field_types import show
from sandbox.store import Record
from sandbox.templating import as_text, render, variables

LIST_LIMIT = 3
OPTIONS_SHOWN = 10
BODY_METHODS = ("POST", "PUT", "PATCH")
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
# Buttons and links belong to these positions of a template and to no other.
ACTING = re.compile(r"template\.widgets\.\d+(\.widgets\.0)?")
ALIASES = ("shopify", "recharge", "magento2", "smile")
ICONS = {":cart:": "🛒", ":product:": "📦", ":refund:": "↩", ":shipment_status:": "🚚", ":shipping_address:": "📍",
         ":shipping_cost:": "💶", ":information:": "ℹ", ":contact:": "👤", ":campaign:": "📣"}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where in the template and in which list a part stands, and what surrounds it."""

    path: str
    surroundings: Record
    integration_id: int
    list_index: int | None = None

    def child(self, index: int, list_index: int | None = None) -> "Place":
        """The place of a part inside this one."""
        inner = self.list_index if list_index is None else list_index
        return Place(f"{self.path}.widgets.{index}", self.surroundings, self.integration_id, inner)

    def variables(self, text: str) -> str:
        """`$integrationId`, `$listIndex` and `$appId` replaced."""
        return variables(text, self.integration_id, self.list_index)

    def context(self, source: Record) -> Record:
        """What a button or link can name: the card's own keys, hidden by three that are always there."""
        return {**source, **self.surroundings}


def render_widget(
    template: Record, data: Any, ticket: Record, current_user: Record, integration_id: int
) -> list[Record]:
    """The blocks of one widget, top to bottom."""
    surroundings = {"ticket": _with_aliases(ticket), "customer": {}, "current_user": _user(current_user)}
    place = Place("template", surroundings, integration_id)
    blocks = []
    for index, part in enumerate(template.get("widgets") or []):
        blocks += _part(part, data, place.child(index))
    return blocks


def find_button(blocks: list[Record], label: str, reference: str | None = None) -> Record | None:
    """The first button with this label, on a card that shows this text."""
    for card in cards(blocks):
        if reference and reference not in text_of(card):
            continue
        found: Record | None = next((button for button in card["buttons"] if button["label"] == label), None)
        if found:
            return found
    return None


def cards(blocks: list[Record]) -> list[Record]:
    """Every card, outer before inner."""
    found = []
    for block in blocks:
        if block["kind"] == "card":
            found += [block, *cards(block["children"])]
        elif block["kind"] == "list":
            found += cards(block["cards"])
    return found


def text_of(card: Record) -> str:
    """What stands on a card, its title first."""
    fields = [f"{child['title']}: {child['text']}" for child in card["children"] if child["kind"] == "field"]
    return "\n".join([card["title"], *fields])


def _part(part: Record, parent: Any, place: Place) -> list[Record]:
    kind = part.get("type")
    source = _source(part, parent)
    if kind == "card":
        card = _card(part, source, place)
        return [card] if card else []
    if kind == "list":
        made = _list(part, source, place)
        return [made] if made else []
    title = part.get("title") or part.get("path") or ""
    return [{"kind": "field", "key": place.path, "type": kind, "title": title, **show(str(kind), source)}]


def _source(part: Record, parent: Any) -> Any:
    """A part's path is one key of its parent's source, not a dotted path; none means the source itself."""
    path = part.get("path")
    if path in (None, ""):
        return parent
    return parent.get(path) if isinstance(parent, dict) else None


def _card(part: Record, source: Any, place: Place, is_open: bool = True) -> Record | None:
    if not isinstance(source, dict) or not set(source) - {"__integration_type__"}:
        return None
    meta = part.get("meta") or {}
    acting = ACTING.fullmatch(place.path) is not None
    custom = (meta.get("custom") or {}) if acting else {}
    children = []
    for index, child in enumerate(part.get("widgets") or []):
        children += _part(child, source, place.child(index))
    buttons = [_button(button, source, place) for button in custom.get("buttons") or []]
    empty = not buttons and all(_source(child, source) is None for child in part.get("widgets") or [])
    return {
        "kind": "card",
        "key": place.path if place.list_index is None else f"{place.path}#{place.list_index}",
        "title": _title(part.get("title"), source),
        "header": meta.get("displayCard") is not False,
        "link": render(meta.get("link"), source) or None,
        "picture": meta.get("pictureUrl") or None,
        "color": meta.get("color") or None,
        "open": is_open,
        "empty": "No data" if empty else None,
        "buttons": buttons,
        "links": [_link(link, source, place) for link in custom.get("links") or []],
        "children": children,
    }


def _list(part: Record, source: Any, place: Place) -> Record | None:
    inner = part.get("widgets") or []
    if not isinstance(source, list) or not source or not inner:
        return None
    meta = part.get("meta") or {}
    child = inner[0]
    plain = child.get("type") != "card" or (child.get("meta") or {}).get("displayCard") is False
    items = source[:1] if plain else ordered(source, meta.get("orderBy"))
    shown: list[Record] = []
    for index, item in enumerate(items):
        inside = place.child(0, list_index=index)
        if child.get("type") != "card":
            shown += _part(child, item, inside)
        elif card := _card(child, _source(child, item), inside, is_open=not shown):
            shown.append(card)
    return {"kind": "list", "key": place.path, "title": part.get("title") or "", "limit": limit(meta.get("limit")),
            "cards": shown} if shown else None  # fmt: skip


def ordered(items: list[Any], order_by: str | None) -> list[Any]:
    """Sorted by `-key` (downwards) or `+key`; the first character is always taken for the direction."""
    if not order_by:
        return items
    key, down = order_by[1:], order_by[0] == "-"

    def rank(item: Any) -> tuple[int, Any]:
        value = item.get(key) if isinstance(item, dict) else None
        if isinstance(value, bool | int | float):
            return 0, value
        return (2, "") if value is None else (1, as_text(value))

    return sorted(items, key=rank, reverse=down)


def limit(given: Any) -> int:
    """The page size of a list; what is no number above zero is the default."""
    try:
        number = int(float(given))
    except (TypeError, ValueError):
        return LIST_LIMIT
    return number if number > 0 else LIST_LIMIT


def _title(title: str | None, source: Record) -> str:
    text = render(title, source)
    for code, icon in ICONS.items():
        text = text.replace(code, icon)
    return text


def _link(link: Record, source: Record, place: Place) -> Record:
    context = place.context(source)
    return {key: render(place.variables(str(link.get(key) or "")), context) for key in ("label", "url")}


def _button(button: Record, source: Record, place: Place) -> Record:
    """A button with its action filled in, its parameters to ask for, and whether a dialog asks for them."""
    context = place.context(source)
    label = render(place.variables(str(button.get("label") or "")), context)
    action = _action(button.get("action") or {}, context, place)
    asked = parameters(action)
    return {"label": label, "integration_id": place.integration_id, "action": action, "parameters": asked,
            "opens_dialog": bool(asked)}  # fmt: skip


def parameters(action: Record) -> list[Record]:
    """The parameters a dialog asks for. A field of a JSON body is never among them."""
    places = {"headers": action["headers"], "params": action["params"], "form": action["form"]}
    return [
        _asked(f"{name}.{index}", entry)
        for name, entries in places.items()
        for index, entry in enumerate(entries)
        if entry["editable"] or entry["type"] == "dropdown"
    ]


def _asked(parameter_id: str, entry: Record) -> Record:
    asked = {"id": parameter_id, "key": entry["key"], "label": entry["label"] or entry["key"], "type": entry["type"],
             "mandatory": entry["mandatory"], "value": entry["value"]}  # fmt: skip
    if entry["type"] == "dropdown":
        asked["options"] = options(entry["value"])
        asked["value"] = asked["options"][0] if entry["mandatory"] and asked["options"] else ""
    return asked


def options(value: str) -> list[str]:
    """A dropdown's choices: split at `;`, one `;` at the end ignored, the first ten."""
    return value.removesuffix(";").split(";")[:OPTIONS_SHOWN] if value else []


def _action(action: Record, context: Record, place: Place) -> Record:
    def fill(text: Any) -> str:
        return render(place.variables(as_text(text)), context, keep_unresolved=True)

    def entries(given: Any) -> list[Record]:
        return [_entry(entry, fill) for entry in given or []]

    body = action.get("body") or {}
    method = str(action.get("method") or "GET").upper()
    content_type = body.get("contentType") or JSON
    takes_body = method in BODY_METHODS
    return {
        "method": method,
        "url": fill(action.get("url")),
        "headers": entries(action.get("headers")),
        "params": entries(action.get("params")),
        "content_type": content_type if takes_body else None,
        "form": entries(body.get(FORM)) if takes_body and content_type == FORM else [],
        "json": _json_body(body.get(JSON), place) if takes_body and content_type == JSON else None,
    }


def _json_body(body: Any, place: Place) -> Any:
    """Only the `$` variables are filled in by the browser; braces go to the server as they are."""
    return None if body is None else json.loads(place.variables(json.dumps(body)))


def _entry(entry: Record, fill: Any) -> Record:
    return {
        "key": fill(entry.get("key")),
        "value": fill(entry.get("value")),
        "label": str(entry.get("label") or ""),
        "type": entry.get("type") or "text",
        "editable": bool(entry.get("editable")),
        "mandatory": bool(entry.get("mandatory")),
    }


def _user(user: Record) -> Record:
    return {key: user.get(key) or "" for key in ("name", "firstname", "lastname", "email")}


def _with_aliases(ticket: Record) -> Record:
    """`integrations.shopify` and three others, where a customer has exactly one of that type."""
    customer = ticket.get("customer") or {}
    stored = customer.get("integrations") or {}
    aliases = {}
    for kind in ALIASES:
        same = [data for data in stored.values() if data.get("__integration_type__") == kind]
        if len(same) == 1:
            aliases[kind] = same[0]
    return {**ticket, "customer": {**customer, "integrations": {**stored, **aliases}}}
