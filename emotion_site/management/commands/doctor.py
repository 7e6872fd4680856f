import json
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any, TypedDict

from django.conf import settings
from django.core import checks
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from emotion_site.checks import DOCTOR
from emotion_site.settings.env import LOOPBACK_HOSTS
from emotion_site.web import health

# What Django advises about HTTPS: redirects, cookies and how long browsers insist on it. A site that only
# this machine reaches has none of its own; a proxy on the same machine decides about these.
HTTPS_HINTS = {f"security.W{number:03}" for number in (4, 5, 8, 12, 16, 21)}


class Finding(TypedDict):
    """Something that is wrong (``error``), should be better (``warning``) or is good to know (``info``)."""

    level: str
    id: str
    message: str
    hint: str


class Command(BaseCommand):
    help = "Checks this site for problems, and says how to fix each one."
    # The checks are what this command reports; they must not stop it.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = [*database_findings(), *check_findings(), *health_findings()]
        if options["json"]:
            self.stdout.write(json.dumps({"findings": findings}))
        else:
            self._print(findings)
        if any(finding["level"] == "error" for finding in findings):
            raise CommandError(_("Something is wrong; see above."))

    def _print(self, findings: list[Finding]) -> None:
        for finding in findings:
            self.stdout.write(f"{finding['level']}: {finding['message']} ({finding['id']})")
            if finding["hint"]:
                self.stdout.write(f"    {finding['hint']}")
        if all(finding["level"] == "info" for finding in findings):
            self.stdout.write(_("No problems found."))


def database_findings() -> Iterator[Finding]:
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        yield _error("database", _("The database does not answer: %s") % error, _("Check DATABASE_URL."))
        return
    if missing:
        yield _error("migrations", _("The database is not up to date."), _("Run `manage.py migrate`."))


def check_findings() -> Iterator[Finding]:
    """The findings of the system checks; deployment checks only where other machines can reach the site."""
    is_local = settings.HOST in LOOPBACK_HOSTS
    deployed = settings.HTTPS or not is_local
    usual = checks.run_checks(include_deployment_checks=deployed, databases=["default"])
    ours = checks.run_checks(tags=[DOCTOR], include_deployment_checks=True, databases=["default"])
    # Where the site is deployed, the first have the second in them.
    for message in [*(found for found in usual if found not in ours), *ours]:
        if is_local and message.id in HTTPS_HINTS:
            continue
        yield {
            "level": _level(message),
            "id": message.id or "",
            "message": str(message.msg),
            "hint": str(message.hint or ""),
        }


def health_findings() -> Iterator[Finding]:
    for name in health.failing_checks():
        if name != "database":
            yield _error(f"health.{name}", _("The check of the %s fails.") % name, "")
    for name in health.failing_optional_checks():
        yield {
            "level": "warning",
            "id": f"health.{name}",
            "message": _("The site is degraded: the check of %s fails, and the site runs without it.") % name,
            "hint": "",
        }


def _level(message: checks.CheckMessage) -> str:
    if message.is_serious():
        return "error"
    return "warning" if message.level >= checks.WARNING else "info"


def _error(identifier: str, message: str, hint: str) -> Finding:
    return {"level": "error", "id": identifier, "message": message, "hint": hint}
