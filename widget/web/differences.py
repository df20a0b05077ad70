"""What became of a text, word by word: for every page that shows an address that was changed."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import NamedTuple


class Piece(NamedTuple):
    """Some words of an address, and whether they stayed (`same`), went (`gone`) or came (`new`)."""

    kind: str
    words: str


def changes(before: str, now: str) -> list[Piece]:
    """What became of an address, word by word. All of it is `same` when there was none before."""
    if not before or before == now:
        return [Piece("same", now)] if now else []
    old, new = (re.findall(r"\S+|\s+", text) for text in (before, now))
    pieces = []
    for act, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if act == "equal":
            pieces.append(Piece("same", "".join(old[i:j])))
            continue
        pieces += [Piece("gone", "".join(old[i:j])), Piece("new", "".join(new[k:m]))]
    return [piece for piece in pieces if piece.words]
