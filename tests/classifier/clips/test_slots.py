"""However many upload at once, few uploads are in memory, and nobody waits for ever or for one person."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from classifier.clips import slots, uploads
from classifier.clips.submit import submit_clip
from classifier.models import Clip
from classifier.pages import media
from emotion_site.exceptions import UserError
from tests.factories import ClipFactory
from tests.waiting import wait_until


class CountedUpload(SimpleUploadedFile):
    """Remembers whether anybody has read it."""

    was_read = False

    def read(self, *arguments):
        self.was_read = True
        return super().read(*arguments)


@pytest.fixture
def every_slot_taken(monkeypatch, settings):
    monkeypatch.setattr(slots, "MAX_WAIT_S", 0.1)
    with ExitStack() as taken:
        for _slot in range(2 * settings.DECODER_PROCESSES):
            taken.enter_context(uploads.slots().hold())
        yield


def test_upload_that_finds_no_slot_is_not_read(speaker, every_slot_taken):
    upload = CountedUpload("voice.wav", b"anything")
    with pytest.raises(UserError) as refused:
        submit_clip(owner=speaker, file=upload, source=Clip.Source.API)
    assert (refused.value.code, refused.value.status, refused.value.retry_after_s) == ("busy", 503, 2)
    assert not upload.was_read


def test_refused_upload_leaves_its_slot(speaker):
    for _upload in range(20):
        with pytest.raises(UserError, match="no_model"):
            submit_clip(owner=speaker, file=CountedUpload("voice.wav", b"anything"), source=Clip.Source.API)


def test_spectrogram_waits_its_turn(speaker, speaker_client, monkeypatch):
    monkeypatch.setattr(slots, "MAX_WAIT_S", 0.1)
    address = reverse("classifier:spectrogram", args=[ClipFactory(owner=speaker).pk])
    with media.DRAWING.hold(), media.DRAWING.hold():
        response = speaker_client.get(address)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "2")


@pytest.mark.parametrize(("seconds", "minutes"), [(600, "10"), (45, "0:45"), (90, "1:30")])
def test_the_longest_length_is_told_as_people_say_it(settings, seconds, minutes):
    settings.CLIP_MAX_SECONDS = seconds
    assert f"longer than {minutes} min" in str(uploads.refusal("too_long").detail)


class Crowd:
    """People who each hold a slot, once they have it, until they are let go."""

    def __init__(self, number: int) -> None:
        self.slots = slots.Slots(number)
        self.working: list[str] = []
        self.codes: list[str] = []
        self._lock = threading.Lock()
        self._ends: dict[str, threading.Event] = {}
        self._threads: list[threading.Thread] = []

    def come(self, *names: str) -> None:
        """One after the other; the first letter of a name says whose upload it is."""
        for name in names:
            self._ends[name] = threading.Event()
            before = self.settled
            self._threads.append(threading.Thread(target=self._visit, args=[name]))
            self._threads[-1].start()
            wait_until(lambda before=before: self.settled > before)

    @property
    def settled(self) -> int:
        return len(self.working) + self.slots.waiting + len(self.codes)

    def leave(self, name: str) -> None:
        self._ends[name].set()
        wait_until(lambda: name not in self.working)

    def end(self) -> None:
        for event in self._ends.values():
            event.set()
        for thread in self._threads:
            thread.join()

    def _visit(self, name: str) -> None:
        try:
            with self.slots.hold(name[0]):
                with self._lock:
                    self.working.append(name)
                self._ends[name].wait(30)
                with self._lock:
                    self.working.remove(name)
        except UserError as error:
            with self._lock:
                self.codes.append(error.code)


@pytest.fixture
def crowd() -> Iterator[Callable[[int], Crowd]]:
    crowds: list[Crowd] = []

    def make(number: int) -> Crowd:
        crowds.append(Crowd(number))
        return crowds[-1]

    yield make
    for gathered in crowds:
        gathered.end()


def test_a_person_has_one_slot_and_leaves_the_others_to_others(crowd):
    people = crowd(2)
    people.come("a1", "a2", "a3", "b1")
    assert people.working == ["a1", "b1"]


def test_slots_that_become_free_go_round_the_people(crowd):
    people = crowd(1)
    people.come("a1", "a2", "a3", "b1", "c1")
    order = []
    for _leaving in range(5):
        wait_until(lambda: people.working)
        order += people.working
        people.leave(people.working[0])
    assert order == ["a1", "a2", "b1", "c1", "a3"], "a2 came before b, a3 waits for the next round"


def test_too_many_of_one_person_are_refused_to_that_person_alone(crowd):
    people = crowd(2)
    people.come(*(f"a{number}" for number in range(slots.MOST_WAITING_EACH + 1)))
    people.come("a-one-too-many")
    assert people.codes == ["too_many_at_once"]
    people.come("b1")
    assert people.working == ["a0", "b1"]


def test_where_very_many_wait_each_has_one_place_in_the_queue(crowd, monkeypatch):
    monkeypatch.setattr(slots, "MOST_WAITING", 3)
    people = crowd(1)
    people.come("a1", "a2", "a3", "b1", "a4", "c1", "c2")
    assert people.codes == ["too_many_at_once", "too_many_at_once"]
    assert people.slots.waiting == 4


def test_who_waits_too_long_hears_whose_uploads_were_in_the_way(crowd, monkeypatch):
    monkeypatch.setattr(slots, "MAX_WAIT_S", 0.1)
    people = crowd(1)
    people.come("a1", "a2")
    wait_until(lambda: people.codes == ["too_many_at_once"])
    people.come("b1")
    wait_until(lambda: people.codes == ["too_many_at_once", "busy"])
    assert people.slots.waiting == 0
    people.leave("a1")
    people.come("b2")
    assert people.working == ["b2"]


def test_uploads_of_one_person_do_not_hold_up_those_of_another(
    speaker, stranger, model_version, upload, monkeypatch
):
    """Slow ones, sent all at once: so many took every place of the process before each person had one."""
    decoding, begun, go_on = uploads.decoding, [], threading.Event()

    def slow(data):
        if data != b"slow":
            return decoding(data)
        begun.append(data)
        go_on.wait(30)
        raise UserError("damaged", "")

    def send_slow():
        with suppress(UserError):
            submit_clip(owner=speaker, file=upload(content=b"slow"), source=Clip.Source.API)

    monkeypatch.setattr(uploads, "decoding", slow)
    monkeypatch.setattr(slots, "MAX_WAIT_S", 3)
    threads = [threading.Thread(target=send_slow) for _upload in range(16)]
    try:
        for thread in threads:
            thread.start()
        wait_until(lambda: begun)
        assert submit_clip(owner=stranger, file=upload(), source=Clip.Source.API).created
        assert begun == [b"slow"]
    finally:
        go_on.set()
        for thread in threads:
            thread.join()
