"""People: who may sign in and as what."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from babel.dates import format_interval
from flask import g, render_template, request
from marshmallow import ValidationError, fields, validate, validates
from werkzeug.wrappers import Response

from widget import credentials, people
from widget.credentials import api_tokens
from widget.errors import Refused
from widget.people import Described, Person, Role, Side
from widget.web import language, places, staff
from widget.web.admin import ways_in
from widget.web.admin.door import bp
from widget.web.admin.saving import LARGEST, EditSchema, Line, Shown, done, said, save
from widget.web.forms import Form
from widget.web.language import LANGUAGES, N_, gettext_for
from widget.web.scopes import SCOPES_IN_WORDS

ONE = f"/people/<int(max={LARGEST}):person_id>"
SIDE = f"<any({', '.join(Side)}):side>"
SAID = {
    "changed": N_("%(name)s is saved."),
    "revoked": N_("%(name)s cannot sign in any more: link, password and sessions are ended."),
    "ended": N_("The session of %(name)s is ended."),
    "token": N_("The token of %(name)s no longer works."),
    "absent": N_("The absence of %(name)s is noted."),
    "back": N_("The absence of %(name)s is removed."),
}
LABELS = {"name": N_("Name"), "roles": N_("Roles"), "supplier": N_("Supplier"), "locale": N_("Language")}
ROLES = {
    Role.AGENT: N_("Agent: works with the lines on the desk and in Gorgias"),
    Role.APPROVER: N_("Approver: may confirm refunds in writing"),
    Role.ADMIN: N_("Admin: may change everything on this side"),
}
ROLE_NAMES = {Role.AGENT: N_("Agent"), Role.APPROVER: N_("Approver"), Role.ADMIN: N_("Admin")}
FOR_STAFF = N_(
    "Hello %(name)s,\n\nthis is your personal link to Supplier Desk: %(link)s\n\n"
    "It works once, within 24 hours. Please do not pass it on."
)
FOR_SUPPLIER = N_(
    "Hello %(name)s,\n\nthis is your personal link to our page for problems with orders: %(link)s\n\n"
    "Keep it, it works every time. Please do not pass it on: what is done with it is done in your name."
)
AN_ADDRESS = N_("Write an e-mail address, e.g. anna@example.com.")
A_ROLE = N_("Choose at least one role.")
A_SUPPLIER = N_("Choose the supplier.")


class PersonSchema(EditSchema):
    """What is asked of everybody."""

    name = Line(80, N_("At most 80 characters, please."), N_("Write the name."))
    locale = fields.String(load_default="", validate=validate.OneOf(["", *LANGUAGES], error=N_("Choose a language.")))


class StaffSchema(PersonSchema):
    """Somebody of customer service."""

    roles = fields.List(
        fields.Enum(Role, by_value=True, error_messages={"unknown": A_ROLE}),
        required=True,
        validate=validate.Length(min=1, error=A_ROLE),
        error_messages={"required": A_ROLE},
    )


class SuppliersPersonSchema(PersonSchema):
    """Somebody of a supplier."""

    supplier = fields.Integer(
        required=True,
        validate=validate.Range(1, LARGEST, error=A_SUPPLIER),
        error_messages={"invalid": A_SUPPLIER, "required": A_SUPPLIER},
    )


class _Address(EditSchema):
    email = Line(254, N_("At most 254 characters, please."), AN_ADDRESS)

    @validates("email")
    def check_email(self, value: str, **_kwargs: Any) -> None:
        """As people.clean_email takes it."""
        if not re.fullmatch(r"[^@\s]{1,64}@[^@\s]{1,190}", value):
            raise ValidationError(AN_ADDRESS)


class NewStaffSchema(_Address, StaffSchema):
    """The form for somebody new."""


class NewSuppliersPersonSchema(_Address, SuppliersPersonSchema):
    """The form for somebody new of a supplier."""


@bp.get("/people")
def people_GET() -> str:
    """Everybody."""
    groups = ways_in.everybody()
    names = {known.person.id: known.person.name for group in groups for known in group.people}
    return render_template(
        "admin/people.html", groups=groups, role_names=ROLE_NAMES, said=said(SAID, names), password=ways_in.PASSWORD
    )


@bp.get(f"/people/new/{SIDE}")
def new_person_GET(side: str) -> str:
    """The empty form for somebody of that side."""
    return _new_page(side, Shown(Form({"supplier": request.args.get("supplier", "")})))


@bp.post(f"/people/new/{SIDE}")
def new_person_POST(side: str) -> str | Response:
    """Invite somebody. The link is in this answer and nowhere else."""

    def act(wanted: dict[str, Any]) -> str:
        person = people.invite(wanted["email"], _described(wanted), by=staff.me())
        return link_page(person, credentials.new_link(person))

    schema = NewStaffSchema() if side == Side.CUSTOMER_SERVICE else NewSuppliersPersonSchema()
    return save(schema, lambda shown: _new_page(side, shown), act)


@bp.get(ONE)
def person_GET(person_id: int) -> str:
    """One person, to be changed."""
    return person_page(person_id)


@bp.post(ONE)
def person_POST(person_id: int) -> str | Response:
    """Save name, language, and roles or supplier."""

    def act(wanted: dict[str, Any]) -> Response:
        person = people.change_person(person_id, _described(wanted), by=staff.me(), shown=wanted["version"])
        return done("admin.people_GET", "changed", person.id)

    is_staff = people.get_by_id(person_id).supplier_id is None
    return save(
        StaffSchema() if is_staff else SuppliersPersonSchema(), lambda shown: person_page(person_id, shown), act
    )


def _described(wanted: dict[str, Any]) -> Described:
    if "supplier" not in wanted:
        return Described(wanted["name"], frozenset(wanted["roles"]), None, wanted["locale"])
    supplier = next((each for each in people.all_suppliers() if each.id == wanted["supplier"]), None)
    if supplier is None:
        raise Refused("Choose the supplier.")
    return Described(wanted["name"], frozenset({Role.SUPPLIER}), supplier, wanted["locale"])


def _new_page(side: str, shown: Shown) -> str:
    return render_template(
        "admin/person_new.html", side=side, shown=shown, roles=ROLES, suppliers=_choices(), labels=LABELS
    )


def person_page(person_id: int, shown: Shown | None = None, absence: Shown | None = None) -> str:
    """All about one person; `shown` is the form as it comes back, `absence` that for days away."""
    person = people.get_by_id(person_id)
    if shown is None or (shown.sentence and not shown.form.values):
        shown = Shown(_form_of(person), shown.sentence if shown else "")
    is_staff = person.supplier_id is None
    return render_template(
        "admin/person.html",
        person=person,
        shown=shown,
        roles=ROLES,
        suppliers=_choices(),
        labels=LABELS,
        way_in=ways_in.way_in_of(person),
        is_me=person.id == g.person.id,
        sessions=credentials.sessions_of(person),
        tokens=api_tokens.tokens_of(person),
        scopes=SCOPES_IN_WORDS,
        absences=people.absences_of(person.id) if is_staff else [],
        absence=absence or Shown(),
        covers=[(each.id, each.name) for each in people.staff() if each.id != person.id] if is_staff else [],
        days=_days,
        said=said(SAID, {person.id: person.name}),
    )


def _form_of(person: Person) -> Form:
    roles = [role.value for role in person.roles]
    return Form({"name": person.name, "locale": person.locale, "roles": roles, "supplier": person.supplier_id})


def link_page(person: Person, secret: str) -> str:
    """A new personal link, shown this once, with words to send along in the language of its reader."""
    link = f"{places.public_url()}/l/{secret}"
    words = gettext_for(person, FOR_SUPPLIER if person.supplier_id else FOR_STAFF, name=person.name, link=link)
    return render_template("admin/person_link.html", person=person, link=link, words=words)


def _choices() -> list[tuple[int, str]]:
    return [(supplier.id, supplier.name) for supplier in people.all_suppliers()]


def _days(first: date, last: date) -> str:
    return format_interval(first, last, skeleton="yMMMd", locale=language.locale())
