"""The only place that asks what time it is."""

from datetime import UTC, date, datetime

from incubator.core.days import day_at

HOME_ZONE = "Asia/Tokyo"


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def today(zone: str = HOME_ZONE) -> date:
    """The present day where the building stands."""
    return day_at(now(), zone)
