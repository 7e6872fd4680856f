"""The main navigation link to highlight for a page."""

from django.http import HttpRequest

OF_APPS = {"classifier": "history", "annotations": "review", "training": "models"}


def section_of(request: HttpRequest) -> str:
    """``classify``, ``history``, ``review``, ``models`` or ``people``; empty for other pages."""
    match = request.resolver_match
    if match is None:
        return ""
    if match.view_name == "classifier:classify":
        return "classify"
    if match.route.startswith("accounts/people/"):
        return "people"
    return OF_APPS.get(match.namespace, "")
