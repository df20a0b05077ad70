"""People who visit the service over HTTP, with a browser that has no JavaScript."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

import requests

from tests.live import Live

FROM_OUR_PAGE = {"Sec-Fetch-Site": "same-origin"}


class Visitor:
    """Somebody who signed in by a personal link."""

    def __init__(self, url: str, link: str) -> None:
        self.url = url
        self.visits = requests.Session()
        self.visits.headers.update(FROM_OUR_PAGE)
        signed_in = self.visits.post(link, timeout=30)
        assert signed_in.status_code == 200, signed_in.text

    def page(self, path: str = "/supplier") -> str:
        """What the page says."""
        answer = self.visits.get(urljoin(self.url, path), timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, path: str, form: dict[str, str], files: list[Any] | None = None) -> requests.Response:
        """Send a form, and follow where it leads."""
        return self.visits.post(urljoin(self.url, path), data=form, files=files or None, timeout=60)


class Workshop(Visitor):
    """A supplier's person, added now."""

    def __init__(self, live: Live, email: str = "liwei@dafen.example", name: str = "Li Wei") -> None:
        made = live.flask("person", "add", email, "--name", name, "--role", "supplier", "--supplier", "Dafen Art")
        super().__init__(live.url, made["link"])

    def report(
        self, order: str, problem: str, *, pictures: list[bytes] | None = None, **more: str
    ) -> requests.Response:
        """Send the form New problem."""
        form = {"board": "problem_sheet", "order_number": order, "problem_type": "address_incomplete"}
        files = [("picture", (f"{number}.jpg", each, "image/jpeg")) for number, each in enumerate(pictures or [])]
        return self.post("/supplier/report", {**form, "problem": problem, **more}, files)

    def act(self, reference: str, act: str, **fields: str) -> requests.Response:
        """Press a button of a line."""
        return self.post(f"/supplier/lines/{reference}/{act}", fields)
