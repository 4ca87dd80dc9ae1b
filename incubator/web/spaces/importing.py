"""Taking in a rent roll: choose a file, look at the fate of every row, take it in."""

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from incubator.billing.queries.lease_tax import tax_rules
from incubator.core.access import Can
from incubator.core.db import transaction
from incubator.core.errors import NotFound, RuleBroken
from incubator.core.i18n import say
from incubator.leases.importing.actions import KIND, dry_run, import_rent_roll
from incubator.leases.importing.columns import Column
from incubator.leases.importing.fates import Fate
from incubator.spaces import queries
from incubator.web.answers import lead_on
from incubator.web.forms import page_asked
from incubator.web.guard import Here, at_facility
from incubator.web.spaces.blueprint import pages
from incubator.web.spaces.forms import RollForm
from incubator.web.spaces.uploads import Shelf, tidy_up

FEW = 12


@pages.route("/f/<code>/import/rent-roll", methods=["GET", "POST"], endpoint="import_rent_roll")
@at_facility(Can.IMPORT_DATA)
def import_rent_roll_file(here: Here) -> ResponseReturnValue:
    """Choose a rent roll; a file that can be read is looked at next."""
    form = RollForm()
    if form.validate_on_submit():
        shelf = Shelf(here.facility.id)
        tidy_up(here.now)
        sha = shelf.keep(form.file.data)
        try:
            dry_run(here.facility, shelf.take(sha), actor=here.actor, today=here.today)
            return redirect(url_for(".check_rent_roll", code=here.facility.code, sha=sha), 303)
        except RuleBroken as broken:
            shelf.drop(sha)
            form.refuse(broken)
    asked = page_asked()
    runs, total = queries.imports_of(here.facility.id, KIND, asked)
    page = render_template(
        "spaces/import.html",
        here=here,
        form=form,
        columns=list(Column),
        runs=runs,
        total=total,
        page=asked,
    )
    return page, form.status


@pages.get("/f/<code>/import/rent-roll/<sha>")
@at_facility(Can.IMPORT_DATA)
def check_rent_roll(here: Here, sha: str) -> ResponseReturnValue:
    """Show the fate of every row; nothing is written."""
    g.nav_here = "spaces.import_rent_roll"
    try:
        file = Shelf(here.facility.id).take(sha)
        plan = dry_run(here.facility, file, actor=here.actor, today=here.today)
    except RuleBroken as broken:
        return lead_on(broken.message, _back(here), "warning")
    rows = plan.in_order
    wanted = request.args.get("all") == "1"
    few = max(FEW, sum(1 for row in rows if row.findings))
    return render_template(
        "spaces/check_import.html",
        here=here,
        plan=plan,
        file=file,
        sha=sha,
        rows=rows if wanted else rows[:few],
        rest=0 if wanted else max(0, len(rows) - few),
        Fate=Fate,
    )


@pages.post("/f/<code>/import/rent-roll/<sha>/apply")
@at_facility(Can.IMPORT_DATA)
def apply_rent_roll(here: Here, sha: str) -> ResponseReturnValue:
    """Take a rent roll in, whole or not at all."""
    shelf = Shelf(here.facility.id)
    try:
        file = shelf.take(sha)
        with transaction():
            plan = import_rent_roll(
                here.facility,
                file,
                actor=here.actor,
                now=here.now,
                today=here.today,
                tax=tax_rules(here.facility.id, here.today),
            )
    except RuleBroken as broken:
        return lead_on(broken.message, _back(here), "error")
    except NotFound:
        said = say("This file is not kept any more. See below what was imported.")
        return lead_on(said, _back(here), "warning")
    shelf.drop(sha)
    done = say(
        "Imported. Rows: %(rows)s, leases: %(leases)s.", rows=len(plan.rows), leases=plan.leases
    )
    return lead_on(done, url_for(".units", code=here.facility.code))


def _back(here: Here) -> str:
    return url_for(".import_rent_roll", code=here.facility.code)
