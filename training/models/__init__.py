from training.models.policy import GatePolicy
from training.models.prediction_job import PredictionJob
from training.models.promotion import Promotion
from training.models.run import TrainingRun
from training.models.snapshot import Snapshot, SnapshotClip, SpeakerSplit

__all__ = [
    "GatePolicy",
    "PredictionJob",
    "Promotion",
    "Snapshot",
    "SnapshotClip",
    "SpeakerSplit",
    "TrainingRun",
]
