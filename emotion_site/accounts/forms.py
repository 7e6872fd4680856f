"""The site's own forms about people."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from emotion_site.models import User
from emotion_site.roles import Role


class ProfileForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["name", "language", "theme"]
        labels = {"name": _("Name"), "theme": _("Appearance")}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"] = forms.ChoiceField(
            label=_("Language"),
            choices=[("", _("Same as my browser")), *settings.LANGUAGES],
            required=False,
        )


class PrivacyForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["share_for_review", "share_for_training"]
        labels = {
            "share_for_review": _("Reviewers may listen to my new clips"),
            "share_for_training": _("My new clips may help the model to learn"),
        }
        help_texts = {
            "share_for_review": _(
                "They correct the emotion that was heard. They see neither your name nor the clip's title."
            ),
            "share_for_training": _(
                "Clips are used for this only while reviewers may listen to them too. "
                "You can take a clip back at any time."
            ),
        }


class PreferencesForm(forms.Form):
    """Language and appearance, as the footer of every page sends them."""

    language = forms.ChoiceField(choices=settings.LANGUAGES, required=False)
    theme = forms.ChoiceField(choices=User.Theme.choices, required=False)


class TokenForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("What the token is for, such as “My notebook”.")
    )
    days = forms.TypedChoiceField(
        label=_("Expires in"),
        coerce=int,
        initial=90,
        choices=[(7, _("7 days")), (30, _("30 days")), (90, _("90 days")), (365, _("1 year"))],
    )


class InvitationForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.USER)
    email = forms.EmailField(
        label=_("E-mail address (optional)"),
        required=False,
        help_text=_("With an address, only this person can use the invitation."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"invalid": _("Enter a valid e-mail address.")},
    )

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        if email and User.objects.filter(email__iexact=email).exists():
            raise forms.ValidationError(_("This person has an account already."), code="has_account")
        return email


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class DeleteAccountForm(forms.Form):
    understood = forms.BooleanField(
        label=_("I understand that my account and all my clips will be gone for good.")
    )
