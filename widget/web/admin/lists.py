"""What the pages of lists that admins edit have in common: both names, and the presses beside each entry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask import request
from werkzeug.wrappers import Response

from widget.edited_lists import LONGEST_NAME, Choice
from widget.web import staff
from widget.web.admin.saving import EditSchema, Line, Shown, done, save
from widget.web.language import N_

SAID = {
    "added": N_("“%(name)s” is added. It can be chosen from now on."),
    "changed": N_("“%(name)s” is saved."),
    "restored": N_("“%(name)s” can be chosen again."),
}
LABELS = {
    "name_en": N_("Name in English"),
    "name_zh": N_("Name in Chinese"),
    "archived": N_("Archived"),
}
AT_MOST_60 = N_("At most 60 characters, please.")

C = TypeVar("C", bound=Choice)


class NamesSchema(EditSchema):
    """Both names of an entry."""

    name_en = Line(LONGEST_NAME, AT_MOST_60, N_("Write the name in English."))
    name_zh = Line(LONGEST_NAME, AT_MOST_60, N_("Write the name in Chinese."))


class PressSchema(EditSchema):
    """A press that needs nothing typed."""


@dataclass(frozen=True)
class ListPage(Generic[C]):
    """A page with such lists, as the presses on it need it.

    `show` makes the page with a refusal on it, `part` an entry's list alone for a script, `anchor` says where on the
    page that list is; None: at its top, below what the page says was done.
    """

    endpoint: str
    show: Callable[[str], str]
    part: Callable[[C], str]
    anchor: Callable[[C], str | None]

    def press(self, code: str, verb: Callable[..., C], entry_id: int) -> str | Response:
        """Do it to an entry; the page says so in the words of that code."""
        return self._save(lambda: self.back(code, verb(entry_id, by=staff.me())))

    def move(self, verb: Callable[..., C], entry: C, among: Sequence[C]) -> str | Response:
        """Up or down by one, or before another entry of those it stands among; `before` empty: to the end."""

        def act() -> str | Response:
            verb(entry.id, _before(entry, among), by=staff.me())
            return self.part(entry) if "HX-Request" in request.headers else self.back("", entry)

        return self._save(act)

    def back(self, code: str, entry: C) -> Response:
        """Go on to the page, where it says what was done."""
        return done(self.endpoint, code, entry.id, _anchor=self.anchor(entry))

    def _save(self, act: Callable[[], str | Response]) -> str | Response:
        return save(PressSchema(), self._refused, lambda _sent: act())

    def _refused(self, shown: Shown) -> str:
        return self.show(shown.sentence)


def _before(entry: C, among: Sequence[C]) -> int | None:
    """Before which other one it is to stand."""
    step = request.form.get("step", "")
    if step not in ("up", "down"):
        before: int | None = request.form.get("before", type=int)
        return before
    order = [each.id for each in among if not each.is_other]
    place = order.index(entry.id) if entry.id in order else 0
    target = max(place - 1, 0) if step == "up" else place + 2
    return order[target] if target < len(order) else None
