"""Moments in the life of clips that later apps follow, so that none is imported here.

A clip that is made, shared or predicted on its own says so through Django's ``post_save``.
"""

from django.dispatch import Signal

# Many clips were deleted, brought back, shared or withdrawn at once. Sent with ``clip_ids``, inside the
# transaction.
clips_changed = Signal()

# A version came into service. Sent inside the transaction with ``version``, ``previous`` or None, ``actor``
# or None, ``reason`` and ``is_rollback``.
version_activated = Signal()
