"""From the bytes of an upload to a waveform: decoded in a process of its own, measured, drawn. No Django."""
