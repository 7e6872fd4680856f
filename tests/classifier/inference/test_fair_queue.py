from classifier.inference.fair_queue import FairQueue


def everyone(queue: FairQueue[str]) -> list[str]:
    order = []
    while (turn := queue.get()) is not None:
        order.append(turn[1])
    return order


def test_people_take_turns_however_many_places_one_holds():
    queue: FairQueue[str] = FairQueue()
    for person, item in [("a", "a1"), ("a", "a2"), ("a", "a3"), ("b", "b1"), ("b", "b2"), (None, "n1")]:
        queue.put(person, item)
    assert len(queue) == 6
    assert everyone(queue) == ["a1", "b1", "n1", "a2", "b2", "a3"]
    assert len(queue) == 0


def test_who_may_not_go_is_passed_over_and_keeps_the_turn():
    queue: FairQueue[str] = FairQueue()
    for person, item in [("a", "a1"), ("b", "b1"), ("a", "a2")]:
        queue.put(person, item)
    assert queue.get(lambda person: person != "a") == ("b", "b1")
    assert queue.get(lambda person: person != "a") is None
    assert everyone(queue) == ["a1", "a2"]


def test_who_no_longer_waits_leaves_the_line():
    queue: FairQueue[str] = FairQueue()
    for person, item in [("a", "a1"), ("a", "a2"), ("b", "b1")]:
        queue.put(person, item)
    queue.remove("a", "a1")
    queue.remove("b", "b1")
    assert (queue.count_of("a"), queue.count_of("b"), everyone(queue)) == (1, 0, ["a2"])


def test_of_others_only_as_many_are_ahead_as_there_are_rounds():
    queue: FairQueue[str] = FairQueue()
    for number in range(5):
        queue.put("a", f"a{number}")
    assert list(queue.ahead_of("b")) == ["a0"]
    queue.put("b", "b0")
    assert list(queue.ahead_of("b")) == ["a0", "a1", "b0"]
    assert list(queue.ahead_of("a")) == [*(f"a{number}" for number in range(5)), "b0"]
