from django import forms
from django.utils.translation import gettext_lazy as _

from annotations.models import ReviewPolicy


class PolicyForm(forms.ModelForm):
    """How the clips of a task are reviewed, as administrators change it."""

    class Meta:
        model = ReviewPolicy
        fields = ["reviewers_needed", "doubled_percent", "random_percent", "order", "is_blind"]
        widgets = {
            "reviewers_needed": forms.Select(choices=[(number, number) for number in (1, 2, 3)]),
            "doubled_percent": forms.NumberInput(attrs={"min": 0, "max": 100}),
            "random_percent": forms.NumberInput(attrs={"min": 0, "max": 100}),
        }
        help_texts = {
            "doubled_percent": _("The more, the better you know how far people agree."),
            "random_percent": _(
                "Only these tell how good the model is. Counts for clips that are shared later."
            ),
            "is_blind": _("People who know what the model said are swayed by it."),
        }
