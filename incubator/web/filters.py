"""What every template can say: money, days, words; in the reader's language."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from flask import Flask, g, has_app_context, request, url_for
from markupsafe import Markup, escape

from incubator.core import i18n
from incubator.core.audit import AuditEntry
from incubator.core.days import day_at
from incubator.core.i18n import Label, Message, Name, Named, say
from incubator.graduation.models import ExitReason
from incubator.leases.models import EndReason
from incubator.web import pictures

LANGUAGE = "ja"
ZONE = "Asia/Tokyo"
HANDS = {"operator": say("Command (operator)"), "worker": say("Scheduled job")}
REASONS: dict[str, Label] = {each.value: each for kind in (EndReason, ExitReason) for each in kind}
"""Those that are kept by their code."""


def language() -> str:
    """The language of whoever reads this page."""
    return str(g.get("lang", LANGUAGE)) if has_app_context() else LANGUAGE


def zone_here(zone: str | None = None) -> str:
    """The zone named, or that of the facility whose page this is."""
    facility = getattr(g.get("here"), "facility", None) if has_app_context() else None
    return zone or str(getattr(facility, "zone", ZONE))


def t(words: object) -> str | Markup:
    """Say a message, label or name in the reader's language; anything else is data and stays."""
    if isinstance(words, Markup):
        return words
    if isinstance(words, Message | Label | Name):
        return i18n.translate(words, language())
    return "" if words is None else str(words)


def why(reason: str) -> str | Markup:
    """Why something ended: what an office calls it, or what somebody wrote."""
    return t(REASONS.get(reason, reason))


def doer(entry: AuditEntry) -> str | Markup:
    """Who did what the record says: a person, or what runs by itself."""
    return t(entry.actor_name if entry.actor_id else HANDS.get(entry.actor_name, entry.actor_name))


def name_of(place: Named) -> str:
    """What a facility, a room or a company is called in the reader's language."""
    return i18n.name_of(place, language())


def money(amount: int, currency: str, *, words: bool = False) -> Markup:
    """¥127,472; in a Japanese sentence or button (`words`) 127,472円."""
    return escape(i18n.format_money(amount, currency, language(), words=words))


def unit_of_money(currency: str) -> str | Markup:
    """What stands behind an amount that is typed: 円, or the code of another currency."""
    return t(say("yen")) if currency == "JPY" else currency


def number(value: int) -> str:
    """1,234, with a true minus."""
    return f"{value:,}".replace("-", "−")


def day(value: date | None, form: str = "long") -> Markup:
    """A date as `long`, `short` or `table`; nothing for no date."""
    if value is None:
        return Markup("")
    words = i18n.format_day(value, language(), form)
    return Markup('<time datetime="{}">{}</time>').format(f"{value:%Y-%m-%d}", words)


def month(value: date) -> Markup:
    """2026年12月 or Dec 2026."""
    words = i18n.format_month(value, language())
    return Markup('<time datetime="{}">{}</time>').format(f"{value:%Y-%m}", words)


def clock_time(at: datetime, zone: str | None = None) -> Markup:
    """14:00 on the wall of the facility."""
    words = i18n.format_time(at, zone_here(zone))
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), words)


def end_time(at: datetime, zone: str | None = None) -> Markup:
    """15:00, when something ends on the wall of the facility; 24:00 for midnight."""
    words = i18n.format_end(at, zone_here(zone))
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), words)


def period(start: datetime, end: datetime, zone: str | None = None) -> Markup:
    """14:00–15:00."""
    return Markup("{}–{}").format(clock_time(start, zone), end_time(end, zone))


def when(at: datetime | None, zone: str | None = None, form: str = "short") -> Markup:
    """The day and the time on the wall of the facility; nothing for no moment."""
    if at is None:
        return Markup("")
    words = i18n.format_moment(at, zone_here(zone), language(), form)
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), words)


def stretch(start: datetime, end: datetime, zone: str | None = None, form: str = "short") -> Markup:
    """The day and the time from when to when: Thu 26 Nov 14:00–15:00."""
    day_words = day(day_at(start, zone_here(zone)), form)
    space = Markup("<wbr>") if language() == "ja" else " "
    return Markup('{}{}<span class="nowrap">{}</span>').format(
        day_words, space, period(start, end, zone)
    )


def term(first: date, last: date) -> Markup:
    """From which day to which: 2024年7月1日〜2029年6月30日 or 1 Jul 2024 – 30 Jun 2029."""
    between = "〜" if language() == "ja" else " – "
    return Markup("{}{}{}").format(day(first, "table"), between, day(last, "table"))


