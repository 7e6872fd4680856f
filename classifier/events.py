"""Signals that later apps receive, so that none is imported here.

A single clip that is made, shared or predicted sends Django's ``post_save``.
"""

from django.dispatch import Signal

# Many clips were deleted, brought back, shared or withdrawn at once. Sent with ``clip_ids``, inside the
# transaction.
clips_changed = Signal()

# A version came into service. Sent inside the transaction with ``version``, ``previous`` or None, ``actor``
# or None, ``reason`` and ``is_rollback``.
version_activated = Signal()
