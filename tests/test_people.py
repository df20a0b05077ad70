"""People, suppliers and the users copied from Gorgias."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from tests import factories
from tests.factories import ANNA, LI
from widget import credentials, people
from widget.credentials import SignInLink
from widget.errors import NotFound, Refused
from widget.people import HelpdeskUser, Role, Side


def test_a_person_may_have_several_roles_and_they_are_replaced_as_a_whole(store: Any) -> None:
    person = people.add_person("An@b.c", name="An", roles={Role.AGENT, Role.APPROVER}, supplier=None)
    again = people.add_person("an@B.C", name="An", roles={Role.ADMIN}, supplier=None)
    assert again.id == person.id
    assert again.roles == {Role.ADMIN}
    assert again.side == Side.CUSTOMER_SERVICE


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("email", ["", "an", "an@", "@b", "a b@c", "a@b@c"])
def test_what_is_no_email_address_is_refused(store: Any, email: str) -> None:
    with pytest.raises(Refused, match="no e-mail address"):
        people.add_person(email, name="An", roles={Role.AGENT}, supplier=None)


def test_roles_that_do_not_fit_are_refused(store: Any) -> None:
    workshop = factories.supplier(factories.store(factories.helpdesk()))
    for roles, supplier in (
        (set(), None),
        ({Role.SUPPLIER}, None),
        ({Role.AGENT}, workshop),
        ({Role.SUPPLIER, Role.ADMIN}, workshop),
    ):
        with pytest.raises(Refused):
            people.add_person("an@b.c", name="An", roles=roles, supplier=supplier)


def test_a_new_link_revokes_the_old_and_only_its_hash_is_kept(store: Any) -> None:
    person = people.add_person("an@b.c", name="An", roles={Role.AGENT}, supplier=None)
    first, second = credentials.new_link(person), credentials.new_link(person)
    rows = list(store.scalars(select(SignInLink).order_by(SignInLink.id)))
    assert [row.revoked_at is None for row in rows] == [False, True]
    assert first != second
    assert not {first, second} & {row.token_hash for row in rows}
    assert rows[1].expires_at is not None


def test_a_suppliers_link_does_not_expire(store: Any) -> None:
    workshop = factories.supplier(factories.store(factories.helpdesk()))
    person = people.add_person("li@b.c", name="Li", roles={Role.SUPPLIER}, supplier=workshop)
    credentials.new_link(person)
    assert store.scalars(select(SignInLink)).one().expires_at is None
    assert person.as_actor().side == Side.SUPPLIER


def test_users_are_copied_and_who_is_gone_becomes_inactive(store: Any) -> None:
    desk = factories.helpdesk()
    people.copy_users(
        desk.id, [{**ANNA, "name": "Anna V."}, {"gorgias_id": 30, "email": None, "name": None, "active": True}]
    )
    store.flush()
    assert store.scalar(select(func.count()).select_from(HelpdeskUser)) == 4
    anna = people.find_user(desk.id, "ANNA@brushwood.example")
    assert anna is not None
    assert anna.name == "Anna V."
    assert people.find_user(desk.id, LI["email"]) is None
    assert people.find_user(desk.id, "") is None
    assert people.count_users(desk.id) == 2


def test_a_user_of_another_helpdesk_is_nobody_here(store: Any) -> None:
    desk, other = factories.helpdesk(), factories.helpdesk("other")
    people.copy_users(other.id, [{**ANNA, "email": "only@there.example"}])
    store.flush()
    with pytest.raises(NotFound, match="not a user of this helpdesk"):
        people.get_agent(desk.id, "only@there.example")


def test_the_supplier_added_first_is_the_stores_usual_one(store: Any) -> None:
    shop = factories.store(factories.helpdesk())
    first = factories.supplier(shop)
    factories.supplier(shop, name="Another")
    factories.supplier(shop)
    usual = people.find_usual_supplier(shop.id)
    assert usual is not None
    assert usual.id == first.id
