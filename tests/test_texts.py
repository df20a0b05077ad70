"""The catalogues: every text a page can show is in each of them, translated, with the same values to fill in."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from importlib.machinery import SourceFileLoader
from io import BytesIO
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from tests.processes import ROOT
from widget.web.language import ENGLISH, LANGUAGES, LOCALES

REFUSALS = {"Refused", "NotFound", "PictureRefused", "WrongPassword", "AmountRefused", "DayRefused", "NotNow"}
PLACE_TO_FILL = re.compile(r"%\((\w+)\)s|\{(\w+)\}")


def load_tool() -> ModuleType:
    """The script behind `make texts`, which has no name that could be imported."""
    loader = SourceFileLoader("texts", str(ROOT / "tools" / "texts"))
    spec = importlib.util.spec_from_loader("texts", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    wrote, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = wrote
    return module


texts = load_tool()
each_catalogue = pytest.mark.parametrize("path", texts.catalogues(), ids=lambda path: path.parent.parent.name)


def in_catalogue(path: Path) -> list[Message]:
    return [text for text in read_po(BytesIO(path.read_bytes()), abort_invalid=True) if text.id]


def places(text: str) -> set[tuple[str, str]]:
    """The values a text wants, apart by how it names them."""
    return set(PLACE_TO_FILL.findall(text))


def keys(messages: list[Message]) -> set[str]:
    return {message.id if isinstance(message.id, str) else message.id[0] for message in messages}


def test_every_language_but_english_has_a_catalogue():
    assert {path.parent.parent.name for path in texts.catalogues()} == LANGUAGES.keys() - {ENGLISH}
    assert LOCALES.keys() == LANGUAGES.keys()


@each_catalogue
def test_a_catalogue_holds_every_text_and_nothing_else(path):
    found, held = keys(texts.found()), keys(in_catalogue(path))
    assert not found - held, "make texts adds: " + " | ".join(sorted(found - held))
    assert not held - found, "make texts drops: " + " | ".join(sorted(held - found))


@each_catalogue
def test_every_text_is_translated(path):
    missing = keys(texts.untranslated(path.read_text()))
    assert not missing, f"{path.relative_to(ROOT)} lacks: " + " | ".join(sorted(missing))


@each_catalogue
def test_a_translation_fills_in_the_same_values(path):
    for text in in_catalogue(path):
        originals = (text.id,) if isinstance(text.id, str) else text.id
        for words in filter(None, (text.string,) if isinstance(text.string, str) else text.string or ()):
            assert places(words) == set().union(*map(places, originals)), f"{text.id!r} has become {words!r}"


@each_catalogue
def test_making_the_catalogues_again_changes_nothing(path):
    written = path.read_text()
    assert texts.renewed(written, texts.found()) == written


def test_translations_are_kept_and_none_is_guessed():
    head = texts.head_of("nl")
    first = texts.renewed(head, [Message("Address"), Message(("%(num)s day", "%(num)s days"))])
    assert 'msgid_plural "%(num)s days"\nmsgstr[0] ""\nmsgstr[1] ""' in first
    translated = first.replace('msgid "Address"\nmsgstr ""', 'msgid "Address"\nmsgstr "Adres"')
    later = texts.renewed(translated, [Message("Address"), Message("Addresses")])
    assert later.startswith("# Dutch\n")
    assert 'msgid "Address"\nmsgstr "Adres"' in later
    assert 'msgid "Addresses"\nmsgstr ""' in later
    assert "day" not in later
    assert keys(texts.untranslated(later)) == {"Addresses"}


def test_a_refusal_is_a_sentence_that_a_catalogue_can_hold():
    put_together = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in texts.files_of_code()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSALS
        if not (node.args and isinstance(node.args[0], ast.Constant))
    ]
    assert not put_together, (
        f"{', '.join(put_together)}: the sentence is put together before it is translated. "
        'Write Refused("… {name} …", name=value).'
    )
