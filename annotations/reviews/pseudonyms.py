"""Under which name a person's reviews are kept."""

import secrets

from annotations.models import Pseudonym
from emotion_site.models import User


def pseudonym_of(user: User) -> str:
    """The same for as long as the account exists, and on the reviews for ever."""
    known = Pseudonym.objects.filter(user=user).values_list("name", flat=True).first()
    if known is not None:
        return known
    # Two first requests at once agree on whichever row came first.
    row, _created = Pseudonym.objects.get_or_create(
        user=user, defaults={"name": f"reviewer-{secrets.token_hex(4)}"}
    )
    return row.name
