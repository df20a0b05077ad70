"""Amounts of money: how they are read from what people type, and the one form we tell them in.

Pure: no store, no page. Who may ask for how much is a matter of those who keep the amounts.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import NamedTuple

from babel import Locale
from babel.core import get_global
from babel.numbers import get_currency_precision

from widget.errors import Refused

LARGEST = Decimal("9999999.99")
# Longer than any amount with its currency; what is longer is another text.
LONGEST = 40

# Signs and words that Babel does not know, or that several currencies share.
_DOLLARS = "USD AUD BBD BMD BND BSD BZD CAD CLP COP DOP FJD GYD HKD JMD LRD MXN NAD NZD SGD SRD TTD TWD UYU XCD"
SIGNS = {
    "$": _DOLLARS, "us$": "USD", "s$": "SGD", "c$": "CAD", "美元": "USD", "港元": "HKD", "euro": "EUR", "euros": "EUR",
    "欧元": "EUR", "£": "GBP EGP GIP FKP SHP LBP SYP SSP SDG", "英镑": "GBP", "¥": "JPY CNY", "円": "JPY",
    "日元": "JPY",
    "元": "CNY TWD HKD MOP", "圆": "CNY", "rmb": "CNY", "人民币": "CNY", "₩": "KRW KPW", "kr": "SEK NOK DKK ISK",
    "fr": "CHF", "sfr": "CHF", "zł": "PLN", "kč": "CZK", "ft": "HUF", "lei": "RON MDL", "лв": "BGN", "₽": "RUB",
    "₺": "TRY", "₴": "UAH", "฿": "THB", "rs": "INR PKR LKR NPR MUR", "rp": "IDR", "rm": "MYR", "r": "ZAR",
}  # fmt: skip

MINUS = "-−–—"
# Of full-width and narrow forms; a small raised 99 is not the same as 99 and stays what it is.
SAME_SIGN = ("<wide>", "<narrow>", "<small>")
LIKE_OURS = str.maketrans({"’": "'", "。": "."})

PARTS = re.compile(r"(?P<before>[^0-9]*)(?P<number>[0-9](?:.*[0-9])?)(?P<after>[^0-9]*)")
# `39,-` is how whole amounts are priced.
NOTHING_AFTER_THE_POINT = re.compile(rf"[.,] ?[{MINUS}]{{1,2}}")
NUMBER = re.compile(r"(?P<whole>[0-9]+)(?:[.,](?P<decimals>[0-9]+))?")
GROUPED = re.compile(r"(?P<whole>[1-9][0-9]{0,2}(?:(?P<mark>[ ',.])[0-9]{3})(?:(?P=mark)[0-9]{3})*)"
                     r"(?:(?!(?P=mark))[.,](?P<decimals>[0-9]+))?")  # fmt: skip


class AmountRefused(Refused):
    """What was typed is no amount that we take; the sentence says what to write instead."""


class _Typed(NamedTuple):
    """A text and the currency it is read in."""

    text: str
    currency: str

    def example(self) -> str:
        return plain(Decimal("1234.56"), self.currency)


def minor_digits(currency: str) -> int:
    """How many decimals amounts of a currency have: 2 in EUR, none in JPY, 3 in KWD."""
    return get_currency_precision(currency.upper())


def is_currency(code: str) -> bool:
    """Whether people pay, or once paid, with a currency of that code, in capitals or not."""
    return code.upper() in _currencies()


def read(typed: str, currency: str) -> Decimal:
    """The amount a person typed, exact, with the decimals of the currency; its code or sign may stand beside it.

    Raises AmountRefused for what is no amount, is not above 0 or is above 9,999,999.99, and for what can be read in two
    ways: `1.234` may be a thousand or a little more than one. In a currency with three decimals only `1,234` may: there
    `1.234` is the form we tell amounts in ourselves, and must be taken back.
    """
    text = _ordinary(typed)
    known = _Typed(_quoted(text), currency.upper())
    if not text:
        raise AmountRefused("Write the amount, like {example}.", example=known.example())
    parts = PARTS.fullmatch(text) if len(text) <= LONGEST else None
    if parts is None or re.search(r"[^0-9 .,']", parts["number"]):
        raise _no_amount(known)
    nothing = NOTHING_AFTER_THE_POINT.match(parts["after"])
    behind = parts["after"][nothing.end() if nothing else 0 :]
    # The end of a sentence; before a number a point would belong to it.
    is_negative = _read_marks(parts["before"], behind.rstrip(" ."), known)
    amount = _read_number(parts["number"] + (f"{nothing[0][0]}00" if nothing else ""), known)
    if is_negative:
        raise AmountRefused(
            "“{typed}” is less than zero. Write the amount without a minus, like {example}.",
            typed=known.text, example=known.example(),
        )  # fmt: skip
    return amount


def told(amount: Decimal, currency: str) -> str:
    """An amount as everybody reads it, in every language: `1234.56 EUR`."""
    return f"{plain(amount, currency)} {currency.upper()}"


def plain(amount: Decimal, currency: str) -> str:
    """The same for fields of forms and of CSV files: `1234.56`."""
    return f"{_rounded(amount, currency):f}"


@cache
def _currencies() -> frozenset[str]:
    """What is or was money somewhere: without metals, funds and codes for tests, which Babel lists, too."""
    used = get_global("territory_currencies").values()
    return frozenset(code for of_territory in used for code, _since, _until, is_tender in of_territory if is_tender)


@cache
def _signs() -> dict[str, frozenset[str]]:
    """Which currencies a sign or word may mean."""
    symbols = {_bare(sign): code for code, sign in Locale("en").currency_symbols.items() if sign != code}
    return {sign: frozenset(codes.split()) for sign, codes in (symbols | SIGNS).items()}


def _ordinary(typed: str) -> str:
    """Full-width forms become the ordinary ones, blanks of all kinds one blank, and what nobody sees goes."""
    if len(typed := typed.strip()) > 4 * LONGEST:
        return typed[: 4 * LONGEST]
    seen = (sign for sign in typed if unicodedata.category(sign) != "Cf")
    return " ".join("".join(map(_ordinary_sign, seen)).translate(LIKE_OURS).split())


def _ordinary_sign(sign: str) -> str:
    same = unicodedata.decomposition(sign).startswith(SAME_SIGN)
    return unicodedata.normalize("NFKC", sign) if same else sign


def _quoted(text: str) -> str:
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"


def _read_marks(before: str, after: str, known: _Typed) -> bool:
    """Whether there is a minus among what stands around the number. Raises AmountRefused for a foreign currency."""
    is_negative = False
    for marks in (before.strip(), after.strip()):
        mark = marks.strip(f"{MINUS} ")
        is_negative = is_negative or mark != marks
        if not mark or _is_of(mark, known.currency):
            continue
        if mark.upper() not in _currencies() and _bare(mark) not in _signs():
            raise _no_amount(known)
        raise AmountRefused(
            "“{typed}” is not in {currency}. Write how much it is in {currency}, like {example}.",
            typed=known.text, currency=known.currency, example=told(Decimal("1234.56"), known.currency),
        )  # fmt: skip
    return is_negative


def _is_of(mark: str, currency: str) -> bool:
    return mark.upper() == currency or currency in _signs().get(_bare(mark), ())


def _bare(mark: str) -> str:
    """A sign as it is looked up: `Kr.` is `kr`. The point of `€.50` is none of the sign's."""
    folded = " ".join(mark.split()).casefold()
    return folded[:-1] if folded[:-1].isalpha() and folded.endswith(".") else folded


