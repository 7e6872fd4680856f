"""Settings of the site. With an empty environment they serve one machine over loopback.

Names and defaults of the environment variables are described in README.md.
"""

import os
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from emotion_site.settings import env
from emotion_site.settings.address import *  # noqa: F403
from emotion_site.settings.api_description import SPECTACULAR_SETTINGS as SPECTACULAR_SETTINGS
from emotion_site.settings.connections import CONNECTIONS_PER_ADDRESS as CONNECTIONS_PER_ADDRESS
from emotion_site.settings.connections import SPOOL_BYTES as SPOOL_BYTES
from emotion_site.settings.content_security import CONTENT_SECURITY_POLICY as CONTENT_SECURITY_POLICY
from emotion_site.settings.libraries import keep_caches_in
from emotion_site.settings.logs import LOGGING as LOGGING
from emotion_site.settings.quotas import *  # noqa: F403  # it names what it has
from emotion_site.settings.sign_in import *  # noqa: F403  # every name is a setting
from emotion_site.settings.training import NOISES_DIR as NOISES_DIR
from emotion_site.settings.training import ROOMS_DIR as ROOMS_DIR
from emotion_site.settings.training import TRAINING_MEMORY_BYTES as TRAINING_MEMORY_BYTES
from emotion_site.settings.training import TRAINING_THREADS as TRAINING_THREADS

BASE_DIR = Path(__file__).resolve().parents[2]
DATA_DIR = env.folder("DATA_DIR", BASE_DIR / "var")
# Voices and addresses are nobody else's business on a machine with several accounts.
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
keep_caches_in(DATA_DIR / "libraries")

HOST = env.text("HOST", "127.0.0.1")
PORT = env.whole("PORT", 8000)
DEBUG = env.flag("DEBUG", False)
SECRET_KEY = env.secret_key("SECRET_KEY", DATA_DIR)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", [*env.LOOPBACK_HOSTS, "[::1]", HOST])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
# How many proxies in front of the site add to X-Forwarded-For; 0 trusts no such header.
NUM_PROXIES = env.whole("NUM_PROXIES", 0)
HTTPS = env.flag("HTTPS", False)
_is_local = env.is_local(HOST, https=HTTPS, num_proxies=NUM_PROXIES)
SIGNUP = env.choice("SIGNUP", "open" if _is_local else "invite", ["open", "invite", "closed"])

INSTALLED_APPS = [
    "emotion_site",
    "classifier",
    "annotations",
    "training",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "emotion_site.apps.SiteStaticFilesConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "django_tasks",
    "emotion_site.apps.SiteTasksConfig",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "emotion_site.web.middleware.PageHeadersMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "emotion_site.web.admission.plain_http.PlainHttpMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "emotion_site.web.middleware.PreferencesMiddleware",
    "django.middleware.common.CommonMiddleware",
    "emotion_site.web.admission.link_port.LinkPortMiddleware",
    "emotion_site.web.search.SearchMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "emotion_site.web.middleware.LastSeenMiddleware",
    "emotion_site.web.admission.client_identity.CredentialCacheMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "emotion_site.sign_in.second_step.SecondStepMiddleware",
    "emotion_site.web.middleware.ButtonAddressMiddleware",
    "emotion_site.web.middleware.OutageMiddleware",
]

ROOT_URLCONF = "emotion_site.urls"
ASGI_APPLICATION = "emotion_site.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "emotion_site.web.context_processors.site",
            ]
        },
    }
]

DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{DATA_DIR / 'db.sqlite3'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.text("REDIS_URL")
CACHES = {
    "default": (
        {"BACKEND": "emotion_site.storage.shared_cache.SharedCache", "LOCATION": REDIS_URL}
        if REDIS_URL
        else {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            # Throttles count here; Django's 300 would let a few hundred visitors push each other out.
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        }
    )
}

TASKS = {
    "default": {
        "BACKEND": "django_tasks_db.DatabaseBackend",
        "QUEUES": ["default", "training"],
    }
}

# Languages
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["emotion_site.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.time_zone("TIME_ZONE")

# Files
STATIC_ROOT = BASE_DIR / "staticfiles"
NODE_MODULES = BASE_DIR / "node_modules"
STATICFILES_DIRS = [
    (f"vendor/{name}", NODE_MODULES / folder)
    for name, folder in [
        ("pico", "@picocss/pico/css"),
        ("htmx", "htmx.org/dist"),
        ("chart", "chart.js/dist"),
        ("wavesurfer", "wavesurfer.js/dist"),
    ]
]
BROWSER_LIBRARY_FILES = {
    "vendor/pico/pico.min.css",
    "vendor/htmx/htmx.min.js",
    "vendor/chart/chart.umd.min.js",
    "vendor/chart/chart.umd.min.js.map",
    "vendor/wavesurfer/wavesurfer.esm.js",
    "vendor/wavesurfer/plugins/spectrogram.esm.js",
}
STATICFILES_FINDERS = [
    "emotion_site.web.files.static_storage.BrowserLibrariesFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
WHITENOISE_MIMETYPES = {".flac": "audio/flac"}
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "clips", "base_url": None},
    },
    "staticfiles": {"BACKEND": "emotion_site.web.files.static_storage.HashedStaticFilesStorage"},
}
MODELS_DIR = DATA_DIR / "models"
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "emotion_site.web.files.upload_handler.DiskUploadHandler",
]
# How large a body in memory may be, while there is room for it (spool.py).
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "tmp"
FILE_UPLOAD_TEMP_DIR.mkdir(parents=True, exist_ok=True)

