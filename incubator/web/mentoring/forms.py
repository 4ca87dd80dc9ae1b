"""What people type about mentoring."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import uuid4

from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    TextAreaField,
)
from wtforms.validators import Length, Optional

from incubator.core import reading
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.mentoring.models import ActionOwner, AssignmentKind, Mode
from incubator.mentoring.rules import SLOT_LENGTHS
from incubator.web.forms import WEEKDAYS, DayField, PageForm, WordsField, choices, chosen, needed

LONGEST_NOTE = 5_000
LONGEST_LINE = 200
HALF_HOURS = range(7 * 60, 22 * 60 + 1, 30)


ROOM_TAKEN = say("This room has just been taken. Please choose another.")
OWNERS = choices(ActionOwner.labels().items())

TITLE = say("What is to be done %(n)s")
OWNER = say("Who %(n)s")
DUE = say("To be done by %(n)s")
KINDS = choices((kind.value, kind.label) for kind in AssignmentKind)


def clock_choices() -> Any:
    """Every half hour of a working day."""
    return choices((minute, f"{minute // 60:02d}:{minute % 60:02d}") for minute in HALF_HOURS)


def length_choices() -> Any:
    """How long a session can be."""
    return choices((each, say("%(minutes)s min", minutes=each)) for each in SLOT_LENGTHS)


class NoteField(TextAreaField):
    """Several lines of text without characters that cannot be shown."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep NFC and the line breaks."""
        self.data = valuelist[0].replace("\r\n", "\n") if valuelist else ""

    def pre_validate(self, _form: object) -> None:
        """Refuse what cannot be shown, or is too long."""
        self.data = reading.words(self.data or "", longest=LONGEST_NOTE)


class PlaceForm(PageForm):
    """Where to meet."""

    place = RadioField(say("Where"), validators=[chosen()])

    def offer(self, places: Iterable[tuple[str, object]]) -> None:
        """Let them choose; a room that was offered before and is not now has been taken."""
        self.place.choices = choices(places)
        if (self.place.data or "").startswith("room:"):
            self.place.invalid_choice_message = ROOM_TAKEN  # type: ignore[attr-defined]

    def refuse(self, broken: RuleBroken) -> None:
        """What is wrong with the room is wrong with the place."""
        field = "place" if broken.field == "room" else broken.field
        super().refuse(type(broken)(broken.message, field))

    @property
    def mode(self) -> Mode:
        """How people meet; a room means in person."""
        return Mode.IN_PERSON if self.room_code else Mode(self.place.data)

    @property
    def room_code(self) -> str:
        """The code of the room, or nothing."""
        kind, _, code = self.place.data.partition(":")
        return code if kind == "room" else ""


class BookForm(PlaceForm):
    """Book a session in one step."""

    topic = WordsField(
        say("Topic"), validators=[Optional(), Length(max=LONGEST_LINE)],
        description=say("Manager and invited members read it; others do not."),
    )  # fmt: skip
    guests = SelectMultipleField(say("Who is invited"), validators=[Optional()])
    once_key = HiddenField(default=lambda: uuid4().hex)


class OwnTimeForm(PageForm):
    """A time of the manager's own choice."""

    class Meta(PageForm.Meta):
        """It only asks; nothing is changed."""

        csrf = False

    day = DayField(say("Day"), validators=[needed()])
    at = SelectField(say("Starts at"), coerce=int, default=10 * 60)
    minutes = SelectField(say("Length"), coerce=int, default=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at.choices = clock_choices()
        self.minutes.choices = length_choices()


class CancelForm(PageForm):
    """Why a session is called off."""

    reason = WordsField(
        say("Reason"), validators=[Optional(), Length(max=LONGEST_LINE)],
        description=say("Everybody invited reads it in the mail. You may leave it empty."),
    )  # fmt: skip


class LogForm(PageForm):
    """The record of a session with what was agreed."""

    shared = NoteField(
        say("Shared record"), description=say("The venture and its managers can read this.")
    )
    private = NoteField(
        say("Private note"),
        description=say("Only you and the managers assigned to this venture can read this."),
    )
    title_1 = WordsField(TITLE % {"n": 1}, validators=[Length(max=LONGEST_LINE)])
    owner_1 = SelectField(OWNER % {"n": 1}, choices=OWNERS)
    due_1 = DayField(DUE % {"n": 1})
    title_2 = WordsField(TITLE % {"n": 2}, validators=[Length(max=LONGEST_LINE)])
    owner_2 = SelectField(OWNER % {"n": 2}, choices=OWNERS)
    due_2 = DayField(DUE % {"n": 2})
    title_3 = WordsField(TITLE % {"n": 3}, validators=[Length(max=LONGEST_LINE)])
    owner_3 = SelectField(OWNER % {"n": 3}, choices=OWNERS)
    due_3 = DayField(DUE % {"n": 3})

    def items(self) -> list[tuple[str, ActionOwner, date | None]]:
        """The things to do that were filled in."""
        rows = [(self[f"title_{n}"], self[f"owner_{n}"], self[f"due_{n}"]) for n in (1, 2, 3)]
        return [
            (title.data.strip(), ActionOwner(owner.data), due.data)
            for title, owner, due in rows
            if title.data.strip()
        ]


class MoveItemForm(PageForm):
    """A new day for something to do."""

    due_on = DayField(say("New date"), validators=[needed()])


class HoursForm(PageForm):
    """Hours of every week."""

    weekday = SelectField(say("Day of the week"), coerce=int, choices=choices(enumerate(WEEKDAYS)))
    from_minute = SelectField(say("Starts at"), coerce=int, default=9 * 60)
    until_minute = SelectField(say("Ends at"), coerce=int, default=17 * 60)
    slot_minutes = SelectField(say("Length of a session"), coerce=int, default=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.from_minute.choices = self.until_minute.choices = clock_choices()
        self.slot_minutes.choices = length_choices()


class DayForm(PageForm):
    """A day that is different."""

    day = DayField(say("Day"), validators=[needed()])
    away = BooleanField(say("Away the whole day"), default=True)
    from_minute = SelectField(say("Open from"), coerce=int, default=9 * 60)
    until_minute = SelectField(say("Open until"), coerce=int, default=17 * 60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.from_minute.choices = self.until_minute.choices = clock_choices()


class AssignForm(PageForm):
    """Who looks after which venture."""

    venture = SelectField(say("Venture"), validators=[chosen()])
    person = SelectField(say("Manager or mentor"), validators=[chosen()])
    kind = SelectField(say("Assigned as"), choices=KINDS)
    from_day = DayField(say("From"), validators=[needed()])


class EndForm(PageForm):
    """The day from which somebody no longer looks after a venture."""

    until = DayField(
        say("First day without access"), validators=[needed()],
        description=say("From this day on the venture's records are closed to them."),
    )  # fmt: skip


def place_choices(rooms: Iterable[tuple[str, object]]) -> list[tuple[str, Any]]:
    """The rooms that are free, then the other ways to meet."""
    return [
        *((f"room:{code}", label) for code, label in rooms),
        *((mode.value, mode.label) for mode in Mode),
    ]
