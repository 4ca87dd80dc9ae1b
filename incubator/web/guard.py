"""Doors. Every route has exactly one, and it decides before the view sees anything.

A facility or venture that the visitor has nothing to do with does not exist for them (404);
where they belong but may not do this, the answer is 403; a stranger is asked to sign in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from flask import abort, g
from flask.typing import ResponseReturnValue

from incubator.core import clock
from incubator.core.access import Actor, Can
from incubator.core.db import db
from incubator.organisations.models import Organisation
from incubator.spaces.models import Facility
from incubator.web.session import login, me

P = ParamSpec("P")
Door = Callable[P, ResponseReturnValue]
W = TypeVar("W", bound="Desk")


@dataclass(frozen=True)
class Desk:
    """Someone signed in, and when."""

    actor: Actor
    now: datetime
    today: date


@dataclass(frozen=True)
class Here(Desk):
    """Someone at work in a facility; `today` is the day where the building stands."""

    facility: Facility

    def may(self, *permissions: Can) -> bool:
        """Whether they hold one of the permissions at the facility."""
        return any(self.actor.can(each, facility=self.facility.id) for each in permissions)


@dataclass(frozen=True)
class Home(Here):
    """A member at their venture; `facility` is the one that looks after it."""

    venture: Organisation


Lock = Callable[
    [Callable[Concatenate[W, ...], ResponseReturnValue]], Callable[..., ResponseReturnValue]
]


def public(view: Callable[P, ResponseReturnValue]) -> Door[P]:
    """Let everybody in."""
    view.guarded_by = ("public",)  # type: ignore[attr-defined]
    return view


def signed_in(view: Callable[Concatenate[Desk, P], ResponseReturnValue]) -> Door[P]:
    """Let in whoever has signed in."""

    @wraps(view)
    def door(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        actor = me()
        if actor is None:
            return login.unauthorized()  # type: ignore[no-any-return]
        return view(Desk(actor, clock.now(), clock.today()), *args, **kwargs)

    door.guarded_by = ("signed_in",)  # type: ignore[attr-defined]
    return door


def of_system(
    *permissions: Can,
) -> Callable[[Callable[Concatenate[Desk, P], ResponseReturnValue]], Door[P]]:
    """Let in people who hold one of the permissions for the whole system."""

    def lock(view: Callable[Concatenate[Desk, P], ResponseReturnValue]) -> Door[P]:
        @wraps(view)
        def door(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            actor = me()
            if actor is None:
                return login.unauthorized()  # type: ignore[no-any-return]
            if not any(actor.can(permission) for permission in permissions):
                abort(403)
            g.here = Desk(actor, clock.now(), clock.today())
            return view(g.here, *args, **kwargs)

        door.guarded_by = ("system", *permissions)  # type: ignore[attr-defined]
        return door

    return lock


def at_facility(
    *permissions: Can,
) -> Lock[Here]:
    """Let in people who hold one of the permissions at the facility that `<code>` names."""

    def lock(
        view: Callable[Concatenate[Here, ...], ResponseReturnValue],
    ) -> Callable[..., ResponseReturnValue]:
        @wraps(view)
        def door(code: str, **kwargs: Any) -> ResponseReturnValue:
            actor = me()
            if actor is None:
                return login.unauthorized()  # type: ignore[no-any-return]
            facility = db.session.scalar(db.select(Facility).where(Facility.code == code))
            if facility is None or not actor.serves(facility.id):
                abort(404)
            if not any(actor.can(permission, facility=facility.id) for permission in permissions):
                abort(403)
            g.here = Here(actor, clock.now(), clock.today(facility.zone), facility)
            return view(g.here, **kwargs)

        door.guarded_by = ("facility", *permissions)  # type: ignore[attr-defined]
        return door

    return lock


def at_venture(
    *permissions: Can,
) -> Lock[Home]:
    """Let in members who hold one of the permissions at the venture that the address names."""

    def lock(
        view: Callable[Concatenate[Home, ...], ResponseReturnValue],
    ) -> Callable[..., ResponseReturnValue]:
        @wraps(view)
        def door(venture_id: int, **kwargs: Any) -> ResponseReturnValue:
            actor = me()
            if actor is None:
                return login.unauthorized()  # type: ignore[no-any-return]
            if not actor.belongs_to(venture_id):
                abort(404)
            if not any(actor.can(may, organisation=venture_id) for may in permissions):
                abort(403)
            venture = db.session.get_one(Organisation, venture_id)
            facility = db.session.get_one(Facility, venture.facility_id)
            today = clock.today(facility.zone)
            g.here = Home(actor, clock.now(), today, facility, venture)
            return view(g.here, **kwargs)

        door.guarded_by = ("venture", *permissions)  # type: ignore[attr-defined]
        return door

    return lock
