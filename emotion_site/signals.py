"""Signals of the running site that the other apps connect to, so that none is imported here."""

from django.dispatch import Signal

# Sent by `serve` when it starts and twice a minute after: clear up, purge. Takes no arguments. What a crash
# stranded is registered in `serving/recovery.py` instead.
housekeeping = Signal()

# Sent when all access of a person ends: with a new password, with "sign out everywhere", with the account.
# Argument: user. In the same transaction; what is no row goes on commit.
access_ended = Signal()

# Sent in every web process before its first request: load the model, start decoders.
web_process_starting = Signal()
