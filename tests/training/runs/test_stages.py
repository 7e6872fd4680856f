"""The table of stages, and the events in which the training process reports them."""

import json
from io import StringIO

import pytest

from training.models import TrainingRun
from training.runs.events import EventWriter, parse_event
from training.runs.stages import STAGES, overall_progress
from training.runs.steps import STEPS


@pytest.mark.parametrize("trained", ["head", "top", "all"])
def test_stages_follow_each_other_up_to_the_last_percent(trained):
    edges = [
        (overall_progress(each.name, 0, trained), overall_progress(each.name, 1, trained)) for each in STAGES
    ]
    assert edges[0][0] == 0.0 and edges[-1][1] == 0.99
    assert [end for _begin, end in edges[:-1]] == [begin for begin, _end in edges[1:]]


def test_every_step_is_a_function_and_every_state_is_one_of_a_run():
    assert [stage.step for stage in STAGES if stage.step] == list(STEPS)
    assert {stage.state for stage in STAGES} <= {*TrainingRun.State.values}


def test_progress_is_written_now_and_then_and_at_each_end():
    lines = StringIO()
    events = EventWriter("all", lines)
    for done in range(100):
        events.stage("training", done, 100)
    events.stage("training", 100, 100)
    events.stage("exporting")
    written = [parse_event(line.encode()) for line in lines.getvalue().splitlines()]
    assert [(event["stage"], event["progress"]) for event in written] == [
        ("training", 0.05),
        ("training", 0.85),
        ("exporting", 0.85),
    ]


@pytest.mark.parametrize("line", [b"", b'{"stage": "trai', b"Some library prints", b"[]", b"\xff"])
def test_what_is_no_event_is_left_out(line):
    assert parse_event(line) == {}


def test_the_error_at_the_end_has_a_code_and_a_sentence():
    lines = StringIO()
    EventWriter("head", lines).error("storage_full", "The disk was full.")
    assert json.loads(lines.getvalue()) == {"error": {"code": "storage_full", "detail": "The disk was full."}}
