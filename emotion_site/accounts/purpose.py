"""What the site is used for, which decides whether it is allowed (AI Act of the EU, Art. 5(1)(f))."""

import logging

from emotion_site.models import DeclaredPurpose, User

logger = logging.getLogger(__name__)


def current_purpose() -> DeclaredPurpose | None:
    """The latest declaration, or None."""
    return DeclaredPurpose.objects.first()


def declare_purpose(*, text: str, excludes_workers_and_pupils: bool, actor: User) -> DeclaredPurpose:
    """Declare what the site is used for from now on; earlier declarations are kept."""
    declared = DeclaredPurpose.objects.create(
        text=" ".join(text.split()),
        excludes_workers_and_pupils=excludes_workers_and_pupils,
        declared_by=actor,
    )
    logger.info("Purpose declared purpose=%s by=%s", declared.pk, actor.pk)
    return declared
