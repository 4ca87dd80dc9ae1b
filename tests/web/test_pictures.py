"""What of a text fits in a picture."""

import pytest

from incubator.web.pictures import folded


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("くもロボティクス", ["くもロボティクス"]),
        ("くもロボティクス東北", ["くもロボティクス", "東北"]),
        ("くもロボティクス東北イノベーション", ["くもロボティクス", "東北イノベーシ…"]),
        ("Kumo Robotics", ["Kumo Robotics"]),
        ("Kumo Robotics Holdings", ["Kumo Robotics", "Holdings"]),
        ("Semiconductorfabrication", ["Semiconductorfa", "brication"]),
    ],
)
def test_a_name_too_long_for_a_line_goes_on_in_a_second(text: str, lines: list[str]):
    assert folded(text, 138, 17) == lines
