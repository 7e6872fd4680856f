"""The path prefix of the site, behind a proxy that serves other things on the same host."""

from emotion_site.settings import env

# Such as "/emotion"; empty where the site has the host to itself.
URL_PREFIX = env.path_prefix("URL_PREFIX")
FORCE_SCRIPT_NAME = URL_PREFIX or None
STATIC_URL = f"{URL_PREFIX}/static/"
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = LANGUAGE_COOKIE_PATH = f"{URL_PREFIX}/"
# Another Django site at the root of the host sends its cookies here as well, and Django reads the last of two
# that are called alike.
_suffix = URL_PREFIX.replace("/", "_")
SESSION_COOKIE_NAME = f"sessionid{_suffix}"
CSRF_COOKIE_NAME = f"csrftoken{_suffix}"
LANGUAGE_COOKIE_NAME = f"django_language{_suffix}"
