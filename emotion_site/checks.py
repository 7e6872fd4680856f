"""System checks: what can be wrong in a deployment, each with a hint."""

import os
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from emotion_site.settings.env import LOOPBACK_HOSTS, WILDCARD_HOSTS
from emotion_site.settings.env import is_local as is_local_site
from emotion_site.web.url_prefix import own_names

# What only `doctor` looks for, because it takes a while or tells how things are. These checks are registered
# for deployments too, so that no other command runs them.
DOCTOR = "doctor"


@register(Tags.files)
def data_dir_is_writable(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if os.access(settings.DATA_DIR, os.W_OK):
        return []
    return [
        Error(
            "The data folder cannot be written to.",
            hint="Give the site's user write access to DATA_DIR, or point DATA_DIR elsewhere.",
            id="emotion_site.E001",
        )
    ]


@register(Tags.security)
def data_dir_is_private(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not settings.DATA_DIR.exists() or not settings.DATA_DIR.stat().st_mode & 0o077:
        return []
    return [
        Warning(
            "Other accounts on this machine can read the data folder, which holds voices and addresses.",
            hint="Run `chmod 700` on DATA_DIR.",
            id="emotion_site.W006",
        )
    ]


@register(Tags.files)
def browser_libraries_are_installed(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    missing = [str(folder) for _prefix, folder in settings.STATICFILES_DIRS if not folder.is_dir()]
    if not missing or settings.STATIC_ROOT.is_dir():
        return []
    return [
        Warning(
            "The browser libraries are not installed, so pages will have no style.",
            hint="Run `make setup`.",
            id="emotion_site.W001",
        )
    ]


@register(Tags.security, deploy=True)
def proxy_is_declared(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not settings.HTTPS or settings.NUM_PROXIES:
        return []
    return [
        Warning(
            "HTTPS is on but no proxy is declared, so no request seems to use HTTPS and all are refused.",
            hint="Set NUM_PROXIES to the number of proxies in front of the site.",
            id="emotion_site.W002",
        )
    ]


@register(DOCTOR, deploy=True)
def site_does_not_run_as_root(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if os.geteuid() != 0:
        return []
    hint = "Make an account for the site, give it DATA_DIR, and start the site from it."
    if is_local_site(settings.HOST, https=settings.HTTPS, num_proxies=settings.NUM_PROXIES):
        return [Warning("The site runs as root.", hint=hint, id="emotion_site.W008")]
    return [
        Error(
            "The site runs as root and other machines can reach it: a flaw would expose the whole machine.",
            hint=hint,
            id="emotion_site.E002",
        )
    ]


@register(Tags.security, deploy=True)
def sign_up_is_not_open_to_the_network(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    is_local = is_local_site(settings.HOST, https=settings.HTTPS, num_proxies=settings.NUM_PROXIES)
    if settings.SIGNUP != "open" or is_local:
        return []
    return [
        Warning(
            "Anyone who can reach the site can make an account.",
            hint="Set SIGNUP=invite unless this is what you want.",
            id="emotion_site.W003",
        )
    ]


@register(Tags.security)
def browsers_have_a_name_for_the_site(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    names = set(settings.ALLOWED_HOSTS) - {*LOOPBACK_HOSTS, "[::1]", *WILDCARD_HOSTS}
    if settings.HOST not in WILDCARD_HOSTS or names:
        return []
    return [
        Warning(
            "Other machines can reach the site, but it refuses every name and address they use for it.",
            hint="Set ALLOWED_HOSTS to the names and addresses that people type, separated by commas.",
            id="emotion_site.W005",
        )
    ]


@register(Tags.security)
def names_of_the_site_are_named(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        Warning(
            "The site accepts any host name, so links in its e-mails may lead to somebody else's site.",
            hint="Set ALLOWED_HOSTS to the names and addresses that people type instead of *.",
            id="emotion_site.W007",
        )
    ]


@register(deploy=True)
def mail_has_a_sender(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not settings.EMAIL or not settings.DEFAULT_FROM_EMAIL.endswith("@localhost"):
        return []
    return [
        Warning(
            "E-mails are sent from an address at localhost, which other mail servers refuse.",
            hint="Set DEFAULT_FROM_EMAIL to an address of yours.",
            id="emotion_site.W004",
        )
    ]


@register(Tags.urls)
def prefix_is_no_page_of_the_site(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    first = settings.URL_PREFIX[1:].partition("/")[0]
    if first not in own_names():
        return []
    return [
        Error(
            f"Pages of the site itself begin with /{first}/, so URL_PREFIX cannot.",
            hint="Choose another path for URL_PREFIX and in the proxy.",
            id="emotion_site.E020",
        )
    ]


@register(Tags.security)
def proxy_of_the_prefix_is_declared(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not settings.URL_PREFIX or settings.NUM_PROXIES:
        return []
    return [
        Warning(
            f"The site is served below {settings.URL_PREFIX}/ by a proxy, but no proxy is declared, so every "
            "visitor seems to have the proxy's address.",
            hint="Set NUM_PROXIES to the number of proxies in front of the site.",
            id="emotion_site.W020",
        )
    ]
