"""`{{path}}` on both sides: the browser's small grammar, the server's strings."""

from __future__ import annotations

import pytest

from sandbox.server_templating import CannotRender, Whole, render_leaves
from sandbox.server_templating import render as render_on_server
from sandbox.templating import render, variables

CONTEXT = {
    "a": {"b": "deep", "zero": 0, "none": None, "yes": True, "list": [1, 2], "one": 1.0},
    "orders": [{"id": 7}],
    "empty": "",
    "date": "2026-11-22T07:10:00Z",
    "42": {"name": "by number"},
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{a.b}}", "deep"),
        ("{{ a.b }} and {{a.b}}", "deep and deep"),
        ("{{a.zero}}", "0"),
        ("{{a.one}}", "1"),
        ("{{a.yes}}", "true"),
        ("{{a.list}}", "1,2"),
        ("{{a}}", "[object Object]"),
        ("[{{a.none}}{{a.missing}}{{nothing.at.all}}]", "[]"),
        ("{{42.name}}", "by number"),
        ("{{orders[0].id}}", "7"),
        ("{{orders[3].id}}", ""),
        ('{{date|datetime_format("YYYY-MM")}}', "2026-11"),
        ("{{date | datetime_format('D MMM YY [at] HH:mm')}}", "22 Nov 26 at 07:10"),
        ('{{a.b|datetime_format("YYYY")}}', "deep"),
        ('{{missing|fallback("there")}}', "there"),
        ('{{empty|fallback("there")}}', "there"),
        ('{{a.b|fallback("there")}}', "deep"),
        ("{{a.b|shout}}", "deep"),
        ("{{f(a.b)}}", "{{f(a.b)}}"),
        ("{{a.b + 1}}", "{{a.b + 1}}"),
        ("{{ }} {a.b} {{a.b", "{{ }} {a.b} {{a.b"),
        ("plain", "plain"),
        ("", ""),
        (None, ""),
    ],
)
def test_the_browser_renders(template, text) -> None:
    assert render(template, CONTEXT) == text


def test_the_browser_leaves_what_is_missing_to_the_server_when_asked_to() -> None:
    assert render("{{a.b}} {{ticket.via}}", CONTEXT, keep_unresolved=True) == "deep {{ticket.via}}"


def test_a_value_with_braces_is_not_rendered_again() -> None:
    assert render("{{x}}", {"x": "{{y}}", "y": "no"}) == "{{y}}"


def test_variables_are_replaced_without_regard_to_words() -> None:
    assert variables("$integrationId/$listIndex/$appId", 5, 0, "shop") == "5/0/shop"
    assert variables("$listIndexes", 5, 2) == "2es"
    assert variables("orders[$listIndex]", 5) == "orders[undefined]"


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{t.yes}} {{t.no}}", "True False"),
        ("{{t.id}}", "123"),
        ("[{{t.none}}{{t.missing.deep}}{{nowhere.at.all}}]", "[]"),
        ("{{t.text}}", 'He said "{{t.id}}"\n'),
        ("{{t.who | tojson}}", '{"id": 1}'),
        ("{{t.items}}", "a key, not a method"),
        ("{{t.list[-1]}}", "last"),
        ("{{context}}", '{"a": 1}'),
    ],
)
def test_the_server_renders_strings(template, text) -> None:
    inner = {
        "yes": True,
        "no": False,
        "id": 123,
        "none": None,
        "text": 'He said "{{t.id}}"\n',
        "who": {"id": 1},
        "items": "a key, not a method",
        "list": ["first", "last"],
    }
    assert render_on_server(template, {"t": inner, "context": Whole(a=1)}) == text


def test_the_server_keeps_the_shape_and_turns_every_leaf_into_a_string() -> None:
    given = {"a": 1, "b": [True, None, "{{x}}"], "c": {"d": "{{x}}!"}}
    assert render_leaves(given, {"x": 5}) == {"a": "1", "b": ["True", "", "5"], "c": {"d": "5!"}}


def test_the_server_refuses_what_is_no_template() -> None:
    with pytest.raises(CannotRender):
        render_on_server("{{ x(", {})
