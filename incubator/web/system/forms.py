"""What a system administrator types."""

from wtforms import SelectField

from incubator.core.i18n import say
from incubator.web.forms import PageForm, WordsField, needed, zones


class FacilityForm(PageForm):
    """A new facility; its house rules are set on its own pages."""

    code = WordsField(
        say("Code"),
        [needed()],
        description=say("A short word for addresses, like aoba. It cannot be changed later."),
        render_kw={"autocomplete": "off", "autocapitalize": "none"},
    )
    name = WordsField(say("Name"), [needed()])
    name_en = WordsField(say("Name in English"))
    zone = SelectField(say("Time zone"), choices=zones())
