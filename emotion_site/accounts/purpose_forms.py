"""Forms in which administrators declare what the site is used for."""

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from emotion_site.accounts.purpose import declare_purpose
from emotion_site.models import DeclaredPurpose, User
from emotion_site.sign_in.forms import InvitedSignUpForm


class PurposeForm(forms.Form):
    purpose = forms.CharField(
        label=_("What is this site used for?"),
        help_text=_("Everybody with an account can read it. Up to 300 characters."),
        max_length=DeclaredPurpose._meta.get_field("text").max_length,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    excludes_workers_and_pupils = forms.BooleanField(
        label=_("Emotions of workers or pupils are not inferred, medical and safety uses aside."),
        help_text=_("In the European Union the AI Act prohibits that (Article 5)."),
    )

    def declare(self, actor: User) -> DeclaredPurpose:
        return declare_purpose(
            text=self.cleaned_data["purpose"],
            excludes_workers_and_pupils=self.cleaned_data["excludes_workers_and_pupils"],
            actor=actor,
        )


class FirstAdministratorForm(PurposeForm, InvitedSignUpForm):
    """The first account also declares what the site is for, or leaves that for later."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(["email", "password1", "password2"])
        for name in PurposeForm.base_fields:
            self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        says_what_for, has_ticked = cleaned.get("purpose"), cleaned.get("excludes_workers_and_pupils")
        if says_what_for and not has_ticked:
            error = _("Tick this as well, or leave the purpose empty for now.")
            self.add_error("excludes_workers_and_pupils", error)
        elif has_ticked and not says_what_for and "purpose" not in self.errors:
            self.add_error("purpose", _("Say what the site is used for, or take the tick away for now."))
        return cleaned

    @transaction.atomic
    def save(self, request: HttpRequest) -> User:
        user: User = super().save(request)
        if self.cleaned_data["purpose"]:
            self.declare(user)
        return user