def _read_number(number: str, known: _Typed) -> Decimal:
    single, grouped = NUMBER.fullmatch(number), GROUPED.fullmatch(number)
    match = grouped or single
    if match is None:
        raise AmountRefused(
            "“{typed}” does not say what is thousands and what decimals. Write it without thousands, like {example}.",
            typed=known.text, example=known.example(),
        )  # fmt: skip
    if grouped and single:
        return _one_of_two(grouped, single, known)
    return _checked(_value(match), known)


def _value(match: re.Match[str]) -> Decimal:
    return Decimal(f"{re.sub('[^0-9]', '', match['whole'])}.{match['decimals'] or 0}")


def _one_of_two(grouped: re.Match[str], single: re.Match[str], known: _Typed) -> Decimal:
    """One separator and three digits: thousands, or decimals. It is asked back unless only one can be."""
    digits = minor_digits(known.currency)
    if digits == 0 or not single["decimals"]:
        return _checked(_value(grouped), known)
    if digits == len(single["decimals"]) and grouped["mark"] == ".":
        return _checked(_value(single), known)
    raise AmountRefused(
        "“{typed}” can mean {amounts}. Write {ways}.",
        typed=known.text,
        amounts=tuple(told(_value(way), known.currency) for way in (grouped, single)),
        ways=tuple(plain(_value(way), known.currency) for way in (grouped, single)),
    )


def _checked(amount: Decimal, known: _Typed) -> Decimal:
    """The amount when it is one of the currency. Raises AmountRefused."""
    if not amount:
        raise AmountRefused("The amount is zero. Write one above zero, like {example}.", example=known.example())
    if amount > LARGEST:
        raise AmountRefused(
            "“{typed}” is too large: the most is {most}. Look whether it has a digit too many.",
            typed=known.text, most=told(LARGEST.to_integral_value(rounding="ROUND_DOWN"), known.currency),
        )  # fmt: skip
    rounded = _rounded(amount, known.currency)
    if rounded != amount:
        raise AmountRefused(
            "“{typed}” has more decimals than {currency} has. Write it like {example}.",
            typed=known.text, currency=known.currency, example=known.example(),
        )  # fmt: skip
    return rounded


def _no_amount(known: _Typed) -> AmountRefused:
    return AmountRefused(
        "“{typed}” is not an amount. Write digits only, like {example}.", typed=known.text, example=known.example()
    )


def _rounded(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-minor_digits(currency)), rounding=ROUND_HALF_UP)
