"""The reasons of claims: what can be chosen, by which name, and what several admins do to the list at once."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest

from tests import factories
from tests.refunds import claims
from widget import history, refunds
from widget.db import db
from widget.edited_lists import left_out_of_dropdown
from widget.errors import NotFound, Refused
from widget.history import Outdated
from widget.people import Actor, Side
from widget.refunds import ReasonNames

EVA = Actor(name="Eva", side=Side.CUSTOMER_SERVICE, email="eva@brushwood.example")
WRONG_SIZE = ReasonNames("Wrong size", "尺寸错误")


def names():
    return [reason.name_en for reason in refunds.choices()]


def told(reason):
    return [(row.field, row.old, row.new, row.actor) for row in history.of("claim_reason", reason.id)]


def test_a_reason_is_found_by_either_name_however_it_is_capitalised(store):
    lost = refunds.get_reason("lost")
    lost.name_en = "Überfällig"
    db.session.flush()
    for name in ("überFÄLLIG", " Überfällig ", "包裹丢失"):
        assert refunds.get_reason_by_name(name) is lost
    with pytest.raises(NotFound, match="There is no reason “Lost parcel” in the list"):
        refunds.get_reason_by_name("Lost parcel")


def test_a_new_reason_stands_above_other_and_every_helpdesk_hears_of_it(store):
    desk = factories.helpdesk()
    before = desk.catalogue_version
    added = refunds.add_reason(WRONG_SIZE, by=EVA)
    chinese = refunds.add_reason(ReasonNames("颜色", "颜色错误"), by=EVA)
    assert names()[-3:] == ["Wrong size", "颜色", "Other"]
    assert (added.code, chinese.code, added.version) == ("wrong_size", "reason", 1)
    assert told(added) == [("name_en", "", "Wrong size", "Eva"), ("name_zh", "", "尺寸错误", "Eva")]
    db.session.refresh(desk)
    assert desk.catalogue_version == before + 2


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (ReasonNames("", "尺寸错误"), "A reason has a name in both languages"),
        (ReasonNames("Wrong size", "字" * 61), "at most 60 characters each"),
        (ReasonNames("Wrong; size", "尺寸错误"), "Gorgias would read two reasons"),
        (ReasonNames("LOST parcel", "尺寸错误"), "There is already a reason “LOST parcel”"),
        (ReasonNames("Wrong size", "货物损坏"), "There is already a reason “货物损坏”"),
        (ReasonNames("Never shipped", "尺寸错误"), "“Never shipped” is among the archived reasons"),
    ],
)
def test_a_name_that_cannot_be_is_refused_for_new_and_for_old_reasons(store, wanted, sentence):
    refunds.archive_reason(refunds.get_reason("never_shipped").id, by=EVA)
    quality = refunds.get_reason("quality")
    for act in (
        lambda: refunds.add_reason(wanted, by=EVA),
        lambda: refunds.change_reason(quality.id, wanted, by=EVA, shown=1),
    ):
        with pytest.raises(Refused, match=sentence):
            act()
    assert told(quality) == []


def test_whoever_saves_late_is_told_by_whom_a_reason_was_changed(store):
    lost = refunds.get_reason("lost")
    assert refunds.change_reason(lost.id, ReasonNames("Parcel lost", "包裹丢失"), by=EVA, shown=1) == {"name_en"}
    assert refunds.change_reason(lost.id, ReasonNames("Parcel lost", "包裹丢失"), by=EVA, shown=2) == set()
    with pytest.raises(Outdated, match="Eva changed this") as refusal:
        refunds.change_reason(lost.id, WRONG_SIZE, by=EVA, shown=1)
    assert [(each.old, each.new) for each in refusal.value.changes] == [("Lost parcel", "Parcel lost")]
    with pytest.raises(NotFound):
        refunds.change_reason(99, WRONG_SIZE, by=EVA, shown=1)


def test_reasons_move_among_themselves_and_other_stays_last(store):
    lost, damaged, other = (refunds.get_reason(code) for code in ("lost", "damaged", "other"))
    refunds.move_reason(lost.id, damaged.id, by=EVA)
    assert names()[:3] == ["Returned after a shipping exception", "Lost parcel", "Damaged"]
    assert told(lost) == [("position", "5", "2", "Eva")]
    refunds.move_reason(lost.id, None, by=EVA)
    assert names()[-2:] == ["Lost parcel", "Other"]
    with pytest.raises(Refused, match="“Other” keeps its place"):
        refunds.move_reason(other.id, lost.id, by=EVA)


def test_an_archived_reason_is_kept_by_its_claims_and_can_be_restored(store):
    claims.shop()
    claim = claims.requested()
    lost = claim.reason
    for _twice in range(2):
        refunds.archive_reason(lost.id, by=EVA)
    assert "Lost parcel" not in names()
    assert refunds.all_reasons()[-1] is lost
    assert claim.reason is lost
    assert refunds.open_claims_by_reason() == {lost.id: 1}
    with pytest.raises(NotFound):
        refunds.get_reason("lost")
    with pytest.raises(Refused, match="keeps its place"):
        refunds.move_reason(lost.id, None, by=EVA)
    for _twice in range(2):
        refunds.restore_reason(lost.id, by=EVA)
    assert names()[-2:] == ["Lost parcel", "Other"]
    assert told(lost) == [("archived", "no", "yes", "Eva"), ("archived", "yes", "no", "Eva")]
    refunds.withdraw(claim, "Found.", by=claims.ANNA_AS_AGENT, at=claims.here())
    assert refunds.open_claims_by_reason() == {}


def test_other_is_never_archived(store):
    with pytest.raises(Refused, match="it is for all claims that fit no other reason"):
        refunds.archive_reason(refunds.get_reason("other").id, by=EVA)


def test_ten_reasons_fit_into_a_dropdown_and_other_is_among_them(store):
    for number in range(6):
        refunds.add_reason(ReasonNames(f"New {number}", f"新{number}"), by=EVA)
    shown = refunds.dropdown(db.session.connection()).split(";")
    assert shown == [*names()[:9], "Other"]
    assert [reason.name_en for reason in left_out_of_dropdown(refunds.choices())] == ["New 4", "New 5"]


def test_of_two_new_reasons_with_one_name_added_at_once_one_is_refused(app):
    start, outcomes = Barrier(2, timeout=10), []

    def add(name):
        with app.app_context():
            start.wait()
            try:
                refunds.add_reason(ReasonNames(name, f"尺寸{name}"), by=EVA)
                db.session.commit()
                outcomes.append("added")
            except Refused as error:
                outcomes.append(error.sentence)

    threads = [Thread(target=add, args=(name,)) for name in ("Wrong size", "wrong SIZE")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "added" in outcomes
    assert "There is already a reason" in max(outcomes, key=len)
