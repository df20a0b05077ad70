"""The sentences: who, what, order, what to do, a link; quotes stay quotes; nothing about money."""

from __future__ import annotations

import inspect
import re

from hypothesis import given
from hypothesis import strategies as st

from widget import notes
from widget.notes import Note, Sentence, lines

URL = "https://desk.example/lines/P-31"
HEADING = notes.heading("NL10423", "P-31", "Address incomplete")


def note(*sentences: Sentence, by: str = "anna@x.y", line: str = "P-31", tagged: str = "Li Wei") -> Note:
    return Note(HEADING, sentences, url=URL, tagged=tagged, line=line, by=by)


def test_a_note_says_whom_it_tags_which_order_what_and_what_to_do() -> None:
    text = note(notes.commented("Anna Visser", "two lines\nof words")).text()
    assert text.splitlines() == [
        "@Li Wei Order NL10423 · P-31 Address incomplete",
        "Anna Visser writes to the supplier:",
        "> two lines",
        "> of words",
        "Please answer on the line, or mark it as handled.",
        URL,
    ]


@given(st.text(min_size=1, max_size=80))
def test_whatever_was_typed_stays_text_in_the_html(words: str) -> None:
    html = note(notes.commented(words, words)).html()
    plain = note(notes.commented("x", "x")).html()
    assert set(re.findall(r"<[^>]*>", html)) <= {*re.findall(r"<[^>]*>", plain), "<br>"}


def test_the_last_request_counts_and_nothing_yet_only_when_nothing_is_asked() -> None:
    informed, address = notes.customer_informed("Anna"), notes.address_saved("Anna", "Damrak 1")
    assert "Nothing to do" in note(informed).text()
    both = note(address).joined_with(note(informed))
    assert both is not None
    assert "Nothing to do" not in both.text()
    assert "send the painting to this address" in both.text()


def test_different_acts_of_one_agent_on_one_line_join() -> None:
    first, second = note(notes.customer_informed("Anna")), note(notes.commented("Anna", "x"))
    joined = first.joined_with(second)
    assert joined is not None
    assert joined.text().index("has informed") < joined.text().index("writes to")
    assert Note.from_parts(joined.parts()) == joined


def test_what_belongs_to_others_does_not_join() -> None:
    first, comment = note(notes.commented("Anna", "x")), notes.commented("Anna", "y")
    assert first.joined_with(note(comment)) is None
    informed = notes.customer_informed("Ben")
    assert first.joined_with(note(informed, by="ben@x.y")) is None
    assert first.joined_with(note(informed, line="P-32")) is None
    assert first.joined_with(note(informed, tagged="")) is None
    assert first.joined_with(note(informed, tagged="Natalie Roos")) is None
    linked = notes.order_linked("Anna", "NL1", 0)
    assert linked.joined_with(linked) is None


def test_every_sentence_speaks_english_where_there_is_no_catalogue_and_never_of_refunds() -> None:
    made = [
        notes.reported("Anna", "Other", "x", "zh"),
        notes.supplier_reported("Li", "Other", "x", "zh"),
        notes.customer_informed("Anna", "zh"),
        notes.address_saved("Anna", "x", "zh"),
        notes.commented("Anna", "x", "zh"),
        notes.supplier_commented("Li", "x", "zh"),
        notes.handled("Li", "zh"),
        notes.reopened("Anna", "zh"),
        *notes.order_linked("Anna", "NL10423", 2, "zh").sentences,
    ]
    assert all(sentence.words for sentence in made)
    assert "refund" not in inspect.getsource(lines).lower()
    assert "2 open" in made[-1].words


def test_a_note_that_tags_nobody_starts_with_the_order() -> None:
    assert note(notes.handled("Li"), tagged="").text().startswith("Order NL10423")
