"""What ventures report, and how they leave, as people see it."""

import pytest

from incubator.core import clock
from incubator.core.db import db
from incubator.graduation.models import Figures
from incubator.web.keys import shuffle
from tests.factories.base import make_world, second_year
from tests.manners import words

FIGURES = {"sales": "0", "jobs_ft": "0", "jobs_pt": "0", "funds_raised": "", "patents": ""}


@pytest.fixture
def world():
    return make_world(**second_year())


@pytest.fixture
def own(app, world):
    return f"/v/{shuffle(world.venture.id, app.config['URL_SECRET'])}"


@pytest.fixture
def this_month(own):
    return f"{own}/figures/{clock.today():%Y-%m}"


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("sales", "-5", "金額に負の数は使えません。"),
        ("funds_raised", "−7", "金額に負の数は使えません。"),
        ("jobs_pt", "ふたり", "「ふたり」は整数ではありません。"),
        ("patents", "-1", "「-1」は整数ではありません。"),
        ("jobs_ft", "", "0以上の整数を入力してください。"),
    ],
)
def test_one_sentence_says_what_is_wrong_with_a_figure(
    world, browser, this_month, name, typed, said
):
    world.people["owner"].language = "ja"
    browser.sign_in(world.people["owner"])
    page = browser.post(this_month, FIGURES | {name: typed}, 422)
    (field,) = page.select(".errmsg")
    assert words(field) == said
    assert db.session.scalar(db.select(Figures)) is None
    assert browser.post(this_month, FIGURES).select("#filed")
