"""`/health/`: whether this site can do its work, for monitors and load balancers.

Anonymous visitors learn yes or no; what exactly is wrong is for administrators.
"""

import logging
from collections.abc import Callable

from django.core.cache import caches
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from emotion_site.roles import is_admin
from emotion_site.storage.shared_cache import SharedCache

logger = logging.getLogger(__name__)

Check = Callable[[], bool]


def database_is_up() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def redis_is_up() -> bool:
    """True also where the site has none."""
    cache = caches["default"]
    return not isinstance(cache, SharedCache) or cache.is_shared()


# Name -> check, in the order in which they run; other apps add theirs when they are ready.
checks: dict[str, Check] = {"database": database_is_up}
# What people are served without, somewhat worse.
optional_checks: dict[str, Check] = {"redis": redis_is_up}


def failing_checks() -> list[str]:
    return [name for name, check in checks.items() if not _passes(name, check)]


def failing_optional_checks() -> list[str]:
    return [name for name, check in optional_checks.items() if not _passes(name, check)]


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 ``{"status": "ok"}`` or ``{"status": "degraded", "failing": [...]}``, 503 when it cannot serve."""
    wrong = failing_checks()
    if not wrong:
        failing = failing_optional_checks()
        return JsonResponse({"status": "degraded", "failing": failing} if failing else {"status": "ok"})
    body: dict[str, object] = {"status": "unavailable"}
    if "database" not in wrong and is_admin(request.user):
        body["wrong"] = wrong
    return JsonResponse(body, status=503)


def _passes(name: str, check: Check) -> bool:
    try:
        passed = check()
    except DatabaseError as error:
        logger.error("Health check failed check=%s reason=%s", name, error)
        return False
    if not passed:
        logger.error("Health check failed check=%s", name)
    return passed
