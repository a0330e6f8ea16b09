"""Check digits as the standards compute them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_demo.checksum import CHECKSUMS, gs1, luhn, mod97


@pytest.mark.parametrize(
    ("name", "digits"),
    [
        ("luhn", "79927398713"),  # the example of ISO/IEC 7812-1's literature
        ("luhn", "4539578763621486"),
        ("luhn", "0"),
        ("gs1", "4006381333931"),  # EAN-13
        ("gs1", "73513537"),  # EAN-8
        ("gs1", "036000291452"),  # UPC-A
        ("mod97", "3214282912345698765432161182"),  # the IBAN GB82 WEST 1234 5698 7654 32 in digits
        ("mod97", "1"),
    ],
)
def test_known_numbers_fit(name: str, digits: str) -> None:
    assert CHECKSUMS[name](digits)


@given(st.text("0123456789", min_size=2, max_size=20), st.data())
def test_one_wrong_digit_never_fits(digits: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(digits) - 1))
    wrong = data.draw(st.sampled_from([sign for sign in "0123456789" if sign != digits[place]]))
    changed = digits[:place] + wrong + digits[place + 1 :]

    for check in (luhn, gs1, mod97):
        assert not (check(digits) and check(changed))


@given(st.text("0123456789", min_size=1, max_size=20))
def test_exactly_one_last_digit_fits(digits: str) -> None:
    for check in (luhn, gs1):
        assert sum(check(digits + last) for last in "0123456789") == 1
