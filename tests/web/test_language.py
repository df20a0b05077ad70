"""Pages in the reader's language: who gets which, how to switch, and dates and refusals in it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text

from tests.web.visitors import (
    FROM_OUR_PAGE,
    WORKSHOP,
    add_lines,
    contents,
    counted_queries,
    link_of,
    painter_link,
    press_continue,
    signed_in,
    world,
)
from widget.db import db
from widget.errors import NotFound, Refused
from widget.people import Role, get_person
from widget.web import language
from widget.web.language import day, gettext, in_words, ngettext
from widget.web.pages import ago, both_times, moment

CHINESE, ENGLISH = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}, {"Accept-Language": "en-US,en;q=0.9"}
AMSTERDAM, SHANGHAI = "Europe/Amsterdam", "Asia/Shanghai"
MORNING = datetime(2026, 11, 22, 1, 12, tzinfo=UTC)
EVENING = datetime(2026, 11, 22, 18, 12, tzinfo=UTC)


@pytest.fixture
def app(app: Flask) -> Flask:
    """With a shop and two workshops in it."""
    world(app)
    return app


@pytest.fixture
def chinese(app):
    """As a text sees it while a page is made for somebody who reads Chinese."""
    with app.test_request_context(headers=CHINESE):
        yield


def lang_of(page: str) -> str:
    return page.split('<html lang="')[1].split('"', maxsplit=1)[0]


def choose(client, code: str, going_to: str = "/", **options):
    return client.post(
        "/language", **{"headers": FROM_OUR_PAGE, "data": {"language": code, "next": going_to}, **options}
    )


# Which language


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("", "en"),
        ("en-GB", "en"),
        ("zh", "zh-Hans"),
        ("zh-CN", "zh-Hans"),
        ("ZH-cn", "zh-Hans"),
        ("zh_CN", "zh-Hans"),
        ("zh-TW,en;q=0.9", "zh-Hans"),
        ("zh-Hans-CN;q=0.9,en;q=0.8", "zh-Hans"),
        ("en-US,en;q=0.9,zh-CN;q=0.8", "en"),
        ("de-DE,de;q=0.9,zh;q=0.5,en;q=0.4", "zh-Hans"),
        ("nl,fr", "en"),
        ("zh;q=0,nl", "en"),
        ("*", "en"),
        ("zhx", "en"),
        (";;q=,,", "en"),
    ],
)
def test_whoever_is_not_signed_in_gets_what_the_browser_prefers(client, wanted, expected):
    page = client.get("/", headers={"Accept-Language": wanted}).text
    assert lang_of(page) == expected
    assert ("请打开你的个人链接" if expected == "zh-Hans" else "Open your personal link") in page


def test_a_painter_reads_the_workshops_language_until_choosing_another(app):
    page = signed_in(app, painter_link(app, language="")).get("/supplier", headers=ENGLISH).text
    assert lang_of(page) == "zh-Hans"
    assert "没有未处理的问题" in page
    assert lang_of(signed_in(app, painter_link(app, language="en")).get("/supplier", headers=CHINESE).text) == "en"


def test_customer_service_reads_english_until_choosing_another(app):
    client = signed_in(app, link_of(app, language=""))
    assert lang_of(client.get("/account", headers=CHINESE).text) == "en"


def test_a_language_that_we_do_not_have_is_english(app):
    assert lang_of(signed_in(app, link_of(app, language="nl")).get("/account", headers=CHINESE).text) == "en"


def test_a_page_with_lines_is_all_in_one_language(app):
    line = add_lines(app, 2)[0]
    client = signed_in(app, painter_link(app, language="zh-CN"))
    for path, words in (
        ("/supplier", ("问题类型", "未处理", "订单号", "等你处理", "小时", "退出", "你的时间", "客服")),
        (f"/supplier/lines/P-{line}", ("全部问题", "下一条", "已通知客户", "供应商备注", "供应商已处理", "提交 · ")),
    ):
        page = client.get(path).text
        for word in words:
            assert word in page
        for english in ("Order number", "Your turn", "hour", "Sign out", "your ", "CS ", "Informed", "Handled"):
            assert english not in page


def test_which_language_the_browser_prefers_takes_no_query_more(app):
    counts = []
    for link, path in ((link_of(app, language="zh"), "/account"), (painter_link(app, language="zh"), "/supplier")):
        client = signed_in(app, link)
        for asked in (CHINESE, ENGLISH):
            with counted_queries(app) as statements:
                assert lang_of(client.get(path, headers=asked).text) == "zh-Hans"
            counts.append(len(statements))
    with counted_queries(app) as statements:
        app.test_client().get("/", headers=CHINESE)
    assert (counts[0::2], statements) == (counts[1::2], [])


# Error pages


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    "path", ["/nothing", "/lines/P-999", "/supplier/lines/P-999", "/static/nothing.css", "/l/unknown"]
)
def test_error_pages_speak_the_persons_language_whatever_the_reason(app, path):
    client = signed_in(app, painter_link(app, language="zh"))
    answer = client.get(path, headers=ENGLISH)
    assert answer.status_code == 404
    assert lang_of(answer.text) == "zh-Hans"


def test_the_page_for_a_store_that_does_not_answer_asks_it_nothing(app):
    client = signed_in(app, painter_link(app, language="zh"))
    with app.app_context():
        db.session.execute(text("ALTER TABLE people RENAME TO gone"))
        db.session.commit()
    for path, status, words in (("/", 500, "我们这边出错了"), ("/nothing", 404, "这里什么也没有")):
        with counted_queries(app) as statements:
            answer = client.get(path, headers=CHINESE)
        assert (answer.status_code, len(statements)) == (status, 1)
        assert words in answer.text


# The switch


def test_one_press_switches_the_language_and_stays_on_the_page(app):
    client = signed_in(app, painter_link(app, language=""))
    page = client.get("/supplier?board=photo_issues&q=%E7%94%BB").text
    assert page.count('<button class="quiet" name="language" value="en" lang="en">English</button>') == 1
    going_to = page.split('name="next" value="')[1].split('"')[0].replace("&amp;", "&")
    answer = choose(client, "en", going_to)
    assert (answer.status_code, answer.location) == (303, "/supplier?board=photo_issues&q=%E7%94%BB")
    page = client.get(answer.location, headers=CHINESE).text
    assert lang_of(page) == "en"
    assert '<button class="quiet" name="language" value="zh" lang="zh-Hans">中文</button>' in page
    assert choose(client, "zh").status_code == 303
    assert lang_of(client.get("/supplier").text) == "zh-Hans"


def test_the_switch_is_for_the_own_person_only_and_lasts(app):
    link, other = painter_link(app, language=""), painter_link(app, "Xiamen Studio", language="")
    choose(signed_in(app, link), "en")
    choose(signed_in(app, link), "en")
    assert lang_of(signed_in(app, link).get("/supplier").text) == "en"
    assert lang_of(signed_in(app, other).get("/supplier").text) == "zh-Hans"
    with app.app_context():
        assert (get_person("li@dafen.example").locale, get_person("li@xiamen.example").locale) == ("en", "")


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    "going_to",
    [
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "javascript:alert(1)",
        "lines/P-1",
        "",
        "/sign-out",
        "/nothing",
        "/[",
        "//[",
    ],
)
def test_the_switch_leads_nowhere_but_to_a_page_of_ours(app, going_to):
    answer = choose(signed_in(app), "zh", going_to)
    assert (answer.status_code, answer.location) == (303, "/")


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("code", ["nl", "", "ZH", "zh-CN", "../zh", "x" * 5_000])
def test_an_unknown_language_is_refused_and_changes_nothing(app, code):
    client = signed_in(app)
    before = contents(app)
    answer = choose(client, code)
    assert answer.status_code == 422
    assert "Something is missing or not right" in answer.text
    assert contents(app) == before


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}], ids=str)
def test_a_form_of_another_site_switches_nothing(app, headers):
    client = signed_in(app)
    before = contents(app)
    assert choose(client, "zh", headers=headers).status_code == 403
    assert contents(app) == before


def test_nobody_switches_by_following_a_link(app):
    client = signed_in(app)
    assert client.get("/language?language=zh").status_code == 405
    assert lang_of(client.get("/account").text) == "en"


def test_an_old_browser_switches_with_the_key_of_its_page(app):
    client = signed_in(app)
    key = client.get("/account").text.split('name="form_key" value="')[1].split('"')[0]
    assert choose(client, "zh", headers={}, data={"language": "zh", "form_key": key}).location == "/"
    assert lang_of(client.get("/account").text) == "zh-Hans"


def test_whoever_was_signed_out_meanwhile_is_led_to_the_page_and_told_how_to_sign_in(app, client):
    line = add_lines(app, 1)[0]
    before = contents(app)
    answer = choose(client, "zh", f"/lines/P-{line}")
    assert (answer.status_code, answer.location) == (303, f"/lines/P-{line}")
    assert client.get(answer.location).status_code == 401
    assert contents(app) == before


def test_the_page_of_a_personal_link_speaks_the_browsers_language(app, client):
    page = client.get(painter_link(app, language="en"), headers=CHINESE).text
    assert "继续</button>" in page
    assert "这是 Li 的个人链接" in page
    assert press_continue(client, painter_link(app, language="zh")).status_code == 303


# Texts, refusals and dates


def test_outside_of_a_request_all_is_english():
    assert language.current() == "en"
    assert gettext("Order number") == "Order number"
    assert [ngettext("%(num)s day ago", "%(num)s days ago", count) for count in (1, 2)] == ["1 day ago", "2 days ago"]
    assert in_words(Refused("{line} is open already.", line="P-31")) == "P-31 is open already."


def test_texts_in_chinese(chinese):
    assert language.current() == "zh"
    assert gettext("Order number") == "订单号"
    assert gettext("Ticket %(ticket)s", ticket=7) == "工单 7"
    assert [ngettext("%(num)s day ago", "%(num)s days ago", count) for count in (1, 2)] == ["1 天前", "2 天前"]
    assert gettext("") == ""
    assert gettext("Nobody translated this.") == "Nobody translated this."
    assert ago(MORNING, MORNING) == "刚刚"


def test_a_refusal_is_told_in_the_readers_language_with_its_values(chinese):
    assert in_words(NotFound("There is no such line.")) == "没有这条问题。"
    assert in_words(Refused("{line} is open already.", line="P-{31}%")) == "P-{31}% 已经是未处理状态。"
    assert in_words(Refused("")) == ""
    assert in_words(Refused("Not {in} any catalogue, 100%.")) == "Not {in} any catalogue, 100%."


@time_machine.travel(EVENING, tick=False)
def test_a_refusal_tells_moments_in_the_readers_zone(app):
    def refuse() -> str:
        raise Refused("Customer informed was ticked already, on {at}.", at=MORNING)

    app.add_url_rule("/refuse", "refuse", refuse)
    reads_english = link_of(app, "other@dafen.example", Role.SUPPLIER, WORKSHOP, language="en")
    for link, words in (
        (painter_link(app, language="zh"), "11月22日 09:12 已经勾选过“已通知客户”。"),
        (reads_english, "Customer informed was ticked already, on 22 Nov at 09:12."),
        (link_of(app), "Customer informed was ticked already, on 22 Nov at 01:12 UTC."),
    ):
        answer = signed_in(app, link).get("/refuse")
        assert answer.status_code == 409
        assert words in answer.text


@time_machine.travel(EVENING, tick=False)
def test_both_times_have_a_date_each_when_it_is_already_tomorrow_for_one(app):
    assert both_times(MORNING, SHANGHAI, AMSTERDAM) == "22 Nov, your 09:12, CS 02:12"
    assert both_times(EVENING, SHANGHAI, AMSTERDAM) == "your 23 Nov 02:12, CS 22 Nov 19:12"
    assert both_times(MORNING, AMSTERDAM, "Europe/Berlin") == "22 Nov, 02:12"
    with app.test_request_context(headers=CHINESE):
        assert both_times(MORNING, SHANGHAI, AMSTERDAM) == "11月22日 你的时间 09:12，客服 02:12"
        assert both_times(EVENING, SHANGHAI, AMSTERDAM) == "你的时间 11月23日 02:12，客服 11月22日 19:12"


@time_machine.travel(datetime(2026, 12, 31, 20, tzinfo=UTC), tick=False)
def test_a_date_has_its_year_when_it_is_not_this_year_there(app):
    assert day(MORNING, AMSTERDAM) == "22 Nov"
    assert day(MORNING, SHANGHAI) == "22 Nov 2026"
    with app.test_request_context(headers=CHINESE):
        assert day(MORNING, AMSTERDAM) == "11月22日"
        assert day(MORNING, SHANGHAI) == "2026年11月22日"


def test_the_exact_time_names_cities_in_the_readers_language(chinese):
    assert moment(MORNING, AMSTERDAM, SHANGHAI) == "2026-11-22 02:12 阿姆斯特丹 · 2026-11-22 09:12 上海"
    assert moment(MORNING) == "2026-11-22 01:12 UTC"
