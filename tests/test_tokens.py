"""Signed tokens and sealed keys: what opens, and what does not."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget.secrets import Box, UnreadableSecret
from widget.tokens import (
    LIFETIME,
    PICTURE_ADDRESS_KEPT,
    PICTURE_LIFETIME,
    ActionToken,
    ActionTokens,
    PictureToken,
    PictureTokens,
    TokenRefused,
)

KEY, OLD_KEY = "the key of today, long enough for us", "the key of yesterday, long enough too"
TOKEN = ActionToken(1, 501, 31, 4)


def test_a_token_says_what_it_was_made_for() -> None:
    tokens = ActionTokens((KEY,), "line")
    assert tokens.open(tokens.make(TOKEN)) == TOKEN


def test_tokens_of_an_older_key_still_open_and_new_ones_use_the_newest() -> None:
    before, after = ActionTokens((OLD_KEY,), "line"), ActionTokens((KEY, OLD_KEY), "line")
    assert after.open(before.make(TOKEN)) == TOKEN
    with pytest.raises(TokenRefused):
        before.open(after.make(TOKEN))


def test_a_dropped_key_opens_nothing_any_more() -> None:
    with pytest.raises(TokenRefused):
        ActionTokens((KEY,), "line").open(ActionTokens((OLD_KEY,), "line").make(TOKEN))


def test_a_token_of_one_kind_does_not_open_another() -> None:
    with pytest.raises(TokenRefused):
        ActionTokens((KEY,), "summary").open(ActionTokens((KEY,), "line").make(TOKEN))


@pytest.mark.parametrize(
    ("age", "opens"), [(0, True), (-30, True), (-90, False), (LIFETIME, True), (LIFETIME + 90, False)]
)
def test_a_token_lives_seven_days_with_a_minute_of_leeway(age: int, opens: bool) -> None:
    tokens = ActionTokens((KEY,), "line")
    text = tokens.make(TOKEN, now=time.time() - age)
    if opens:
        assert tokens.open(text) == TOKEN
    else:
        with pytest.raises(TokenRefused):
            tokens.open(text)


@given(st.text(max_size=120))
def test_no_text_but_a_token_opens(text: str) -> None:
    with pytest.raises(TokenRefused):
        ActionTokens((KEY,), "line").open(text)


@given(st.data())
def test_no_edit_of_a_token_opens(data: st.DataObject) -> None:
    tokens = ActionTokens((KEY,), "line")
    text = tokens.make(TOKEN)
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("ABCxyz0129-_.=\x00é").filter(lambda sign: sign != text[at]))
    with pytest.raises(TokenRefused):
        tokens.open(text[:at] + letter + text[at + 1 :])


def test_a_pictures_token_says_which_file_until_when() -> None:
    now = 5 * PICTURE_ADDRESS_KEPT
    token = PictureTokens((KEY,)).open(PictureTokens((KEY,)).make(31, "view", now), now)
    assert token == PictureToken(31, "view", now + PICTURE_LIFETIME)


def test_a_pictures_token_is_the_same_for_a_while_and_lives_an_hour_at_most() -> None:
    tokens, now = PictureTokens((KEY,)), 5 * PICTURE_ADDRESS_KEPT
    text = tokens.make(31, "full", now)
    assert PICTURE_ADDRESS_KEPT >= 600
    assert text == tokens.make(31, "full", now + PICTURE_ADDRESS_KEPT - 1)
    assert tokens.open(text, now + PICTURE_LIFETIME - 1).picture == 31
    for refused_at in (now + PICTURE_LIFETIME, now - 61):
        with pytest.raises(TokenRefused):
            tokens.open(text, refused_at)


def test_pictures_tokens_of_an_older_key_open_and_other_tokens_do_not() -> None:
    before, after = PictureTokens((OLD_KEY,)), PictureTokens((KEY, OLD_KEY))
    assert after.open(before.make(31, "full")).picture == 31
    for stranger in (after.make(31, "full"), ActionTokens((OLD_KEY,), "line").make(TOKEN)):
        with pytest.raises(TokenRefused):
            before.open(stranger)


@given(st.data())
def test_no_edit_of_a_pictures_token_opens(data: st.DataObject) -> None:
    tokens = PictureTokens((KEY,))
    text = tokens.make(31, "full")
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("ABCxyz0129-_.=\x00é").filter(lambda sign: sign != text[at]))
    with pytest.raises(TokenRefused):
        tokens.open(text[:at] + letter + text[at + 1 :])


def test_a_sealed_key_is_not_readable_and_opens_again() -> None:
    sealed = Box((KEY,)).seal("api key")
    assert "api key" not in sealed
    assert Box((KEY,)).open(sealed) == "api key"


def test_a_key_sealed_before_a_rotation_opens_and_can_be_resealed() -> None:
    sealed = Box((OLD_KEY,)).seal("api key")
    resealed = Box((KEY, OLD_KEY)).reseal(sealed)
    assert Box((KEY,)).open(resealed) == "api key"
    with pytest.raises(UnreadableSecret):
        Box((KEY,)).open(sealed)
