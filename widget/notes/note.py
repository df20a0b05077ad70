"""How a note is put together: a heading, one or more sentences, and a link.

Everything an outsider typed is a quote: escaped in the HTML, and never read as one of our own words.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

INFORMED = "informed"
CATALOGUES = Path(__file__).resolve().parent.parent / "translations"


@dataclass(frozen=True)
class Sentence:
    """One thing that happened, in words, with what somebody typed as a quote. `act` names what it is about."""

    act: str
    words: str
    quote: str = ""
    ask: str = ""


@dataclass(frozen=True)
class Attachment:
    """A picture that goes along with a note: the file in our storage, and what it is called in the ticket."""

    file: str
    name: str
    content_type: str


@dataclass(frozen=True)
class Note:
    """What is posted: plain values, so that it can wait in the outbox and grow while it waits."""

    heading: str
    sentences: tuple[Sentence, ...]
    url: str = ""
    tagged: str = ""
    line: str = ""
    by: str = ""
    pictures: tuple[Attachment, ...] = ()

    def text(self) -> str:
        """The note as plain text."""
        parts = [f"@{self.tagged} {self.heading}" if self.tagged else self.heading]
        for sentence in self.sentences:
            parts += [sentence.words]
            parts += ["> " + line for line in sentence.quote.splitlines()]
        parts += self._asks()
        return "\n".join([*parts, self.url] if self.url else parts)

    def html(self) -> str:
        """The note as Gorgias shows it."""
        tagged = Markup("<b>@{}</b> ").format(self.tagged) if self.tagged else Markup()
        parts = [Markup("<p>{}<b>{}</b></p>").format(tagged, self.heading)]
        for sentence in self.sentences:
            parts.append(Markup("<p>{}</p>").format(sentence.words))
            if sentence.quote:
                lines = Markup("<br>").join(sentence.quote.splitlines())
                parts.append(Markup("<blockquote>{}</blockquote>").format(lines))
        parts += [Markup("<p>{}</p>").format(ask) for ask in self._asks()]
        if self.url:
            parts.append(Markup('<p><a href="{0}">{0}</a></p>').format(self.url))
        joined = Markup("").join(parts)
        return str(joined)

    def _asks(self) -> list[str]:
        """What the reader should do: the last request. "Nothing yet" only when nothing else is asked."""
        asks = [sentence for sentence in self.sentences if sentence.ask]
        requests = [sentence for sentence in asks if sentence.act != INFORMED]
        return [sentence.ask for sentence in (requests or asks)[-1:]]

    def joined_with(self, later: Note) -> Note | None:
        """One note for both, when the same person did different things to the same line, for the same reader.

        Whoever is tagged reads all of a note: what was said to others stays a note of its own. Pictures are on their
        way already when their note is queued, so a note with pictures stays as it is.
        """
        acts = {sentence.act for sentence in self.sentences}
        same = (self.line, self.by, self.tagged) == (later.line, later.by, later.tagged)
        fits = self.line and same and not self.pictures + later.pictures
        if not fits or any(sentence.act in acts for sentence in later.sentences):
            return None
        return Note(
            heading=later.heading,
            sentences=self.sentences + later.sentences,
            url=later.url,
            tagged=self.tagged,
            line=self.line,
            by=self.by,
        )

    def tells_only(self, sentence: Sentence, line: str, by: str) -> bool:
        """Whether it says just that about a line and nothing else, for the person of that e-mail address."""
        return (self.line, self.by, self.sentences) == (line, by, (sentence,))

    def parts(self) -> dict[str, Any]:
        """The note as plain values, to be kept beside the finished message."""
        return asdict(self)

    @classmethod
    def from_parts(cls, parts: dict[str, Any]) -> Note:
        """The note that `parts` was made of."""
        sentences = tuple(Sentence(**sentence) for sentence in parts["sentences"])
        pictures = tuple(Attachment(**picture) for picture in parts.get("pictures", ()))
        return cls(**{**parts, "sentences": sentences, "pictures": pictures})


def words_in(locale: str) -> Callable[[str], str]:
    """The catalogue of a language; English where there is none yet."""
    return gettext.translation("notes", CATALOGUES, languages=[locale], fallback=True).gettext
