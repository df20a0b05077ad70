"""Nobody overwrites what he has not read: ETag, If-Match, If-None-Match."""

from __future__ import annotations

import pytest

from tests.web.visitors import contents


def test_a_stale_change_is_refused_and_told_what_was_changed(app, staff, workshop, line):
    at = f"/lines/{line}"
    read = workshop.get(at).headers["ETag"]
    staff.patch(at, {"address": "Hoofdstraat 12a"})
    staff.post(f"{at}/comments", {"text": "see the address"})
    before = contents(app)
    answer = workshop.patch(at, {"handled": True}, If_Match=read)
    assert answer.status_code == 412
    assert answer.headers["ETag"] == '"3"'
    told = [(change["field"], change["old"], change["new"], change["by"]) for change in answer.json["changes"]]
    assert told == [("address", "", "Hoofdstraat 12a", "Anna"), ("comment", "", "see the address", "Anna")]
    assert "address by Anna" in answer.json["detail"]
    assert contents(app)["problems"] == before["problems"]
    assert workshop.patch(at, {"handled": True}, If_Match=answer.headers["ETag"]).status_code == 200


@pytest.mark.only_on("sqlite")
def test_what_does_not_name_the_line_as_it_is_changes_nothing(workshop, line):
    for header in ('"2"', 'W/"1"', "1", '"x"', "nonsense", '"999999999999999999"'):
        answer = workshop.patch(f"/lines/{line}", {"handled": True}, If_Match=header)
        assert answer.status_code == 412, header
        assert answer.json["detail"] == "If-Match does not name this line as it is now."
    assert workshop.get(f"/lines/{line}").json["version"] == 1


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("header", ['"1"', "*", '"7", "1"', ' W/"1","1" '])
def test_what_names_it_is_enough(workshop, line, header):
    assert workshop.patch(f"/lines/{line}", {"handled": True}, If_Match=header).status_code == 200


@pytest.mark.only_on("sqlite")
def test_without_a_condition_nothing_is_changed(workshop, line):
    answer = workshop.patch(f"/lines/{line}", {"handled": True}, If_Match="")
    assert answer.status_code == 428
    assert workshop.get(f"/lines/{line}").json["version"] == 1


@pytest.mark.only_on("sqlite")
def test_what_is_known_is_not_sent_again(staff, workshop, line):
    at = f"/lines/{line}"
    etag = workshop.get(at).headers["ETag"]
    for header in (etag, f"W/{etag}", f'"7", {etag}', "*"):
        answer = workshop.get(at, If_None_Match=header)
        assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", etag)
    staff.post(f"{at}/comments", {"text": "news"})
    assert workshop.get(at, If_None_Match=etag).json["comment_cs"] == "news"
