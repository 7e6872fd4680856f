"""Texts of Django, allauth and django-tasks that appear on our pages, listed for translation.

Their own Spanish addresses people formally and calls some things by other names than this site does, and the
last one has none. A text that is listed here, letter for letter, lands in the site's catalogue, which is
asked before theirs.
"""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, pgettext_lazy

DJANGO = [
    _("Your password can’t be too similar to your other personal information."),  # noqa: RUF001  # the apostrophe is Django's
    ngettext_lazy(
        "Your password must contain at least %(min_length)d character.",
        "Your password must contain at least %(min_length)d characters.",
        "min_length",
    ),
    _("Your password can’t be a commonly used password."),  # noqa: RUF001  # the apostrophe is Django's
    _("Your password can’t be entirely numeric."),  # noqa: RUF001  # the apostrophe is Django's
    _("The password is too similar to the %(verbose_name)s."),
    _("Enter a valid email address."),
    _("Enter a valid date."),
    _("Select a valid choice. %(value)s is not one of the available choices."),
]

ALLAUTH = [
    _("Authenticator code"),
    _("Forgot your password?"),
    _("New Password"),
    _("New Password (again)"),
    _("Please type your current password."),
    _("The password reset token was invalid."),
    _("Too many failed login attempts. Try again later."),
    _("Use a security key"),
    _("Use authenticator app or code"),
    _("Use your password"),
    _("You cannot deactivate two-factor authentication."),
    _("You cannot generate recovery codes without having two-factor authentication enabled."),
    _("You must type the same password each time."),
]

TASKS = [
    _("Task Result"),
    _("Task Results"),
    _("status"),
    _("enqueued at"),
    _("started at"),
    _("finished at"),
    _("args kwargs"),
    _("priority"),
    _("task path"),
    _("worker id"),
    _("queue name"),
    _("backend name"),
    _("run after"),
    _("return value"),
    _("exception class path"),
    _("traceback"),
    pgettext_lazy("Task", "Ready"),
    pgettext_lazy("Task", "Running"),
    pgettext_lazy("Task", "Failed"),
    pgettext_lazy("Task", "Successful"),
]
