"""Numbers as people write them in their language."""

from django import template
from django.template.defaultfilters import floatformat
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def figure(value: float | None, decimals: int = 2) -> str:
    """With a real minus sign; empty for what is not known."""
    return str(floatformat(value, decimals)).replace("-", "\N{MINUS SIGN}")


@register.filter
def percent(value: float | str, decimals: int = 0) -> str:
    """``34.8`` as ``34.8%``, or as ``34,8 %`` in Spanish."""
    return _("%(number)s%%") % {"number": floatformat(value, decimals)}
