import gc
import sys

import pytest
from django.apps import apps

from emotion_site.serving import web


@pytest.fixture
def thawed():
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


def test_the_garbage_collector_never_looks_through_what_stays_anyway(thawed):
    web.load_what_requests_need()
    assert "emotion_site.urls" in sys.modules
    assert all(found is not apps for found in gc.get_objects())
