from concurrent.futures import ThreadPoolExecutor

from incubator.core.db import db, transaction
from incubator.core.numbering import next_number


def test_each_series_counts_from_one():
    assert [next_number("a"), next_number("a"), next_number("b")] == [1, 2, 1]


def test_a_number_taken_back_is_given_again(fresh_app):
    with fresh_app.app_context():
        with transaction():
            next_number("a")
        try:
            with transaction():
                next_number("a")
                raise KeyboardInterrupt
        except KeyboardInterrupt:
            pass
        with transaction():
            assert next_number("a") == 2


def test_many_who_begin_a_series_at_once_get_each_number_once(fresh_app):
    def take(_: int) -> int:
        with fresh_app.app_context(), transaction():
            return next_number("new")

    with ThreadPoolExecutor(8) as pool:
        taken = sorted(pool.map(take, range(32)))
    assert taken == list(range(1, 33))
    with fresh_app.app_context():
        db.session.remove()
