from django import template

from emotion_site.web.javascript_catalog import catalog_url

register = template.Library()
register.simple_tag(catalog_url, name="javascript_catalog_url")