def area(value: int, digits: int = 1) -> str:
    """42.0㎡ or 42.0 m², from hundredths of a square metre; in a column all have 2 `digits`."""
    return i18n.format_area(value, language(), digits)


def share(bp: int, digits: int | None = None) -> str:
    """A percentage from basis points: 4000 is 40%, 325 is 3.25%; `digits` rounds it half up."""
    minus, bp = ("−", -bp) if bp < 0 else ("", bp)
    if digits is not None:
        step = 10 ** max(0, 2 - digits)
        bp = (bp + step // 2) // step * step
    whole, rest = divmod(bp, 100)
    tail = f"{rest:02d}".rstrip("0") if digits is None else f"{rest:02d}"[:digits]
    return f"{minus}{whole}{'.' if tail else ''}{tail}%"


def hours(minutes: int) -> str | Markup:
    """1 h 30 min, 2 h or 45 min."""
    whole, rest = divmod(minutes, 60)
    if not whole:
        return t(say("%(minutes)s min", minutes=rest))
    if not rest:
        return t(say("%(hours)s h", hours=whole))
    return t(say("%(hours)s h %(minutes)s min", hours=whole, minutes=rest))


def days_until(value: date, today: date) -> str | Markup:
    """Today, tomorrow, in 6 days, 3 days late."""
    days = (value - today).days
    if days == 0:
        return t(say("today"))
    if days == 1:
        return t(say("tomorrow"))
    if days > 1:
        return t(say("in %(days)s days", days=number(days)))
    late = i18n.ngettext("%(days)s day late", "%(days)s days late", -days, language())
    return late % {"days": number(-days)}


def minutes_clock(minutes: int) -> str:
    """13:30, from minutes after midnight."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


class Column(NamedTuple):
    """One column of a table."""

    key: str
    label: Message | str
    numeric: bool = False
    sortable: bool = False


def columns(cols: Iterable[Sequence[Any]]) -> list[Column]:
    """Let the ends of a column's description be left out."""
    return [Column(*col) for col in cols]


class Lenient:
    """A row of a list in which what was left out is empty."""

    def __init__(self, item: object) -> None:
        self._item = item
        if isinstance(item, Mapping):
            self.__dict__.update(item)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._item, name, "")


def lenient(items: Iterable[object]) -> Iterator[Lenient]:
    """Let the optional parts of each item, a mapping or an object, be left out."""
    return (item if isinstance(item, Lenient) else Lenient(item) for item in items)


def url_with(**changes: object) -> str:
    """The address of this page with some of its query changed; None drops a part."""
    return _address(str(request.endpoint), changes)


def alike(endpoint: str) -> str:
    """The address of another page of the same place, with the same query: a list as a file."""
    return _address(endpoint, {})


def _address(endpoint: str, changes: Mapping[str, object]) -> str:
    """Names that mean something to `url_for` or stand in the path are nobody's query."""
    place = request.view_args or {}
    asked = {
        name: values
        for name, values in request.args.to_dict(flat=False).items()
        if not (name in place or name == "endpoint" or name.startswith("_"))
    }
    query: dict[str, Any] = {**asked, **changes}
    kept = {name: value for name, value in query.items() if value not in (None, "", [])}
    return url_for(endpoint, **place, **kept)


def here() -> str:
    """The address of this page, to come back to."""
    return request.full_path.rstrip("?") if request.method == "GET" else request.path


def static_url(name: str) -> str:
    """The address of a file that never changes under this address."""
    known: dict[str, str] = g.setdefault("static_urls", {})
    if name not in known:
        known[name] = url_for("static", filename=name)
    return known[name]


FILTERS: tuple[Callable[..., object], ...] = (
    t, money, unit_of_money, number, day, month, clock_time, end_time, period, when, stretch, term,
    area, share, hours, days_until, minutes_clock, name_of, why, doer,
)  # fmt: skip
GLOBALS: tuple[Callable[..., object], ...] = (
    columns, lenient, url_with, alike, here, static_url, zip,
    pictures.fit, pictures.folded, pictures.text_width, pictures.initials, pictures.chart_axis,
)  # fmt: skip


def install(app: Flask) -> None:
    """Give them to the templates of `app`, together with gettext."""
    environment = app.jinja_env
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: i18n.gettext(text, language()),
        lambda one, many, n: i18n.ngettext(one, many, n, language()),
        newstyle=True,
    )
    environment.filters.update({each.__name__: each for each in FILTERS})
    environment.globals.update({each.__name__: each for each in GLOBALS})
