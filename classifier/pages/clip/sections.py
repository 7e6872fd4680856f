"""Sections that later apps hang on the clip page, so that this app need not import them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from classifier.models import Clip

# Returns the template's context, or None when the section does not apply to this clip.
ContextFunction = Callable[[HttpRequest, Clip], dict[str, Any] | None]


@dataclass(frozen=True)
class Section:
    template_name: str
    context_function: ContextFunction


registered: list[Section] = []


def register(template_name: str, context_function: ContextFunction) -> None:
    """Add a section to every clip page; call it from ``AppConfig.ready``. Twice is once."""
    section = Section(template_name, context_function)
    if section not in registered:
        registered.append(section)


def rendered_sections(request: HttpRequest, clip: Clip) -> list[str]:
    """The HTML of each section, in the order of registration."""
    contexts = [(section, section.context_function(request, clip)) for section in registered]
    return [
        render_to_string(section.template_name, {"clip": clip, **context}, request)
        for section, context in contexts
        if context is not None
    ]