# Limits of an upload
CLIP_MAX_BYTES = env.whole("CLIP_MAX_MB", 25, at_least=1) * 1024 * 1024
CLIP_MIN_SECONDS = env.number("CLIP_MIN_SECONDS", 0.3)
CLIP_MAX_SECONDS = env.number("CLIP_MAX_SECONDS", 600)
# A multipart body is a little larger than the file in it.
MAX_BODY_BYTES = CLIP_MAX_BYTES + 64 * 1024
UPLOAD_PATHS = {"/", "/api/v1/clips/"}
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_FORM_BYTES = 1024 * 1024

# Web processes; each holds the model, decoders and a queue of its own.
WEB_PROCESSES = env.whole("WEB_PROCESSES", 1, at_least=1)

# Decoding and inference
DECODER_PROCESSES = env.whole("DECODER_PROCESSES", 2, at_least=1)
INFERENCE_THREADS = env.whole("INFERENCE_THREADS", min(2, os.cpu_count() or 1), at_least=1)
INFERENCE_QUEUE = env.whole("INFERENCE_QUEUE", 64, at_least=1)
# Past this many seconds of expected waiting the response is 202 and a worker finishes the clip.
ANSWER_WITHIN_SECONDS = env.number("ANSWER_WITHIN_SECONDS", 3.0)
# A prediction whose two best scores are closer than this is shown as "not sure".
SURE_MARGIN = env.number("SURE_MARGIN", 0.15)
UNDO_SECONDS = env.whole("UNDO_SECONDS", 10)

# Accounts
AUTH_USER_MODEL = "emotion_site.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "classifier:classify"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if NUM_PROXIES else None
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"

EMAIL = env.mail("EMAIL_URL")
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
globals().update(EMAIL or {})
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "emotion@localhost")

ACCOUNT_ADAPTER = "emotion_site.sign_in.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "emotion_site.sign_in.forms.SignInForm",
    "signup": "emotion_site.sign_in.forms.SignUpForm",
    "add_email": "emotion_site.sign_in.forms.ChangeEmailForm",
    "set_password": "emotion_site.sign_in.forms.NewPasswordForm",
    "change_password": "emotion_site.sign_in.forms.OtherPasswordForm",
    "reset_password": "emotion_site.sign_in.forms.ForgottenPasswordForm",
    "reset_password_from_key": "emotion_site.sign_in.forms.MailedPasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if EMAIL else "none"
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = bool(EMAIL)
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ALLAUTH_TRUSTED_PROXY_COUNT = NUM_PROXIES
# Where no mail goes out, no address is ever confirmed, and waiting for that would lock the second step away.
MFA_ALLOW_UNVERIFIED_EMAIL = not EMAIL
# Browsers count http://localhost as a secure place for passkeys; fido2 must be told.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = HOST in env.LOOPBACK_HOSTS
USERSESSIONS_TRACK_ACTIVITY = True

# API
THROTTLE_USER = env.text("THROTTLE_USER", "120/min")
THROTTLE_ADDRESS = env.text("THROTTLE_ADDRESS", "240/min")
# A clip takes four requests, and the quickest reviewers hear three short ones in two seconds.
THROTTLE_REVIEW = env.text("THROTTLE_REVIEW", "1200/min")
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "emotion_site.api.authentication.TokenAuthentication",
        "emotion_site.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "emotion_site.api.parsers.ShallowJSONParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_THROTTLE_CLASSES": [
        "emotion_site.api.throttling.UserThrottle",
        "emotion_site.api.throttling.AddressThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "user": THROTTLE_USER,
        "address": THROTTLE_ADDRESS,
        "review": THROTTLE_REVIEW,
    },
    "NUM_PROXIES": NUM_PROXIES,
    "EXCEPTION_HANDLER": "emotion_site.api.errors.exception_handler",
    "DEFAULT_SCHEMA_CLASS": "emotion_site.api.schema.Schema",
}
