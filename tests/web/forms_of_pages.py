"""The forms of a page, as a browser would send them if nobody touched anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

TICKED = {"checkbox", "radio"}


@dataclass
class PageForm:
    """One form: where it goes, and the values of its fields by name; a button is a field as well."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)


def read_forms(page: str) -> list[PageForm]:
    """In the order of the page."""
    reader = _Reader()
    reader.feed(page)
    return reader.forms


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self._by_id: dict[str, PageForm] = {}
        self._form: PageForm | None = None
        self._values: list[str] = []
        self._is_text = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """What a form is made of."""
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = PageForm(told.get("action", ""), told.get("method", "get").upper())
            self._by_id[told.get("id", "")] = self._form
            self.forms.append(self._form)
        elif tag == "option" and ("selected" in told or not self._values):
            self._values[:] = [told.get("value", "")]
        elif tag in ("input", "button", "select", "textarea") and "name" in told:
            self._begin_field(tag, told)

    def _begin_field(self, tag: str, told: dict[str, str]) -> None:
        form = self._by_id.get(told["form"]) if "form" in told else self._form
        values = form.fields.setdefault(told["name"], []) if form is not None else []
        self._values = values
        self._is_text = tag == "textarea"
        if self._is_text:
            values.append("")
        elif tag != "select" and (told.get("type") not in TICKED or "checked" in told):
            values.append(told.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        """What a field or a form ends with."""
        if tag in ("select", "textarea"):
            self._values, self._is_text = [], False
        elif tag == "form":
            self._form = None

    def handle_data(self, data: str) -> None:
        """What stands in a field of several lines."""
        if self._is_text:
            self._values[0] += data
