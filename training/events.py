"""Moments of training that pages follow."""

from django.dispatch import Signal

# A training run's row changed. Sent with ``run_id``, in the process that changed it.
run_changed = Signal()
