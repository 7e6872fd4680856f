"""The forms of allauth that this site words or handles in its own way."""

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
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.validators import MaxLengthValidator
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from emotion_site.links import use_link
from emotion_site.models import OneTimeLink, User
from emotion_site.roles import Role, set_role


def ask_for_address(field: forms.Field) -> None:
    """Called by one name everywhere."""
    field.label = _("E-mail address")
    field.error_messages["invalid"] = _("Enter a valid e-mail address.")


class SignInForm(LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask_for_address(self.fields["login"])
        self.fields["remember"].label = _("Keep me signed in on this device")
        self.fields["remember"].initial = True


def ask_for_new_password(form: forms.Form) -> None:
    """Wherever a password is chosen, the same advice instead of a list of rules."""
    form.fields["password2"].label = _("The same password again")
    form.fields["password1"].help_text = _("At least 8 characters. Three or four random words are good.")


def limit_address(form: forms.Form) -> None:
    """No longer than is kept: allauth would cut the end off, and nobody could sign in."""
    field, longest = form.fields["email"], User._meta.get_field("email").max_length
    field.validators.append(MaxLengthValidator(longest))
    field.widget.attrs["maxlength"] = longest


class SignUpForm(SignupForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask_for_address(self.fields["email"])
        ask_for_new_password(self)
        limit_address(self)

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """The new account, or what to answer when there is one with this address."""
        saved: tuple[User | None, HttpResponse | None]
        try:
            with transaction.atomic():
                saved = super().try_save(request)
                return saved
        except IntegrityError:
            # Made since the form was checked, most likely by the same person, who pressed twice.
            self.account_already_exists = True
        if settings.EMAIL:
            saved = super().try_save(request)
            return saved
        messages.info(request, _("There is an account with this address already. Sign in."))
        return None, redirect("account_login")


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
    """Sign-up by a one-time link. Making the account and using up the link succeed together or not at all."""

    def __init__(self, *args: Any, link: OneTimeLink, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.link = link
        if link.email:
            self.fields["email"].initial = link.email
            self.fields["email"].disabled = True

    @transaction.atomic
    def save(self, request: HttpRequest) -> User:
        """Raises UserError ``link_used`` when somebody else was faster."""
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
        # With mail this would tell a stranger who has an account; the confirmation refuses it instead.
        if not settings.EMAIL and User.objects.filter(email__iexact=email).exists():
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
