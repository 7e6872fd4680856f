"""What the tests of the pages read, and where."""

from django.urls import reverse


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def address(name: str, *args) -> str:
    return reverse(f"training:{name}", args=args)
