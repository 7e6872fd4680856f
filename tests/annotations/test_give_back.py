"""Clips that a review page gives back when it is left."""

from uuid import uuid4

from annotations.models import QueueEntry


def test_a_released_clip_is_free_for_others(shared, ask, second_reviewer, client_of):
    clip = shared()
    ask("take")
    other = client_of(second_reviewer)
    assert ask("take", browser=other)["offer"] is None
    ask("release", clip=clip.pk)
    assert ask("take", browser=other)["offer"]["clip"] == str(clip.pk)


def test_a_page_that_is_left_takes_no_clip_from_the_page_that_follows(
    shared, ask, second_reviewer, client_of
):
    clip = shared()
    left, following = ask("take")["offer"], ask("take")["offer"]
    assert left["clip"] == following["clip"] == str(clip.pk)
    # It is said while the browser fetches the next page, and may arrive after that one's requests.
    ask("release", clip=clip.pk, until=left["until"])
    assert ask("take", browser=client_of(second_reviewer))["offer"] is None
    kept = ask("heartbeat", clip=[clip.pk])["until"][str(clip.pk)]
    ask("release", clip=clip.pk, until=following["until"])
    assert QueueEntry.objects.get().leased_by is not None
    ask("release", clip=clip.pk, until=kept)
    assert QueueEntry.objects.get().leased_by is None
    for nonsense in ["soon", "2026-02-31T00:00:00Z", "0001-01-01T00:00:00+14:00"]:
        assert ask("release", status=400, clip=clip.pk, until=nonsense)["code"] == "wrong_clip"


def test_what_undo_brings_back_can_be_given_back(shared, ask):
    clip = shared()
    ask("take")
    ask("answer", clip=clip.pk, label="sad", client_id=uuid4().hex)
    undone = ask("undo", client_id=uuid4().hex)["offer"]
    ask("release", clip=clip.pk, until=undone["until"])
    assert QueueEntry.objects.get().leased_by is None
