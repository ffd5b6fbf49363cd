"""Who a user is."""

from hypothesis import given
from hypothesis import strategies as st

from windowing.core.event import identity


@given(st.integers())
def test_a_number_and_its_text_are_the_same_user(number):
    assert identity(number) == identity(str(number)) == str(number)


@given(st.text(min_size=1), st.text(min_size=1))
def test_texts_are_the_same_user_only_if_they_are_equal(left, right):
    assert (identity(left) == identity(right)) == (left == right)


def test_texts_that_look_like_a_number_are_other_users():
    assert len({identity(user) for user in (42, "042", "42 ", "+42", "42.0", "٤٢")}) == 6
