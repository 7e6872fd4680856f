"""Clips that a review page gives back when it is left."""

from uuid import uuid4

from annotations.models import QueueEntry


def test_a_released_clip_is_free_for_others(shared, post, second_reviewer, client_of):
    clip = shared()
    post("next")
    other = client_of(second_reviewer)
    assert post("next", status=204, browser=other) is None
    assert post("release", status=204, clip=clip.pk) is None
    assert post("next", browser=other)["clip"] == str(clip.pk)


def test_a_page_that_is_left_takes_no_clip_from_the_page_that_follows(
    shared, post, second_reviewer, client_of
):
    clip = shared()
    left, following = post("next"), post("next")
    assert left["clip"] == following["clip"] == str(clip.pk)
    # It is said while the browser fetches the next page, and may arrive after that one's requests.
    post("release", clip=clip.pk, leased_until=left["leased_until"])
    assert post("next", status=204, browser=client_of(second_reviewer)) is None
    kept = post("heartbeat", clip=clip.pk)["leased_until"]
    post("release", clip=clip.pk, leased_until=following["leased_until"])
    assert QueueEntry.objects.get().leased_by is not None
    post("release", clip=clip.pk, leased_until=kept)
    assert QueueEntry.objects.get().leased_by is None
    for nonsense in ["soon", "2026-02-31T00:00:00Z", "0001-01-01T00:00:00+14:00"]:
        assert post("release", status=400, clip=clip.pk, leased_until=nonsense)["code"] == "invalid"


def test_what_undo_brings_back_can_be_given_back(shared, post):
    clip = shared()
    post("next")
    post("submit", clip=clip.pk, label="sad", client_id=uuid4().hex)
    undone = post("undo", client_id=uuid4().hex)["offer"]
    post("release", clip=clip.pk, leased_until=undone["leased_until"])
    assert QueueEntry.objects.get().leased_by is None
