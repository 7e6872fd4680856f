"""What the templates about people need to show forms and devices."""

import re

from django import template
from django.forms import BaseForm, BoundField
from django.utils.translation import gettext as _

register = template.Library()

# In this order: most browsers also claim to be the ones further down.
BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "FxiOS": "Firefox", "Chrome": "Chrome"}
BROWSERS |= {"CriOS": "Chrome", "Safari": "Safari"}
SYSTEMS = {"iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows"}
SYSTEMS |= {"Mac OS X": "Mac", "CrOS": "ChromeOS", "Linux": "Linux"}


@register.filter
def plain_fields(form: BaseForm) -> list[BoundField]:
    """The visible fields without placeholders, which would only repeat the labels above them."""
    fields = form.visible_fields()
    for field in fields:
        field.field.widget.attrs.pop("placeholder", None)
    return fields


@register.filter
def device_name(user_agent: str) -> str:
    """``Firefox, Linux`` from a User-Agent header."""
    names = [_first_known(BROWSERS, user_agent), _first_known(SYSTEMS, user_agent)]
    return ", ".join(name for name in names if name) or _("Unknown device")


def _first_known(names: dict[str, str], user_agent: str) -> str:
    return next((name for mark, name in names.items() if re.search(rf"\b{mark}\b", user_agent)), "")
