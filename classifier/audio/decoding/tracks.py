"""Which audio track of a file is used: the first that can be decoded and holds sound, whatever is "best"."""

from collections.abc import Callable

from classifier.audio.exceptions import AudioRejected, Rejection
from classifier.audio.waveform import Pcm

# Films have a track per language; a file with more than this was made to keep us busy.
MAX_TRACKS = 8
# Tracks on which nobody was recorded have less, as standard deviation in 16-bit steps: -70 dB of full scale.
NO_SOUND_STEPS = 10
# What is wrong with one track and need not be wrong with the next.
OF_ONE_TRACK = frozenset(
    [
        Rejection.UNSUPPORTED_CODEC,
        Rejection.UNSUPPORTED_RATE,
        Rejection.TOO_MANY_CHANNELS,
        Rejection.NOT_FINITE,
        Rejection.DAMAGED,
    ]
)


def first_with_sound(read: Callable[[int], tuple[int, Pcm | AudioRejected, bool]]) -> tuple[Pcm, bool]:
    """Sound of the first track with any, or of the loudest where none has, and whether it is doubtful.

    `read` opens the file for the track of a number and gives how many there are, its sound or what is wrong
    with it, and the doubt. Raises what is wrong with the first where none can be decoded.
    """
    n_tracks, outcome, is_doubtful = read(0)
    n_tracks = max(1, min(n_tracks, MAX_TRACKS))
    wrong, best = None, None
    for number in range(1, n_tracks + 1):
        if isinstance(outcome, AudioRejected):
            if outcome.code not in OF_ONE_TRACK:
                raise outcome
            wrong = wrong or outcome
        else:
            if n_tracks == 1:
                return outcome, is_doubtful
            level = float(outcome.std()) if outcome.size else 0.0
            if level > NO_SOUND_STEPS:
                return outcome, is_doubtful
            if best is None or level > best[0]:
                best = level, outcome, is_doubtful
        if number < n_tracks:
            _, outcome, is_doubtful = read(number)
    if best is None:
        raise wrong or AudioRejected(Rejection.NO_SOUND_TRACK)
    return best[1], best[2]
