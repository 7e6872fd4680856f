"""Numbers as people write them in their language."""

from django import template
from django.template.defaultfilters import floatformat
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def percent(value: float | str, decimals: int = 0) -> str:
    """``34.8`` as ``34.8%``, or as ``34,8 %`` in Spanish."""
    return _("%(number)s%%") % {"number": floatformat(value, decimals)}
