"""How much of a web process one address, one person, or everybody together may take."""

from emotion_site.settings import env

# An office of fifty behind one address opens 300 connections: six for each browser.
CONNECTIONS_PER_ADDRESS = env.whole("CONNECTIONS_PER_ADDRESS", 512, at_least=1)
# Bodies on their way, in memory and on the disk together, of everybody.
SPOOL_BYTES = env.whole("SPOOL_MB", 1024, at_least=64) * 1024 * 1024
