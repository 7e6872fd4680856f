"""The messages that the site sends: plain, kind, and no reason for a page to fail."""

import smtplib

import pytest
from allauth.account.adapter import get_adapter
from allauth.core import context
from django.test import RequestFactory
from django.urls import reverse

KINDS = [
    *("account_already_exists", "unknown_account", "email_confirmation", "email_confirmation_signup"),
    *("email_changed", "email_confirm", "email_deleted", "password_reset_key", "password_reset"),
    *("password_changed", "password_set"),
]
SECOND_STEP_KINDS = [
    *("recovery_codes_generated", "totp_activated", "totp_deactivated", "webauthn_added", "webauthn_removed")
]
TEMPLATES = [f"account/email/{kind}" for kind in KINDS] + [f"mfa/email/{kind}" for kind in SECOND_STEP_KINDS]
LINK = "http://testserver/a-link/?one=1&two=2"


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_message_is_in_the_sites_voice(settings, mail_is_configured, speaker, mailoutbox, template):
    request = RequestFactory().get("/")
    facts = {
        "user": speaker,
        "activate_url": LINK,
        "password_reset_url": LINK,
        "to_email": "o'neill@example.org",
    }
    with context.request_context(request):
        get_adapter(request).send_mail(template, speaker.email, facts)
    message = mailoutbox[0]
    assert message.subject and "\n" not in message.subject
    assert message.body.startswith("Hello,\n\n")
    assert message.body.endswith("This message comes from the Emotion site at testserver.")
    assert "&amp;" not in message.body and "&#" not in message.body
    assert "testserver!" not in message.body, "allauth's own words"
    assert not message.alternatives


def test_a_mail_server_that_does_not_answer_fails_no_page(
    settings, mail_is_configured, speaker, client, monkeypatch, caplog
):
    def refuse(self, messages):
        raise smtplib.SMTPRecipientsRefused({speaker.email: (550, b"no such mailbox")})

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    response = client.post(reverse("account_reset_password"), {"email": speaker.email}, follow=True)
    assert response.status_code == 200
    assert "could not be sent" in response.content.decode()
    assert "reason=SMTPRecipientsRefused" in caplog.text and speaker.email not in caplog.text
