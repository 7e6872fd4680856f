from datetime import date
from typing import Any, cast

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from classifier.clips.submit import ClipOptions
from classifier.models import Clip, Label
from classifier.pages.history.query import CONFIDENCES, NOTHING_TO_HEAR, ORDERS

# Beyond these a day has no day before or after it, or no midnight in some time zone.
SOUND_DAYS = [MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(2999, 12, 31))]


class OptionsForm(forms.Form):
    """Options for recordings, chosen before upload. A title is set later."""

    speaker = forms.CharField(
        label=_("Who speaks?"),
        help_text=_("Leave it empty if it is you. Any name or number that tells voices apart will do."),
        required=False,
        max_length=80,
    )
    shared_for_review = forms.BooleanField(
        label=_("Share for review"),
        help_text=_("Reviewers may listen and correct the emotion. They do not see your name or the title."),
        required=False,
        widget=forms.CheckboxInput(attrs={"role": "switch"}),
    )
    shared_for_training = forms.BooleanField(
        label=_("Share for training"),
        help_text=_("Once reviewed, the recording may teach the next model version."),
        required=False,
        widget=forms.CheckboxInput(attrs={"role": "switch"}),
    )

    def options(self) -> ClipOptions:
        return ClipOptions(**self.cleaned_data)


class SharingForm(forms.ModelForm[Clip]):
    """Who may use a clip. Saved by the service, never by the form."""

    class Meta:
        model = Clip
        fields = ["shared_for_review", "shared_for_training"]


class DetailsForm(forms.ModelForm[Clip]):
    """Title and speaker of a clip. Saved by the service, never by the form."""

    class Meta:
        model = Clip
        fields = ["title", "speaker"]


class HistoryForm(forms.Form):
    """Filters and order of the history, read from the address of the page."""

    q = forms.CharField(label=_("Title contains"), required=False, max_length=120)
    label = forms.ChoiceField(label=_("Emotion"), required=False)
    source = forms.ChoiceField(label=_("Source"), required=False)
    confidence = forms.ChoiceField(label=_("Confidence"), required=False)
    since = forms.DateField(label=_("From"), required=False, validators=SOUND_DAYS)
    until = forms.DateField(label=_("To"), required=False, validators=SOUND_DAYS)
    sort = forms.ChoiceField(label=_("Order"), required=False)

    def __init__(self, data: Any, *, labels: list[Label]) -> None:
        super().__init__(data, label_suffix="")
        for name in ("since", "until"):
            # Errors always show in one place, which the page fetches anew with the list.
            attributes = {"type": "date", "aria-describedby": f"{name}-problem"}
            self.fields[name].widget = forms.DateInput(format="%Y-%m-%d", attrs=attributes)
        emotions = [(label.key, str(label)) for label in labels]
        self.choose("label", [("", _("All")), *emotions, (NOTHING_TO_HEAR, _("Nothing to hear"))])
        self.choose("source", [("", _("All")), *Clip.Source.of_people()])
        self.choose("confidence", [("", _("All")), *((key, name) for key, name in CONFIDENCES.items())])
        self.choose("sort", [(key, order.name) for key, order in ORDERS.items()])

    def choose(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = choices

    def clean(self) -> dict[str, Any]:
        wanted = self.cleaned_data
        since, until = wanted.get("since"), wanted.get("until")
        if since and until and until < since:
            self.add_error("until", _("This day is before “From”."))
        return wanted

    def wanted(self) -> dict[str, Any]:
        """The valid filters; an invalid field is left out and shows its error."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value not in ("", None)}
