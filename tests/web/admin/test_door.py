"""Who gets into the admin side."""

import pytest

from tests.web.visitors import link_of, painter_link, signed_in
from widget.people import Role


def test_admins_get_in(app):
    page = signed_in(app, link_of(app, "eva@brushwood.example", Role.ADMIN)).get("/admin/types")
    assert page.status_code == 200
    assert 'href="/admin/types" aria-current="page"' in page.text


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("role", [Role.AGENT, Role.APPROVER])
def test_other_staff_are_told_whom_to_ask(app, role):
    page = signed_in(app, link_of(app, role=role)).get("/admin/types")
    assert page.status_code == 403
    assert "Ask one of them" in page.text


@pytest.mark.only_on("sqlite")
def test_painters_and_strangers_stay_outside(app, client):
    assert signed_in(app, painter_link(app)).get("/admin/types").headers["Location"] == "/"
    assert client.get("/admin/types").status_code == 401
