"""How much of a web process one address, one person, or everybody together may take."""

from emotion_site.settings import env

# Half of all there are. An office of fifty behind one address opens 300: six for each browser. With so few, a
# program at that address that goes on opening connections would have the others' ended all the time.
CONNECTIONS_PER_ADDRESS = env.whole("CONNECTIONS_PER_ADDRESS", 2048, at_least=1)
# Bodies on their way, in memory and on the disk together, of everybody.
SPOOL_BYTES = env.whole("SPOOL_MB", 1024, at_least=64) * 1024 * 1024
