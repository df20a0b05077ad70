"""Where bars stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget.web.figures.charts import columns, end_of_axis, ranges, stacked


@pytest.mark.parametrize(
    ("most", "end"), [(0, 1), (1, 1), (3, 4), (4.5, 5), (5.1, 10), (11, 20), (400, 400), (401, 500)]
)
def test_an_axis_ends_with_a_round_number(most, end):
    assert end_of_axis(most) == end


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)), max_size=60))
def test_no_bar_leaves_the_picture_or_touches_another(counts):
    upright = columns([(str(place), {"reported": a, "handled": b}) for place, (a, b) in enumerate(counts)])
    assert all(bar.x >= 0 and bar.x + bar.width <= 100.001 and bar.y >= -0.001 for bar in upright.bars)
    assert all(bar.y + bar.height == pytest.approx(100) for bar in upright.bars)
    starts = [bar.x for bar in upright.bars]
    assert all(bar.x + bar.width <= after for bar, after in zip(upright.bars, starts[1:], strict=False))
    for row in stacked([("", {"us": a, "them": b}) for a, b in counts]):
        us, them = row.bars
        assert us.x + us.width == pytest.approx(them.x)
        assert them.x + them.width <= 100.001


def test_a_range_is_as_long_as_its_values():
    (row,) = ranges([("Sold out", "us", 2.0, 4.0, "2.0 h")])
    slow, middle = row.bars
    assert (slow.width, middle.width, row.told) == (100, 50, "2.0 h")
