"""Two who want the same money back at the same moment, in different tickets: no lock of either keeps them apart."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest
from flask import Flask

from tests import factories
from tests.refunds import claims
from tests.refunds.claims import ANNA_AS_AGENT
from widget import refunds
from widget.db import db
from widget.orders import OrderName
from widget.refunds import AlreadyClaimed
from widget.tickets import Place


@pytest.mark.only_on("postgresql")
def test_the_second_is_told_of_the_first(app: Flask) -> None:
    def request_the_same() -> None:
        with app.app_context():
            claims.requested(issue="frame broken")

    with app.app_context(), ThreadPoolExecutor(1) as another:
        claims.shop()
        shown = claims.requested().version
        factories.ticket(1, 9002, 501, OrderName(1, "NL10377"))
        db.session.commit()
        claim, home = refunds.take(1)
        wanted = claims.wanted(issue="Frame broken!")
        refunds.change(claim, wanted, by=ANNA_AS_AGENT, at=Place(home, ""), shown=shown)
        second = another.submit(request_the_same)
        sleep(0.3)
        assert not second.done()
        db.session.commit()
        with pytest.raises(AlreadyClaimed, match="claimed already: R-1"):
            second.result(timeout=10)
