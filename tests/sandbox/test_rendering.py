"""A template over an answer, by the helpdesk's rules: positions, lists, dropdowns, hidden names, field types."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.actions import CannotPress, payload
from sandbox.field_types import show
from sandbox.rendering import cards, find_button, limit, options, ordered, render_widget

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
ANNA = {"id": 5, "name": "Anna Visser", "firstname": "Anna", "lastname": "Visser", "email": "anna@brushwood.example"}
TICKET: dict[str, Any] = {"id": 123, "customer": {"email": "ria@customers.example", "integrations": {}}}


def parameter(key: str = "k", value: str = "v", **more: Any) -> dict[str, Any]:
    return {"key": key, "value": value, "label": "", "type": "text", "editable": False, "mandatory": False, **more}


def button(label: str = "Go", **action: Any) -> dict[str, Any]:
    return {
        "label": label,
        "action": {"method": "POST", "url": "https://x.example", "headers": [], "params": [], **action},
    }


def form_button(*parameters: Any, **action: Any) -> dict[str, Any]:
    return button(body={"contentType": FORM, FORM: list(parameters), JSON: {}}, **action)


def card(*children: Any, path: str = "", buttons: Any = (), links: Any = (), **meta: Any) -> dict[str, Any]:
    custom = {"buttons": list(buttons), "links": list(links)}
    return {
        "type": "card",
        "path": path,
        "title": "{{title}}",
        "meta": {"custom": custom, **meta},
        "widgets": list(children),
    }


def text(path: str) -> dict[str, Any]:
    return {"type": "text", "path": path, "title": path}


def list_of(child: Any, path: str = "items", **meta: Any) -> dict[str, Any]:
    return {"type": "list", "path": path, "meta": meta, "widgets": [child, card(text("never"))]}


def rendered(*widgets: Any, data: Any, ticket: Any = None) -> list[Any]:
    return render_widget({"type": "wrapper", "widgets": list(widgets)}, data, ticket or TICKET, ANNA, 42)


def only_button(*widgets: Any, data: Any, ticket: Any = None) -> Any:
    ((made,),) = [each["buttons"] for each in cards(rendered(*widgets, data=data, ticket=ticket)) if each["buttons"]]
    return made


def acting(*widgets: Any) -> list[str]:
    """The titles of the cards that got their buttons and links."""
    leaf = {"title": "leaf", "x": 1}
    middle = {"title": "middle", "inner": leaf, "leaves": [leaf], "x": 1}
    data = {"title": "root", "first": middle, "second": middle, "items": [middle], "x": 1}
    return [each["title"] for each in cards(rendered(*widgets, data=data)) if each["buttons"] and each["links"]]


LIVE: dict[str, Any] = {"buttons": [button()], "links": [{"label": "Open", "url": "https://x.example"}]}


@pytest.mark.parametrize(
    ("widget", "titles"),
    [
        (card(text("x"), **LIVE), ["root"]),
        (list_of(card(text("x"), **LIVE)), ["middle"]),
        (card(card(text("x"), path="first", **LIVE)), ["middle"]),
        (card(text("x"), card(text("x"), path="second", **LIVE)), []),
        (card(list_of(card(text("x"), **LIVE))), []),
        (list_of(card(card(text("x"), path="inner", **LIVE))), []),
    ],
)
def test_only_these_positions_get_buttons_and_links(widget, titles) -> None:
    assert acting(widget) == titles


def test_every_root_widget_counts_not_only_the_first() -> None:
    assert acting(card(text("x")), list_of(card(text("x"), **LIVE))) == ["middle"]


def test_a_title_sees_the_cards_own_keys_only() -> None:
    (block,) = rendered({**card(text("a")), "title": "{{a}} {{ticket.id}} :cart:"}, data={"a": "A"})
    assert block["title"] == "A  🛒"


def test_own_keys_named_like_the_surroundings_are_hidden_by_them() -> None:
    data = {"ticket": {"id": "mine"}, "customer": {"name": "mine"}, "current_user": {"email": "mine"}, "own": "seen"}
    made = only_button(
        card(
            buttons=[
                form_button(
                    parameter("t", "{{ticket.id}}"),
                    parameter("u", "{{current_user.email}}"),
                    parameter("c", "{{customer.name}}"),
                    parameter("o", "{{own}}"),
                )
            ]
        ),
        data=data,
    )
    values = {entry["key"]: entry["value"] for entry in made["action"]["form"]}
    assert values == {"t": "123", "u": "anna@brushwood.example", "c": "{{customer.name}}", "o": "seen"}


def test_the_current_user_has_no_id() -> None:
    made = only_button(card(buttons=[button(url="https://x.example/{{current_user.id}}")]), data={"a": 1})
    assert made["action"]["url"] == "https://x.example/{{current_user.id}}"


def test_url_params_headers_and_form_are_filled_but_a_json_body_is_not() -> None:
    body = {"contentType": JSON, JSON: {"own": "{{token}}", "at": "{{x[$listIndex]}}", "n": 1, "i": "$integrationId"}}
    made = only_button(
        list_of(
            card(
                buttons=[
                    button(url="https://x.example/{{token}}", params=[parameter("{{token}}", "{{token}}")], body=body)
                ]
            )
        ),
        data={"items": [{"token": "abc"}]},
    )
    assert made["action"]["url"] == "https://x.example/abc"
    assert [(each["key"], each["value"]) for each in made["action"]["params"]] == [("abc", "abc")]
    assert made["action"]["json"] == {"own": "{{token}}", "at": "{{x[0]}}", "n": 1, "i": "42"}


def test_the_list_index_is_the_position_on_the_screen() -> None:
    blocks = rendered(
        list_of(card(text("n"), buttons=[button(url="https://x.example/$listIndex/{{n}}")]), orderBy="-n"),
        data={"items": [{"n": 1}, {"n": 3}, {"n": 2}]},
    )
    assert [each["buttons"][0]["action"]["url"][-3:] for each in cards(blocks)] == ["0/3", "1/2", "2/1"]


def test_outside_of_a_list_the_index_is_undefined() -> None:
    assert only_button(card(buttons=[button(url="https://x.example/$listIndex")]), data={"a": 1})["action"][
        "url"
    ].endswith("undefined")


def test_a_missing_link_variable_becomes_empty_but_a_buttons_is_left_to_the_server() -> None:
    widget = card(
        buttons=[button(url="https://x.example/{{gone}}")],
        links=[{"label": "L {{gone}}", "url": "https://x.example/{{gone}}"}],
    )
    (block,) = rendered(widget, data={"a": 1})
    assert block["links"] == [{"label": "L ", "url": "https://x.example/"}]
    assert block["buttons"][0]["action"]["url"] == "https://x.example/{{gone}}"


def test_one_shop_of_a_type_has_an_alias_and_two_have_none() -> None:
    shop = {"__integration_type__": "shopify", "name": "one"}
    widget = card(buttons=[button(url="https://x.example/{{ticket.customer.integrations.shopify.name}}")])
    for stored, end in (({"7": shop}, "/one"), ({"7": shop, "8": shop}, "}}")):
        ticket = {"id": 1, "customer": {"integrations": stored}}
        assert only_button(widget, data={"a": 1}, ticket=ticket)["action"]["url"].endswith(end)


def test_a_list_shows_every_item_with_its_first_widget_and_opens_the_first() -> None:
    (block,) = rendered(list_of(card(text("n"))), data={"items": [{"n": 1}, {"n": 2}, {"n": 3}, {"n": 4}]})
    assert [each["open"] for each in block["cards"]] == [True, False, False, False]
    assert [[child["title"] for child in each["children"]] for each in block["cards"]] == [["n"]] * 4
    assert block["limit"] == 3


@pytest.mark.parametrize("child", [text("n"), card(text("n"), displayCard=False)])
def test_a_list_of_anything_but_titled_cards_shows_its_first_unsorted_element(child) -> None:
    (block,) = rendered(list_of(child, orderBy="+n"), data={"items": [{"n": 2}, {"n": 1}]})
    assert len(block["cards"]) == 1
    shown = block["cards"][0]
    assert (shown["children"][0] if shown["kind"] == "card" else shown)["text"] == "2"


@pytest.mark.parametrize("items", [[], None, {"n": 1}, "text"])
def test_a_list_of_nothing_is_not_shown(items) -> None:
    assert rendered(list_of(card(text("n"))), data={"items": items}) == []


@pytest.mark.parametrize(("given", "pages"), [("5", 5), (7, 7), ("", 3), (None, 3), ("many", 3), ("0", 3)])
def test_the_page_size_of_a_list(given, pages) -> None:
    assert limit(given) == pages


def test_the_first_letter_of_the_order_is_always_taken_for_the_direction() -> None:
    items = [{"age": 2, "ge": 1}, {"age": 1, "ge": 2}, {}]
    assert ordered(items, "+age") == [items[1], items[0], items[2]]
    assert ordered(items, "-age") == [items[2], items[0], items[1]]
    assert ordered(items, "age") == [items[0], items[1], items[2]]


@pytest.mark.parametrize("source", [{}, {"__integration_type__": "http"}, [1], "text", None])
def test_a_card_over_nothing_is_not_shown(source) -> None:
    assert rendered(card(text("x"), buttons=[button()]), data=source) == []


def test_a_card_without_values_says_so_unless_it_has_buttons() -> None:
    (plain,), (live,) = (rendered(card(text("x"), buttons=each), data={"other": 1}) for each in ([], [button()]))
    assert (plain["empty"], live["empty"]) == ("No data", None)


def test_a_path_is_one_key_and_not_a_dotted_path() -> None:
    (block,) = rendered(card(text("a.b"), text("c")), data={"a": {"b": "deep"}, "c": "flat"})
    assert [child["text"] for child in block["children"]] == ["-", "flat"]


@pytest.mark.parametrize(
    ("value", "choices"),
    [
        ("a;b;c", ["a", "b", "c"]),
        ("a;b;", ["a", "b"]),
        ("a;;b", ["a", "", "b"]),
        (";".join("abcdefghijkl"), list("abcdefghij")),
        ("", []),
    ],
)
def test_a_dropdown_offers_the_first_ten_parts(value, choices) -> None:
    assert options(value) == choices


def test_a_mandatory_dropdown_starts_with_its_first_choice_another_with_none() -> None:
    for mandatory, value in ((True, "a"), (False, "")):
        entry = parameter("k", "{{kinds}}", type="dropdown", mandatory=mandatory)
        made = only_button(card(buttons=[form_button(entry)]), data={"kinds": "a;b"})
        assert made["parameters"][0]["options"] == ["a", "b"]
        assert made["parameters"][0]["value"] == value


@pytest.mark.parametrize(
    ("made", "opens"),
    [
        (form_button(parameter()), False),
        (form_button(parameter(editable=True)), True),
        (form_button(parameter(type="dropdown")), True),
        (form_button(headers=[parameter(editable=True)]), True),
        (form_button(params=[parameter(editable=True)]), True),
        (button(body={"contentType": JSON, JSON: {"editable": True}, FORM: [parameter(editable=True)]}), False),
        (form_button(parameter(editable=True), method="GET"), False),
    ],
)
def test_a_dialog_opens_only_for_what_can_be_typed_or_chosen(made, opens) -> None:
    assert only_button(card(buttons=[made]), data={"a": 1})["opens_dialog"] is opens


def test_what_was_typed_travels_and_of_two_equal_keys_the_first() -> None:
    typed = parameter("text", "before", label="Text", editable=True)
    made = only_button(card(buttons=[form_button(typed, parameter("k", "1"), parameter("k", "2"))]), data={"a": 1})
    sent = payload(made["action"], {"form.0": "after"})
    assert (sent["form"], sent["content_type"], sent["json"]) == ({"text": "after", "k": "1"}, FORM, {})


def test_a_get_carries_no_body() -> None:
    made = only_button(card(buttons=[form_button(parameter(), method="GET")]), data={"a": 1})
    assert "form" not in payload(made["action"], {})


def test_a_dropdown_takes_none_but_its_choices() -> None:
    made = only_button(card(buttons=[form_button(parameter("k", "a;b", type="dropdown"))]), data={"a": 1})
    with pytest.raises(CannotPress):
        payload(made["action"], {"form.0": "c"})


def test_a_button_is_found_by_its_label_and_a_text_on_its_card() -> None:
    blocks = rendered(list_of(card(text("n"), buttons=[button("Do {{n}}")])), data={"items": [{"n": 1}, {"n": 2}]})
    assert find_button(blocks, "Do 2", "n: 2")
    assert not find_button(blocks, "Do 2", "n: 1")
    assert not find_button(blocks, "Do 3")


@pytest.mark.parametrize(
    ("kind", "value", "printed"),
    [
        ("text", "hello", "hello"),
        ("text", 0, "0"),
        ("text", "", "-"),
        ("text", None, "-"),
        ("text", True, "-"),
        ("text", [1], "-"),
        ("text", {"a": 1}, "-"),
        ("boolean", True, "True"),
        ("boolean", "true", "True"),
        ("boolean", "1", "True"),
        ("boolean", "yes", "False"),
        ("boolean", 2, "True"),
        ("boolean", 0, "False"),
        ("boolean", {}, "True"),
        ("array", ["a", 0, None, "b"], "a, -, -, b"),
        ("array", [{"a": 1}], "Undetermined value"),
        ("date", "2026-11-22T07:10:00Z", "22 Nov 2026, 07:10"),
        ("date", "2026-11-22", "22 Nov 2026"),
        ("date", "soon", "soon"),
        ("url", "no address", "no address"),
        ("url", "https://x.example/" + "a" * 60, "https://x.example/" + "a" * 39 + "..."),
        ("email", "a@b.example", "a@b.example"),
        ("percent", 12, "12%"),
        ("percent", "many", "many"),
        ("points", 12345, "12,345"),
        ("rating", 4, "★★★★☆"),
        ("something new", "x", "x"),
    ],
)
def test_a_field_prints(kind, value, printed) -> None:
    assert show(kind, value)["text"] == printed


def test_an_age_is_told_with_its_date() -> None:
    assert show("age", "1980-01-02")["text"].endswith(" (1980-01-02)")


def test_addresses_can_be_followed() -> None:
    assert show("email", "a@b.example")["href"] == "mailto:a@b.example"
    assert show("url", "http://127.0.0.1:8000/x")["href"] == "http://127.0.0.1:8000/x"
    assert "href" not in show("url", "javascript:alert(1)")
