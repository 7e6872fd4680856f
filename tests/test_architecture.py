"""Conventions that hold because this file fails otherwise."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.requirements import ROOT

# Each app may import those after it, never one before it.
APPS = ["training", "annotations", "classifier", "emotion_site"]
HEAVY = {"torch", "torchaudio", "transformers", "safetensors", "onnx", "scipy"}
# Whoever imports one of them has silenced the libraries.
PACKAGES = [*APPS, "benchmarks"]
# Where the project is put together out of its apps.
COMPOSITION = {
    "emotion_site/asgi.py",
    "emotion_site/urls.py",
    "emotion_site/api/urls.py",
    "emotion_site/settings/base.py",
}
ENVIRONMENT = {
    "manage.py",
    "emotion_site/asgi.py",
    "emotion_site/offline.py",
    "emotion_site/settings/base.py",
    "emotion_site/settings/env.py",
    "emotion_site/settings/libraries.py",
    "emotion_site/settings/test.py",
    "emotion_site/serving/web.py",
    "emotion_site/serving/worker.py",
}
MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 50


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def product() -> list[Path]:
    return [path for path in sources(*APPS) if "migrations" not in path.parts]


def imported_modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name(path)} imports relatively"
            yield node.module or ""


def top_level(path: Path) -> set[str]:
    return {module.split(".")[0] for module in imported_modules(path)}


def test_there_is_something_to_check():
    assert len(product()) > 30


@pytest.mark.parametrize("app", APPS)
def test_imports_point_one_way(app):
    forbidden = set(APPS[: APPS.index(app)])
    wrong = {
        name(path): sorted(top_level(path) & forbidden)
        for path in sources(app)
        if name(path) not in COMPOSITION and top_level(path) & forbidden
    }
    assert not wrong


def dependencies(path: Path, known: dict[str, Path]) -> set[str]:
    """Modules of ours that this one imports, within functions too; not what only types need."""
    tree = ast.parse(path.read_text())
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and id(node) not in for_types:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in known else node.module or "" for name in names}
        elif isinstance(node, ast.Import) and id(node) not in for_types:
            found |= {alias.name for alias in node.names}
    return found & known.keys()


def test_no_modules_import_each_other():
    known = {
        name(path).removesuffix(".py").removesuffix("/__init__").replace("/", "."): path for path in product()
    }
    imports = {module: dependencies(path, known) - {module} for module, path in known.items()}
    # What imports nothing that is left goes; what then remains stands in circles or leads into one.
    while free := {module for module, wanted in imports.items() if not wanted & imports.keys()}:
        imports = {module: wanted for module, wanted in imports.items() if module not in free}
    assert imports == {}


@pytest.mark.parametrize("folder", ["classifier/audio", "classifier/inference"])
def test_sound_and_inference_know_no_models(folder):
    """They also run in processes without a database."""
    known = {"django.db", "classifier.models", "classifier.querysets", "emotion_site.models"}
    wrong = {name(path): set(imported_modules(path)) & known for path in sources(folder)}
    assert {path: found for path, found in wrong.items() if found} == {}


# In an app, pages and API may import services, and services the engine and audio; never back. Commands and
# `annotations/listening` answer people, as pages do.
TOP, SERVICES = ("pages", "api"), ("clips", "predictions")


@pytest.mark.parametrize(
    ("app", "folders", "unknown"),
    [
        ("classifier", ("corpora", *SERVICES), TOP),
        ("classifier", ("audio", "inference"), (*SERVICES, *TOP)),
        ("classifier", ("audio",), ("inference",)),
        ("annotations", ("agreement", "exports", "imports", "models", "queue", "reviews"), TOP),
        ("training", ("datasets", "evaluation", "fitting", "models", "recipes", "runs", "versions"), TOP),
    ],
)
def test_imports_within_an_app_point_down(app, folders, unknown):
    """Pages of another app are as far up as its own."""
    wrong = tuple(f"{each}.{folder}" for each in APPS for folder in unknown)
    paths = sources(*(f"{app}/{folder}" for folder in folders))
    found = {
        name(path): [module for module in imported_modules(path) if module.startswith(wrong)]
        for path in paths
    }
    assert paths
    assert {path: modules for path, modules in found.items() if modules} == {}


MAX_MODULES = {"classifier": 15}
USUAL_MAX_MODULES = 20


def test_folders_are_rooms_one_can_see():
    counted: dict[Path, int] = {}
    for path in product():
        folder = path.parent.relative_to(ROOT)
        counted[folder] = counted.get(folder, 0) + (path.name != "__init__.py")
    assert {
        str(folder): modules
        for folder, modules in counted.items()
        if modules > MAX_MODULES.get(folder.parts[0], USUAL_MAX_MODULES)
    } == {}


def test_torch_is_imported_only_in_training():
    wrong = [name(path) for path in product() if top_level(path) & HEAVY]
    assert [path for path in wrong if not path.startswith("training/")] == []


def test_one_module_alone_imports_onnx_runtime():
    """It calls home unless it is silenced before, so nobody may come to it by another way."""
    importing = [name(path) for path in sources(*PACKAGES, "tests") if "onnxruntime" in top_level(path)]
    assert importing == ["classifier/inference/onnx_runtime.py"]


def test_only_the_sandboxed_process_decodes():
    """Uploads and corpora were made by others, and may take over the process that decodes them."""
    decoding = "classifier.audio.decoding.decoder"
    importers = [name(path) for path in sources(*PACKAGES) if decoding in imported_modules(path)]
    assert importers == ["classifier/audio/quarantine/worker.py"]


def test_only_settings_read_the_environment():
    def reads_environment(path: Path) -> bool:
        nodes = ast.walk(ast.parse(path.read_text()))
        return any(isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"} for node in nodes)

    assert [
        name(path) for path in product() if reads_environment(path) and name(path) not in ENVIRONMENT
    ] == []


def test_files_are_short():
    written = [path for path in sources(*APPS, "tests", "benchmarks") if "migrations" not in path.parts]
    long = {name(path): len(path.read_text().splitlines()) for path in written}
    assert {path: lines for path, lines in long.items() if lines > MAX_FILE_LINES} == {}


def test_functions_are_short():
    long = {
        f"{name(path)}:{node.name}": node.end_lineno - node.lineno + 1
        for path in product()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno >= MAX_FUNCTION_LINES
    }
    assert long == {}


def test_files_are_named_for_what_they_hold():
    assert [name(path) for path in product() if path.stem in {"utils", "helpers", "common", "misc"}] == []


# Whoever waits for a fixed time waits too long on a quick machine and not long enough on a slow one.
FIXED_PAUSE = re.compile(r"\b(sleep\((?!0\))|wait_for_timeout\()")
PAUSING = {
    "waiting.py": "looks again and again, until a deadline",
    "test_many_reviewers.py": "a transaction that takes a while",
    "test_promotions_under_load.py": "the load goes on for a while between promotions",
    "test_inference_queue.py": "a prediction that takes a while, whose time is measured",
    "test_review.py": "a second request that must not come would come meanwhile",
    "test_slow_clients.py": "clients that are slow, and an answer that takes longer than they have patience",
    "walk.py": "a library that must not call home would do so meanwhile",
}


def test_tests_wait_for_conditions():
    pausing = {path.name for path in sources("tests") if FIXED_PAUSE.search(path.read_text())}
    assert pausing - {"test_architecture.py"} == PAUSING.keys()


# Names that begin with an underscore and that others may use all the same.
OPEN_TO_ALL = {
    "_meta": "of Django's models",
    "_replace": "of named tuples",
    "_exit": "of os",
    "_create": "factory_boy has it overridden",
    "_fixture_teardown": "there is no other way to keep the roles when Django empties the database",
    "_test_serialized_contents": "as before",
}


def names_reached(path: Path) -> Iterator[str]:
    """All that a test reaches for: ``thing.name``, ``setattr(thing, "name")``, ``import name``."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) not in {"self", "cls"}:
            yield node.attr
        elif isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
            ("attr", "patch", "patch.object")
        ):
            arguments = [each.value for each in node.args if isinstance(each, ast.Constant)]
            yield from (each.rpartition(".")[2] for each in arguments if isinstance(each, str))


def test_tests_know_others_from_outside():
    private = re.compile(r"_[^_]")
    reached = {
        name(path): {each for each in names_reached(path) if private.match(each)} - OPEN_TO_ALL.keys()
        for path in sources("tests")
    }
    assert {path: names for path, names in reached.items() if names} == {}
