"""Errors of the API have one shape, and its description tells of them."""

import pytest
import yaml

from classifier.api.serializers import ClipSerializer
from classifier.api.views import ClipViewSet
from classifier.models import Clip


def test_overlapping_changes_of_sharing_both_count(api, clip):
    url = clip["status_url"]
    api.patch(url, {"shared_for_review": True, "shared_for_training": True}, "application/json")

    def change(**field):
        # As if both had read the clip before either wrote.
        serializer = ClipSerializer(read, data=field, partial=True)
        serializer.is_valid(raise_exception=True)
        ClipViewSet().perform_update(serializer)

    read = Clip.objects.get(pk=clip["id"])
    change(shared_for_training=False)
    read = Clip.objects.get(pk=clip["id"])
    read.shared_for_training = True
    change(shared_for_review=True)
    kept = api.get(url).json()
    assert kept["shared_for_review"] and not kept["shared_for_training"]


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Range": "bytes=99999999-"}, 416, "range_not_satisfiable"),
        ({"If-Match": '"another"'}, 412, "precondition_failed"),
    ],
)
def test_sound_that_is_refused_says_so_in_the_shape_of_the_api(api, clip, headers, status, code):
    response = api.get(clip["audio_url"], headers=headers)
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_a_part_of_another_sound_is_not_sent(api, clip):
    tag = api.get(clip["audio_url"])["ETag"]
    part = api.get(clip["audio_url"], headers={"Range": "bytes=0-1", "If-Range": tag})
    whole = api.get(clip["audio_url"], headers={"Range": "bytes=0-1", "If-Range": '"another"'})
    assert (part.status_code, part.content) == (206, b"fL")
    assert whole.status_code == 200 and len(whole.content) == int(whole["Content-Length"]) > 2


@pytest.mark.parametrize("address", ["/api/v1/clips/", "/api/schema/"])
def test_wrong_name_of_the_site_is_refused_in_the_shape_of_the_api(client, db, address):
    response = client.get(address, headers={"Host": "evil.example.org"})
    assert (response.status_code, response.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize(
    ("asked", "status"),
    [({"query_params": {"format": "xml"}}, 404), ({"headers": {"Accept": "text/html"}}, 406)],
)
def test_the_description_is_refused_as_json(client, db, asked, status):
    response = client.get("/api/schema/", **asked)
    assert response.status_code == status and set(response.json()) == {"code", "detail"}


def test_every_operation_says_how_it_may_refuse(client):
    schema = yaml.safe_load(client.get("/api/schema/").content)
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            expected = {"401", "403", "429", "503"}
            expected |= {"404"} if "{" in path or method == "get" else set()
            expected |= {"400", "413", "415"} if "requestBody" in operation else set()
            assert expected <= set(operation["responses"]), (method, path)
