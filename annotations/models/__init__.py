from annotations.models.corpus_columns import CorpusColumns
from annotations.models.decision import Decision, DecisionChange
from annotations.models.export_run import LabelExport
from annotations.models.kept_report import KeptReport
from annotations.models.logs import DuplicateFile, ListenLog, Pseudonym
from annotations.models.queue import Objection, OfferedClip, QueueEntry, ReviewPolicy
from annotations.models.review import CurrentReview, Flag, PickedBy, Review

__all__ = [
    "CorpusColumns",
    "CurrentReview",
    "Decision",
    "DecisionChange",
    "DuplicateFile",
    "Flag",
    "KeptReport",
    "LabelExport",
    "ListenLog",
    "Objection",
    "OfferedClip",
    "PickedBy",
    "Pseudonym",
    "QueueEntry",
    "Review",
    "ReviewPolicy",
]
