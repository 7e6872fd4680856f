from classifier.inference.fair_queue import FairLine


def everyone(line: FairLine[str]) -> list[str]:
    order = []
    while (turn := line.take()) is not None:
        order.append(turn[1])
    return order


def test_people_take_turns_however_many_places_one_holds():
    line: FairLine[str] = FairLine()
    for person, item in [("a", "a1"), ("a", "a2"), ("a", "a3"), ("b", "b1"), ("b", "b2"), (None, "n1")]:
        line.add(person, item)
    assert len(line) == 6
    assert everyone(line) == ["a1", "b1", "n1", "a2", "b2", "a3"]
    assert len(line) == 0


def test_who_may_not_go_is_passed_over_and_keeps_the_turn():
    line: FairLine[str] = FairLine()
    for person, item in [("a", "a1"), ("b", "b1"), ("a", "a2")]:
        line.add(person, item)
    assert line.take(lambda person: person != "a") == ("b", "b1")
    assert line.take(lambda person: person != "a") is None
    assert everyone(line) == ["a1", "a2"]


def test_who_no_longer_waits_leaves_the_line():
    line: FairLine[str] = FairLine()
    for person, item in [("a", "a1"), ("a", "a2"), ("b", "b1")]:
        line.add(person, item)
    line.remove("a", "a1")
    line.remove("b", "b1")
    assert (line.count_of("a"), line.count_of("b"), everyone(line)) == (1, 0, ["a2"])


def test_of_others_only_as_many_are_ahead_as_there_are_rounds():
    line: FairLine[str] = FairLine()
    for number in range(5):
        line.add("a", f"a{number}")
    assert list(line.ahead_of("b")) == ["a0"]
    line.add("b", "b0")
    assert list(line.ahead_of("b")) == ["a0", "a1", "b0"]
    assert list(line.ahead_of("a")) == [*(f"a{number}" for number in range(5)), "b0"]
