"""Amounts of money: kept in a currency's smallest unit, typed and read as people write them."""

import re

_CODES = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC
CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR
ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK
MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE
SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF
YER ZAR ZMW ZWG
"""
_WHOLE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND"
DECIMALS: dict[str, int] = {
    code: 0 if code in _WHOLE else 3 if code in _THOUSANDTHS else 2 for code in _CODES.split()
}  # fmt: skip
"""Currencies that people pay with (ISO 4217), and how many decimals each has."""
MOST_MINOR = 10**12
_AMOUNT = re.compile(r"(\d{1,13})(?:\.(\d{1,4}))?", re.ASCII)


class NoAmount(ValueError):
    """What was typed is no amount of this currency. The message is a sentence for whoever typed it."""


def minor(typed: str, currency: str) -> int:
    """The amount that was typed (`12.50`) in the currency's smallest unit. Raises `NoAmount`."""
    decimals = DECIMALS[currency]
    found = _AMOUNT.fullmatch(typed.strip())
    if found is None:
        point = " and a point" if decimals else ""
        raise NoAmount(f"Type an amount such as {_sample(decimals)}, with digits{point} only.")
    fraction = found[2] or ""
    if len(fraction) > decimals:
        raise NoAmount(f"{currency} has {_decimals(decimals)}: type an amount such as {_sample(decimals)}.")
    amount = int(found[1] + fraction.ljust(decimals, "0"))
    if amount > MOST_MINOR:
        raise NoAmount(f"This is more than {shown(MOST_MINOR, currency)}.")
    return amount


def _sample(decimals: int) -> str:
    return f"12.{'500'[:decimals]}" if decimals else "1200"


def _decimals(number: int) -> str:
    return f"{number} decimals" if number else "no decimals"


def typed(amount: int, currency: str) -> str:
    """The amount as one would type it: `1250.00`."""
    return _written(amount, currency, "")


def shown(amount: int, currency: str) -> str:
    """The amount as people read it: `GBP 1,250.00`."""
    return f"{currency} {_written(amount, currency, ',')}"


def _written(amount: int, currency: str, between: str) -> str:
    decimals = DECIMALS.get(currency, 2)
    smallest = f"{amount:0{decimals + 1}d}"
    whole, fraction = (smallest[:-decimals], smallest[-decimals:]) if decimals else (smallest, "")
    digits = f"{int(whole):,}".replace(",", between)
    return f"{digits}.{fraction}" if fraction else digits
