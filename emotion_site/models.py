from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from emotion_site.storage.folding import LONGEST_FOLD, FoldedField

# Fields of an account that only services write, each with an update of its own.
SET_BY_SERVICES = {"access_generation", "has_notices", "unlocked_at"}


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractUser):
    """A person who signs in by e-mail; roles are groups (see ``roles.py``)."""

    class Theme(models.TextChoices):
        AUTO = "auto", _("Same as my device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    username = None  # type: ignore[assignment]  # people sign in by e-mail
    first_name = None  # type: ignore[assignment]  # one name field serves every culture
    last_name = None  # type: ignore[assignment]
    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    folded_name = FoldedField(of="name", max_length=120 * LONGEST_FOLD)
    language = models.CharField(_("language"), max_length=8, blank=True)
    theme = models.CharField(_("theme"), max_length=8, choices=Theme, default=Theme.AUTO)
    share_for_review = models.BooleanField(_("share new clips for review"), default=False)
    share_for_training = models.BooleanField(_("share new clips for training"), default=False)
    hides_checklist = models.BooleanField(_("hides the list of what comes next"), default=False)
    # Part of all that is signed for a person: sessions, mailed links. The next number ends them all at once.
    access_generation = models.PositiveIntegerField(default=0, editable=False)
    # So that a page without notices needs no query for them (``notices.py``).
    has_notices = models.BooleanField(default=False, editable=False)
    # Wrong passwords from before this moment count no more (``guessing.py``).
    unlocked_at = models.DateTimeField(null=True, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()  # type: ignore[misc,assignment]  # replaces the manager by username

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_ignores_case")]

    def __str__(self) -> str:
        return self.name or self.email

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """A new password and the end of all access that the old one gave are one (``ending_access.py``)."""
        if not self._state.adding and not args and kwargs.get("update_fields") is None:
            # A row read earlier must not undo what a service has set since.
            fields = {field.name for field in self._meta.concrete_fields if not field.primary_key}
            kwargs["update_fields"] = fields - SET_BY_SERVICES
        super().save(*args, **kwargs)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What Django compares a session with: once access was ended, no session from before fits."""
        mark: str = super()._get_session_auth_hash(secret)  # type: ignore[misc]  # not in the stubs
        if not self.access_generation:
            return mark
        signed = f"{mark}{self.access_generation}"
        return salted_hmac("emotion_site.access_generation", signed, secret, algorithm="sha256").hexdigest()

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name or self.email.split("@")[0]


class ApiToken(models.Model):
    """A personal key to the API. Only its digest is kept; the token itself is shown once."""

    user = models.ForeignKey(User, models.CASCADE, verbose_name=_("person"), related_name="api_tokens")
    name = models.CharField(_("name"), max_length=80)
    folded_name = FoldedField(of="name", max_length=80 * LONGEST_FOLD)
    prefix = models.CharField(_("first characters"), max_length=12, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"))
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, editable=False)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_usable(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now()


class OneTimeLinkQuerySet(models.QuerySet["OneTimeLink"]):
    def usable(self) -> Self:
        """Links that still work. One that an administrator made dies with their role or their account."""
        first = Q(purpose=OneTimeLink.Purpose.FIRST_ADMINISTRATOR)
        by_administrator = Q(created_by__is_active=True, created_by__is_superuser=True)
        return self.filter(first | by_administrator, used_at__isnull=True, expires_at__gt=timezone.now())


class OneTimeLink(models.Model):
    """A link that works once, until it expires. Only the digest of its secret is kept."""

    class Purpose(models.TextChoices):
        FIRST_ADMINISTRATOR = "first-administrator", _("first administrator")
        INVITATION = "invitation", _("invitation")
        PASSWORD_RESET = "password-reset", _("password reset")  # a purpose, not a password

    purpose = models.CharField(_("purpose"), max_length=24, choices=Purpose)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    email = models.EmailField(_("e-mail address"), blank=True)
    role = models.CharField(
        _("role"), max_length=16, blank=True, help_text=_("What a person becomes who uses the link")
    )
    user = models.ForeignKey(
        User, models.CASCADE, verbose_name=_("person"), null=True, blank=True, related_name="one_time_links"
    )
    created_by = models.ForeignKey(
        User, models.SET_NULL, verbose_name=_("created by"), null=True, blank=True, related_name="+"
    )
    created = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"))
    used_at = models.DateTimeField(_("used at"), null=True, editable=False)

    objects = OneTimeLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("one-time link")
        verbose_name_plural = _("one-time links")
        ordering = ["-created"]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.email}".strip()

    def get_absolute_url(self) -> str:
        return reverse("admin:emotion_site_onetimelink_change", args=[self.pk])


class Notice(models.Model):
    """A notice to a person about their account, shown on every page until read."""

    class Kind(models.TextChoices):
        RESET_LINK = "reset-link"
        SECOND_STEPS_REMOVED = "second-steps-removed"
        ROLE_CHANGED = "role-changed"
        DEACTIVATED = "deactivated"
        REACTIVATED = "reactivated"
        TOKEN_REVOKED = "token-revoked"  # noqa: S105  # a kind, no token
        UNLOCKED = "unlocked"
        PASSWORD_BY_LINK = "password-by-link"  # noqa: S105
        PASSWORD_ON_SERVER = "password-on-server"  # noqa: S105
        MANY_GUESSES = "many-guesses"
        ADDRESS_TRIED = "address-tried"

    user = models.ForeignKey(User, models.CASCADE, verbose_name=_("person"), related_name="notices")
    kind = models.CharField(_("kind"), max_length=24, choices=Kind)
    detail = models.CharField(max_length=80, blank=True)  # the role or the token that it is about
    created = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.kind


class DeclaredPurpose(models.Model):
    """What administrators declare the site is used for. Append-only: the newest counts."""

    text = models.CharField(_("purpose"), max_length=300)
    excludes_workers_and_pupils = models.BooleanField(_("excludes workers and pupils"))
    declared_by = models.ForeignKey(
        User, models.SET_NULL, verbose_name=_("declared by"), null=True, related_name="+"
    )
    created = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("declared purpose")
        verbose_name_plural = _("declared purposes")
        ordering = ["-created", "-pk"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="declared_purpose_says_something")]

    def __str__(self) -> str:
        return self.text


class TaskHeartbeat(models.Model):
    """When a running task last showed that its worker is alive."""

    task = models.OneToOneField(
        "django_tasks_database.DBTaskResult",
        models.CASCADE,
        verbose_name=_("task"),
        primary_key=True,
        related_name="heartbeat",
    )
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.pk)
