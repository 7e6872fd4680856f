"""The forms of allauth that this site words or handles in its own way."""

from contextlib import suppress
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import (
    AddEmailForm,
    ChangePasswordForm,
    LoginForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
    SetPasswordForm,
    SignupForm,
)
from allauth.account.models import EmailAddress
from allauth.account.utils import passthrough_next_redirect_url
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.validators import MaxLengthValidator
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from emotion_site.accounts.notices import notify_once
from emotion_site.exceptions import UserError
from emotion_site.models import Notice, OneTimeLink, User
from emotion_site.roles import Role, set_role
from emotion_site.sign_in.links import use_link

# The address that somebody has just signed up with, in their session.
SIGN_IN_AS = "sign_in_as"


def ask_for_address(field: forms.Field) -> None:
    """Called by one name everywhere."""
    field.label = _("E-mail address")
    field.error_messages["invalid"] = _("Enter a valid e-mail address.")


class SignInForm(LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask_for_address(self.fields["login"])
        if self.request is not None:
            self.fields["login"].initial = self.request.session.get(SIGN_IN_AS, "")
        self.fields["remember"].label = _("Keep me signed in on this device")
        self.fields["remember"].initial = True


def ask_for_new_password(form: forms.Form) -> None:
    """Wherever a password is chosen, the same advice instead of a list of rules."""
    form.fields["password2"].label = _("The same password again")
    form.fields["password1"].help_text = _("At least 8 characters. Three or four random words are good.")


def limit_address(form: forms.Form) -> None:
    """No longer than the column: allauth would truncate it, and sign-in would fail."""
    field, longest = form.fields["email"], User._meta.get_field("email").max_length
    field.validators.append(MaxLengthValidator(longest))
    field.widget.attrs["maxlength"] = longest


class SignUpForm(SignupForm):
    # Whether this form may say that an address is taken, and whether it signs in whoever makes an account:
    # without mail either would tell anonymous visitors who has one.
    names_taken_addresses = False
    signs_in = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask_for_address(self.fields["email"])
        ask_for_new_password(self)
        limit_address(self)

    def validate_unique_email(self, value: str) -> str:
        """Without mail a taken address is no error: visitors must not learn who has an account."""
        if settings.EMAIL or self.names_taken_addresses:
            value = super().validate_unique_email(value)
        else:
            self.account_already_exists = User.objects.filter(email__iexact=value).exists()
        return value

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """The new account, or the response to send instead."""
        saved: tuple[User | None, HttpResponse | None] = (None, None)
        try:
            with transaction.atomic():
                if settings.EMAIL or not self.account_already_exists:
                    saved = super().try_save(request)
        except IntegrityError:
            # Made since the form was checked, most likely by the same person, who pressed twice.
            self.account_already_exists = True
            if settings.EMAIL:
                saved = super().try_save(request)
        if settings.EMAIL or (saved[0] and self.signs_in):
            return saved
        if self.account_already_exists:
            self._notify_owner()
        return None, self._lead_to_sign_in(request)

    def _notify_owner(self) -> None:
        """Takes as long as making an account: one password is hashed in both cases."""
        owner = User.objects.filter(email__iexact=self.cleaned_data["email"]).first()
        # A second press of the same person is nothing to be told about.
        if owner is not None and not owner.check_password(self.cleaned_data["password1"]):
            notify_once(owner, Notice.Kind.ADDRESS_TRIED)

    def _lead_to_sign_in(self, request: HttpRequest) -> HttpResponse:
        """The same response whether there was an account or not."""
        request.session[SIGN_IN_AS] = self.cleaned_data["email"]
        words = _(
            "If this address was free, your account is ready. Sign in with the password that you chose."
        )
        messages.info(request, words)
        return redirect(passthrough_next_redirect_url(request, reverse("account_login"), REDIRECT_FIELD_NAME))


class NewPasswordForm(SetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask_for_new_password(self)


class OtherPasswordForm(ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask_for_new_password(self)


class ForgottenPasswordForm(ResetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask_for_address(self.fields["email"])


class MailedPasswordForm(ResetPasswordKeyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask_for_new_password(self)


class InvitedSignUpForm(SignUpForm):
    """Sign-up by a one-time link. Making the account and using up the link succeed together or not at all.

    A link finds out about one address at most: one that is taken uses it up.
    """

    signs_in = True

    def __init__(self, *args: Any, link: OneTimeLink, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.link = link
        # Where the address is given, or there is nobody to hide, it is plain that somebody has it.
        is_first = link.purpose == OneTimeLink.Purpose.FIRST_ADMINISTRATOR
        self.names_taken_addresses = is_first or bool(link.email)
        if link.email:
            self.fields["email"].initial = link.email
            self.fields["email"].disabled = True

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        if self.account_already_exists:
            with suppress(UserError):
                use_link(self.link)
        return super().try_save(request)

    @transaction.atomic
    def save(self, request: HttpRequest) -> User:
        """Raises UserError ``link_used`` when the link was used in the meantime."""
        use_link(self.link)
        adapter = get_adapter(request)
        # Whoever made the link vouches for its address; the first one is read on the server's own terminal.
        if self.link.email or self.link.purpose == OneTimeLink.Purpose.FIRST_ADMINISTRATOR:
            adapter.stash_verified_email(request, self.cleaned_data["email"])
        user: User = super().save(request)
        set_role(user=user, role=Role(self.link.role), actor=self.link.created_by)
        return user


class ChangeEmailForm(AddEmailForm):
    """With mail, the new address counts once it is confirmed; without, at once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask_for_address(self.fields["email"])
        self.fields["email"].label = _("New e-mail address")
        limit_address(self)

    def clean_email(self) -> str:
        email: str = super().clean_email()
        # With mail this would tell visitors who has an account; the confirmation refuses it instead.
        owner = None if settings.EMAIL else User.objects.filter(email__iexact=email).first()
        if owner is not None:
            notify_once(owner, Notice.Kind.ADDRESS_TRIED)
            raise get_adapter().validation_error("email_taken")
        return email

    def save(self, request: HttpRequest) -> EmailAddress:
        if settings.EMAIL:
            return super().save(request)
        with transaction.atomic():
            EmailAddress.objects.filter(user=self.user).delete()
            address = EmailAddress(user=self.user, email=self.cleaned_data["email"])
            address.set_as_primary()
        messages.success(request, _("Your e-mail address is changed."))
        return address


class AddPasskeyForm(AddWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = forms.CharField(
            label=_("Name"),
            help_text=_("So that you can tell your keys apart, such as “My phone”."),
            required=False,
        )
        self.fields["passwordless"].label = _("Sign in with this key alone")
        self.fields["passwordless"].initial = True
        self.fields["passwordless"].help_text = _(
            "No password is needed then: your device asks for your finger, your face or its PIN. "
            "Without this, the key is the second step after your password."
        )
