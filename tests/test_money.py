"""Amounts: what people type is read as they mean it, asked back where it means two things, and told in one form."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from widget import money
from widget.money import AmountRefused

CURRENCIES = ("EUR", "JPY", "KWD")


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        *(
            (typed, "39.00")
            for typed in ("39", "39.00", "39,00", "39.0", "39,-", "39.-", "39,--", "0039", "39.", " 39 ")
        ),
        *(
            (typed, "39.00")
            for typed in ("€39", "39 €", "€ 39,00", "EUR 39", "39eur", "39 Euro", "39.00 EUR.", "欧元39")
        ),
        *(
            (typed, "39.00")
            for typed in ("３９", "３９．００", "39。00", "39\u00a0€", "\u200b39\ufeff", "39\n", "€ 39.00 EUR")
        ),
        *(
            (typed, "1234.56")
            for typed in ("1.234,56", "1,234.56", "1 234,56", "1'234.56", "1’234.56", "1\u202f234,56")
        ),
        *((typed, "1234.00") for typed in ("1234", "1 234", "1.234,-", "€ 1.234,-", "1,234.-", "1.234,00", "1'234")),
        ("1.234.567,89", "1234567.89"),
        ("9999999.99", "9999999.99"),
        ("0,01", "0.01"),
        ("39.5", "39.50"),
        ("1234.500", "1234.50"),
    ],
)
def test_euros_are_read_as_they_are_meant(typed: str, amount: str) -> None:
    read = money.read(typed, "EUR")
    assert (read, str(read)) == (Decimal(amount), amount)


@pytest.mark.parametrize(
    ("typed", "currency", "amount"),
    [
        *(("1,234", "JPY", "1234"), ("1.234", "JPY", "1234"), ("¥1,234", "JPY", "1234"), ("1234.00円", "jpy", "1234")),
        *(("1.234", "KWD", "1.234"), ("1,234.567", "KWD", "1234.567"), ("1.234,567", "KWD", "1234.567")),
        *(("1.234,-", "KWD", "1234.000"), ("kr. 50", "SEK", "50.00"), ("Kr.50", "DKK", "50.00"), ("$5", "USD", "5.00")),
        *(("Rs.500", "INR", "500.00"), ("5 CHF", "CHF", "5.00"), ("A$5", "AUD", "5.00"), ("¥5", "CNY", "5.00")),
    ],
)
def test_other_currencies_have_their_own_decimals_and_signs(typed: str, currency: str, amount: str) -> None:
    assert str(money.read(typed, currency)) == amount


@pytest.mark.parametrize(
    ("typed", "currency", "words"),
    [
        ("1.234", "EUR", "can mean 1234.00 EUR or 1.23 EUR. Write 1234.00 or 1.23"),
        ("1,234", "EUR", "can mean 1234.00 EUR or 1.23 EUR"),
        ("39.000 €", "EUR", "can mean 39000.00 EUR or 39.00 EUR"),
        ("1,234", "KWD", "can mean 1234.000 KWD or 1.234 KWD"),
    ],
)
def test_what_can_mean_two_amounts_is_asked_back(typed: str, currency: str, words: str) -> None:
    with pytest.raises(AmountRefused, match=words):
        money.read(typed, currency)


@pytest.mark.parametrize(
    ("words", "all_typed"),
    [
        ("^Write the amount, like 1234.56", ("", "  ", "\u200b", "\u00a0\n")),
        ("^The amount is zero", ("0", "0.00", "0,-", "€ 0", "０", "0000")),
        ("is less than zero", ("-39", "39-", "−39", "–39", "€ -39", "-€39", "- 39.00 EUR", "39,- -")),
        ("has more decimals than EUR has", ("0.005", "1234.567", "39.9999", "0,0000000000000000000000000000001")),
        ("is too large: the most is 9999999.00 EUR", ("10000000", "9999999.995", "12.345.678", "9" * 40)),
        ("is not in EUR. Write how much it is in EUR", ("39 USD", "$39", "¥39", "39 kr.")),
        ("is not in EUR. Write how much it is in EUR", ("CNY 39", "39元", "£39", "DEM 3")),
        ("does not say what is thousands", ("1.234.56", "1,23,456.78", "39..0", "3 9")),
        ("does not say what is thousands", ("39,5,5", "1 234 56", "39.50,-")),
        ("is not an amount", ("abc", "(39)", "+39", "1e3", "NaN", "Infinity")),
        ("is not an amount", ("0x10", "39_000", "5%", "39/40", "20-30")),
        ("is not an amount", (".39", ",39", "€.50", "EUR.50", "EUR .50", "$.5", "٣٩", "²", "39²", "½", "39 EUR EUR")),
        ("is not an amount", ("x" * 300, "1" * 41, "39 XXX", "39 XAU", "39 \ud800", "39\x00", "39 😀", "=39", "'39")),
    ],
)  # fmt: skip
def test_what_is_no_amount_in_euros_is_refused_saying_what_to_write(words: str, all_typed: tuple[str, ...]) -> None:
    for typed in all_typed:
        with pytest.raises(AmountRefused, match=words) as refused:
            money.read(typed, "EUR")
        assert refused.value.sentence.isprintable(), typed
        assert len(refused.value.sentence) < 200, typed


@pytest.mark.parametrize("typed", ["0.5", "12,34", "1234.56"])
def test_yen_have_no_decimals(typed: str) -> None:
    with pytest.raises(AmountRefused, match=r"has more decimals than JPY has. Write it like 1235"):
        money.read(typed, "JPY")


def test_amounts_are_told_in_one_form() -> None:
    assert money.told(Decimal("1234.5"), "eur") == "1234.50 EUR"
    assert money.told(Decimal(-10), "KWD") == "-10.000 KWD"
    assert (money.plain(Decimal("1E+3"), "JPY"), money.plain(Decimal(0), "EUR")) == ("1000", "0.00")
    assert [money.minor_digits(currency) for currency in CURRENCIES] == [2, 0, 3]


def test_which_codes_are_currencies() -> None:
    assert all(map(money.is_currency, ("EUR", "eur", "DEM", *CURRENCIES)))
    assert not any(map(money.is_currency, ("", "EURO", "XXX", "XAU", "XTS", "€", "E", "\ud800")))


@given(st.sampled_from(CURRENCIES), st.integers(1, 999_999_999))
def test_what_is_told_is_read_back(currency: str, minor_units: int) -> None:
    amount = Decimal(minor_units).scaleb(-money.minor_digits(currency))
    if amount <= money.LARGEST:
        assert money.read(money.told(amount, currency), currency) == amount
        assert money.read(money.plain(amount, currency), currency) == amount


NEAR_AMOUNTS = st.text(alphabet="0123456789.,'- €$EURkr\u00a0\u202f０．−\u200b", max_size=200)


@settings(deadline=None)
@given(st.text(max_size=200) | NEAR_AMOUNTS, st.sampled_from(CURRENCIES))
def test_any_text_is_an_amount_or_refused_and_quickly(typed: str, currency: str) -> None:
    begun = time.process_time()
    try:
        amount = money.read(typed, currency)
    except AmountRefused:
        pass
    else:
        assert 0 < amount <= money.LARGEST
        assert money.read(money.told(amount, currency), currency) == amount
    assert time.process_time() - begun < 0.5
