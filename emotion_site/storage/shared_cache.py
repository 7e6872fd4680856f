"""The cache that web processes share in Redis, and what each does alone while Redis is away.

Nothing in it is worth an error page: it counts requests and attempts to sign in, and remembers what was done
lately. While Redis is away a process counts for itself.
"""

import logging
import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

# On a network of its own Redis responds in a millisecond; visitors need not notice that it hangs.
TIMEOUT_S = 0.1
# So long no request asks again. Then one does, and all others once it got a reply.
PAUSE_S = 4.0
MAX_ENTRIES = 100_000


class Outage:
    """Whether Redis is away, as all threads of this process know it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._away = False
        self._retry_at = 0.0

    @property
    def is_on(self) -> bool:
        return self._away

    def should_try(self) -> bool:
        with self._lock:
            if not self._away:
                return True
            if time.monotonic() < self._retry_at:
                return False
            self._retry_at = time.monotonic() + PAUSE_S
            return True

    def begin(self, reason: Exception) -> None:
        with self._lock:
            began, self._away = not self._away, True
            self._retry_at = time.monotonic() + PAUSE_S
        if began:
            logger.error("Redis does not answer, each process counts alone reason=%s", reason)

    def end(self) -> None:
        if not self._away:
            return
        with self._lock:
            ended, self._away = self._away, False
        if ended:
            logger.info("Redis answers again")


@cache
def outage_of(server: str) -> Outage:
    """Django makes a cache object per thread; what is known of the server is known to all."""
    return Outage()


def _by_redis_or_alone(name: str) -> Callable[..., Any]:
    by_redis, alone = getattr(RedisCache, name), getattr(LocMemCache, name)

    def method(self: "SharedCache", *args: Any, **kwargs: Any) -> Any:
        if not self.outage.should_try():
            return alone(self.own, *args, **kwargs)
        try:
            value = by_redis(self, *args, **kwargs)
        except (RedisError, OSError) as error:
            self.outage.begin(error)
            return alone(self.own, *args, **kwargs)
        self.outage.end()
        return value

    method.__name__ = name
    return method


class SharedCache(RedisCache):
    """Django's cache in Redis; every operation is done in the memory of the process while Redis is away."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {
            "socket_timeout": TIMEOUT_S,
            "socket_connect_timeout": TIMEOUT_S,
            "retry": Retry(NoBackoff(), 0),
        }
        super().__init__(server, {**params, "OPTIONS": {**options, **params.get("OPTIONS", {})}})
        self.outage = outage_of(server)
        self.own = LocMemCache(f"instead of {server}", {"OPTIONS": {"MAX_ENTRIES": MAX_ENTRIES}})

    def is_shared(self) -> bool:
        """Whether Redis accepts writes. Checks it, unless it is known to be down."""
        self.set("emotion_site.is-shared", True)
        return not self.outage.is_on

    add = _by_redis_or_alone("add")
    get = _by_redis_or_alone("get")
    set = _by_redis_or_alone("set")
    touch = _by_redis_or_alone("touch")
    delete = _by_redis_or_alone("delete")
    has_key = _by_redis_or_alone("has_key")
    incr = _by_redis_or_alone("incr")
    get_many = _by_redis_or_alone("get_many")
    set_many = _by_redis_or_alone("set_many")
    delete_many = _by_redis_or_alone("delete_many")
    clear = _by_redis_or_alone("clear")
