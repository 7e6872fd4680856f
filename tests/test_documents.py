"""What the documents name is there."""

import ast
import os
import re

from tests.requirements import ROOT

DOCUMENTS = ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"]
# What an install or a run makes, and a name that stands for any.
MADE_LATER = {"var/", "templates/<app>/"}
NOT_OURS = {".git", ".venv", "node_modules", "staticfiles", "var", "__pycache__"}
FOLDERS = "|".join(path.name for path in ROOT.iterdir() if path.is_dir() and path.name not in NOT_OURS)
PATH = re.compile(rf"[\w.<>-][\w.<>/-]*(/|\.(py|js|md|toml|txt|json|po))|({FOLDERS})/[\w./-]+")
APPS = ["training", "annotations", "classifier", "emotion_site"]
DOTTED = re.compile(rf"({'|'.join(APPS)})(\.\w+)+")


def named_in(document: str) -> list[str]:
    """All that stands in backticks outside the blocks of commands and trees."""
    text = re.sub(r"```.*?```", "", (ROOT / document).read_text(), flags=re.DOTALL)
    return re.findall(r"`([^`\n]+)`", text)


def defined(tree: ast.Module, names: list[str]) -> bool:
    """Whether a module, or a class of it, defines ``name`` or ``Class.name``."""
    body: list[ast.stmt] = tree.body
    for wanted in names:
        found = [node for node in body if getattr(node, "name", None) == wanted]
        if not found:
            return False
        body = getattr(found[0], "body", [])
    return True


def test_documents_name_files_that_exist():
    """The end of a path is enough where the sentence says whose it is."""
    known = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [each for each in folders if each not in NOT_OURS]
        known += [f"{folder}/{each}" for each in [*files, *folders]]
    named = {word for document in DOCUMENTS for word in named_in(document) if PATH.fullmatch(word)}
    assert len(named) > 20
    ends = {f"/{word.strip('/')}" for word in named - MADE_LATER}
    assert [end for end in ends if not any(path.endswith(end) for path in known)] == []


def test_documents_name_functions_that_exist():
    lost = []
    called = {word for document in DOCUMENTS for word in named_in(document) if DOTTED.fullmatch(word)}
    assert len(called) > 20
    for word in called:
        parts = word.split(".")
        modules = [ROOT.joinpath(*parts[:count]).with_suffix(".py") for count in range(1, len(parts) + 1)]
        count, module = next(((at, path) for at, path in enumerate(modules, 1) if path.is_file()), (0, None))
        if module is None or not defined(ast.parse(module.read_text()), parts[count:]):
            lost.append(word)
    assert lost == []


def test_documents_name_targets_of_make():
    """Apart from files, which other targets make on their way."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    called = {word for document in DOCUMENTS for word in named_in(document) if word.startswith("make ")}
    named = {target for call in called for target in call.split()[1:] if "/" not in target}
    assert named - targets == set()


def test_words_are_names_in_the_code():
    """The third column of the table of words: ``name``, ``Class.attribute``."""
    table = (ROOT / "ARCHITECTURE.md").read_text().partition("## Words")[2]
    words = {word for row in table.splitlines() for word in re.findall(r"`([\w.]+)`", row.split("|")[-2:][0])}
    assert len(words) > 20
    code = "\n".join(path.read_text() for app in APPS for path in sorted((ROOT / app).rglob("*.py")))
    unknown = [
        word
        for word in words
        if not all(re.search(rf"(class|def) {part}\b|^ *{part} = ", code, re.M) for part in word.split("."))
    ]
    assert unknown == []
