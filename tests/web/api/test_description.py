"""The description says what is served, is open to everybody, and can be read as a page without any foreign host."""

from __future__ import annotations

import re
from html import unescape

import pytest
import schemathesis

from tests.web.browsers import check, let_in
from tests.web.visitors import painter_link
from widget.web.api.door import OPERATIONS
from widget.web.api.refusals import KINDS

pytestmark = pytest.mark.only_on("sqlite")


def test_it_describes_every_address_and_nothing_else(app):
    client = app.test_client()
    answer = client.get("/api/v1/openapi.json")
    assert (answer.status_code, answer.mimetype, answer.json["openapi"]) == (200, "application/json", "3.1.0")
    schemathesis.openapi.from_dict(answer.json).validate()
    described = {
        each["operationId"] for item in answer.json["paths"].values() for each in item.values() if "operationId" in each
    }
    served = {rule.endpoint for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/v1/")}
    assert {f"api.{name}" for name in described} == served - {"api.description_GET"} == OPERATIONS.keys()
    again = client.get("/api/v1/openapi.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_the_page_tells_all_of_it(app):
    page = app.test_client().get("/api/docs")
    assert page.status_code == 200
    for operation in OPERATIONS.values():
        assert f'id="{operation.name}"' in page.text
        assert operation.summary in unescape(page.text)
        schema = operation.body or operation.query
        for name in schema.fields if schema else ():
            assert f"<code>{name}</code>" in page.text
    for kind in KINDS:
        assert f'id="{kind}"' in page.text
    assert "`" not in re.sub(r"<pre.*?</pre>", "", page.text, flags=re.DOTALL)


def test_a_person_makes_a_token_reads_the_page_and_revokes_it(app, url, page):
    let_in(page, app, painter_link(app))
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{url}/supplier")
    page.get_by_role("link", name="API tokens").click()
    check(page)
    page.get_by_label("Name").fill("stock program")
    page.get_by_role("button", name="Make the token").click()
    secret = page.get_by_label("Token", exact=True).input_value()
    check(page)
    assert app.test_client().get("/api/v1/lines", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    page.get_by_role("link", name="How programs use it").click()
    page.get_by_role("link", name="Report a line").click()
    check(page)
    page.go_back()
    page.goto(f"{url}/account/tokens")
    page.get_by_role("button", name="Revoke “stock program”").click()
    page.get_by_text("“stock program” no longer works").wait_for()
    assert app.test_client().get("/api/v1/lines", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
