"""Check digits, as they stand at the end of card, article and reference numbers."""

from collections.abc import Callable


def luhn(digits: str) -> bool:
    """Whether the last digit fits: every second digit from the right counts double, its figures added (ISO 7812)."""
    doubled = [int(sign) * (1 + place % 2) for place, sign in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def gs1(digits: str) -> bool:
    """Whether the last digit fits: from the right, every second digit counts three times (EAN-8, EAN-13, UPC, GTIN)."""
    return sum(int(sign) * (3 if place % 2 else 1) for place, sign in enumerate(reversed(digits))) % 10 == 0


def mod97(digits: str) -> bool:
    """Whether the number leaves 1 when divided by 97 (ISO/IEC 7064, MOD 97-10)."""
    return int(digits) % 97 == 1


CHECKSUMS: dict[str, Callable[[str], bool]] = {"luhn": luhn, "gs1": gs1, "mod97": mod97}
"""Each takes one or more digits with the check digits at the end."""
