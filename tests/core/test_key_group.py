"""A user's group is the same in every process and release: saved state depends on it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from windowing.core.key_group import KEY_GROUPS, key_group


@pytest.mark.parametrize(
    ("user", "in_64", "in_128"),
    # From the CRC-32 of zlib, PNG and gzip: of "123456789" it is 0xCBF43926.
    [("123456789", 0x26, 0x26), ("42", 8, 8), ("ada", 40, 104), ("ünsal", 0, 0), ("", 0, 0)],
)
def test_known_users_stay_in_their_groups(user, in_64, in_128):
    assert (key_group(user), key_group(user, 128)) == (in_64, in_128)


def test_there_are_sixty_four_groups():
    assert KEY_GROUPS == 64


@given(st.text(), st.integers(1, 128))
def test_every_user_has_a_group(user, groups):
    assert 0 <= key_group(user, groups) < groups


def test_users_are_spread_evenly():
    groups = [0] * KEY_GROUPS
    for number in range(64_000):
        groups[key_group(str(number))] += 1
    assert 900 < min(groups) <= max(groups) < 1_100
