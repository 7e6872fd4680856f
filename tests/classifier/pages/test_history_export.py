import csv
import io
import re

import pytest

from classifier.models import Clip
from tests.factories import ClipFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous iterators"),
]


def csv_of(response, separator: str = ",") -> list[dict[str, str]]:
    text = b"".join(response).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=separator))


class TestExport:
    address = "/history/export/"

    def test_all_that_match_with_scores(self, speaker, stranger, speaker_client):
        clip = ClipFactory(owner=speaker, title="Grey day", speaker="Ann", answer="sad")
        ClipFactory(owner=speaker, answer="angry")
        ClipFactory(owner=stranger, answer="sad")
        response = speaker_client.get(self.address, {"label": "sad"})
        [row] = csv_of(response)
        assert re.search(
            r'attachment; filename="clips-\d{4}-\d\d-\d\d\.csv"', response["Content-Disposition"]
        )
        assert list(row) == [
            *["id", "title", "created", "source", "speaker", "duration_s", "label", "confidence", "sure"],
            *["neutral", "happy", "sad", "angry", "fearful", "disgust", "model_version"],
        ]
        expected = {"id": str(clip.pk), "title": "Grey day", "speaker": "Ann", "label": "sad", "sad": "0.8"}
        assert expected.items() <= row.items()
        assert row["sure"] == "true"

    def test_a_silent_clip_has_no_label(self, speaker, speaker_client):
        silent = {"hints": ["digital_silence"], "digital_silence": True}
        ClipFactory(owner=speaker, quality=silent, answer="neutral")
        [row] = csv_of(speaker_client.get(self.address))
        assert (row["label"], row["sure"]) == ("", "false")

    def test_chosen_clips_of_the_person_only(self, speaker, stranger, speaker_client):
        chosen, _other = ClipFactory(owner=speaker), ClipFactory(owner=speaker)
        foreign = ClipFactory(owner=stranger)
        response = speaker_client.post(self.address, {"ids": [chosen.pk, foreign.pk]})
        assert [row["id"] for row in csv_of(response)] == [str(chosen.pk)]

    @pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
    def test_text_is_never_a_formula(self, start, speaker, speaker_client):
        ClipFactory(owner=speaker, title=f"{start}1+1", speaker=f"{start}x")
        [row] = csv_of(speaker_client.get(self.address))
        assert row["title"] == f"'{start}1+1"
        assert row["speaker"] == f"'{start}x"

    def test_clip_without_an_answer_has_empty_cells(self, speaker, speaker_client):
        ClipFactory(owner=speaker, status=Clip.Status.WAITING)
        [row] = csv_of(speaker_client.get(self.address))
        assert (row["label"], row["sad"], row["model_version"]) == ("", "", "")

    def test_excel_reads_it_as_utf_8(self, speaker, speaker_client):
        ClipFactory(owner=speaker, title="Mañana")
        content = b"".join(speaker_client.get(self.address))
        assert content.startswith(b"\xef\xbb\xbfid,title,") and content.count(b"\xef\xbb\xbf") == 1
        assert "Mañana" in content.decode()

    def test_in_spanish_the_comma_belongs_to_the_numbers(self, speaker, speaker_client):
        speaker.language = "es"
        speaker.save()
        ClipFactory(owner=speaker, title="Uno; dos. Tres", duration_s=2.25, answer="sad")
        [row] = csv_of(speaker_client.get(self.address), separator=";")
        assert (row["title"], row["label"], row["duration_s"]) == ("Uno; dos. Tres", "sad", "2,25")
        assert row["sad"] == "0,8"
