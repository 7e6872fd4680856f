from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from emotion_site.serving.claim import FolderInUse, claim
from emotion_site.serving.supervisor import PortInUse, Supervisor, listen
from emotion_site.settings.env import LOOPBACK_HOSTS
from emotion_site.sign_in.links import first_administrator_link


class Command(BaseCommand):
    help = "Serves the site with its workers until Ctrl-C."

    def handle(self, *args: Any, **options: Any) -> None:
        with self._claimed_folder():
            self._serve()

    def _serve(self) -> None:
        try:
            listener = listen(settings.HOST, settings.PORT)
        except PortInUse as error:
            raise CommandError(
                _(
                    "Port %(port)d is in use. Perhaps the site is running already; "
                    "otherwise choose another port, such as PORT=%(other)d."
                )
                % {"port": settings.PORT, "other": settings.PORT + 1}
            ) from error
        except OSError as error:
            raise CommandError(
                _("The site cannot listen on %(host)s: %(reason)s.")
                % {"host": settings.HOST, "reason": error.strerror}
            ) from error
        call_command("migrate", verbosity=0)
        self._register_model()
        host, port = listener.getsockname()[:2]
        self._greet(f"http://{_name_of(host)}:{port}")
        Supervisor(listener, web_processes=settings.WEB_PROCESSES).run()

    def _register_model(self) -> None:
        try:
            call_command("register_shipped_model", stdout=self.stdout)
        except CommandError as error:
            # People can still read, hear and take away what is theirs; health and doctor say what is missing.
            self.stderr.write(str(error))
            self.stderr.write(
                _("The site starts anyway. While no model is in service, it takes no recordings.")
            )

    @contextmanager
    def _claimed_folder(self) -> Iterator[None]:
        try:
            claimed = claim(settings.DATA_DIR)
        except FolderInUse as error:
            raise CommandError(
                _(
                    "Another server (process %(pid)s) uses the data folder %(folder)s. Stop it first, "
                    "or give this one a folder of its own with DATA_DIR."
                )
                % {"pid": error.pid or "?", "folder": settings.DATA_DIR}
            ) from error
        with claimed:
            yield

    def _greet(self, address: str) -> None:
        site = address + settings.URL_PREFIX
        self.stdout.write(_("The site is at %(address)s/ - Ctrl-C stops it.") % {"address": site})
        link = first_administrator_link()
        if link:
            self.stdout.write(_("There is no administrator yet. Become the first one within an hour:"))
            self.stdout.write(f"{address}{link}")
        self.stdout.flush()


def _name_of(host: str) -> str:
    """How browsers should call this address: they refuse passkeys at one that is only numbers."""
    if host in LOOPBACK_HOSTS:
        return "localhost"
    return f"[{host}]" if ":" in host else host
