"""How much of the machine one person may fill. 0 sets no limit."""

from emotion_site.settings import env

__all__ = ["QUOTA_BYTES", "QUOTA_CLIPS_PER_DAY"]

QUOTA_BYTES = env.whole("QUOTA_MB", 2000) * 1024 * 1024
QUOTA_CLIPS_PER_DAY = env.whole("QUOTA_CLIPS_PER_DAY", 2000)
