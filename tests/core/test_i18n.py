"""Sentences in the reader's language, also those with a number in them, also years later."""

import json

import pytest

from incubator.core.i18n import Message, Sum, say, say_n, translate
from incubator.core.packing import pack, unpack


def rent_free(days: int) -> Message:
    return say_n("days", "%(days)s rent-free day", "%(days)s rent-free days", days=days)


@pytest.mark.parametrize(
    ("message", "english", "japanese"),
    [
        (rent_free(1), "1 rent-free day", "無料期間1日"),
        (rent_free(0), "0 rent-free days", "無料期間0日"),
        (rent_free(15), "15 rent-free days", "無料期間15日"),
        (rent_free(15) % {"days": 1}, "1 rent-free day", "無料期間1日"),
    ],
)
def test_one_of_something_is_said_otherwise_than_many(message, english, japanese):
    stored = unpack(json.loads(json.dumps(pack(message))))
    for each in (message, stored):
        assert (str(each), translate(each, "ja")) == (english, japanese)


def test_what_was_stored_when_there_was_one_form_is_still_said():
    stored = {"text": "%(days)s rent-free days", "values": {"days": 15}}
    assert translate(unpack(stored), "ja") == "無料期間15日"
    assert pack(say("%(sum)s", sum=Sum(500, "JPY"))).keys() == {"text", "values"}
