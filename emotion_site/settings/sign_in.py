"""How people prove who they are."""

from emotion_site.settings import env

# Who must have a second step: nobody, administrators, or everybody.
REQUIRE_MFA = env.choice("REQUIRE_MFA", "none", ["none", "admins", "all"])

# Mailed links for a new password end with all other access.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "emotion_site.sign_in.reset_tokens.ResetTokenGenerator"  # noqa: S105  # no password

# Who changes their address over and over asks who else has an account.
ACCOUNT_RATE_LIMITS: dict[str, str] | bool = {"manage_email": "10/h/user"}

MFA_ADAPTER = "emotion_site.sign_in.adapter.MFAAdapter"
MFA_FORMS = {"add_webauthn": "emotion_site.sign_in.forms.AddPasskeyForm"}
# A telephone's clock may be half a minute off.
MFA_TOTP_TOLERANCE = 1
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Emotion"
