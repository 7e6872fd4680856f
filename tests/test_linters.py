"""The linters of `make lint` and of a commit: they run, from this checkout, over what is ours."""

import shutil
import subprocess

import pytest
import yaml

from tests.requirements import ROOT

HOOKS = {
    hook["id"]: hook
    for repository in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    for hook in repository["hooks"]
}
FAULTS = [
    ("ruff-check", "classifier/new.py", "import os\n", "F401"),
    ("ruff-format", "classifier/new.py", "x = { }\n", "would be reformatted"),
    ("djlint", "templates/new.html", "<p><b>Hello</p>\n", "H025"),
    ("biome", "classifier/static/classifier/new.js", "debugger;\n", "noDebugger"),
    ("biome", "classifier/static/classifier/new.css", "a { colour: red; }\n", "noUnknownProperty"),
]


@pytest.mark.parametrize(("hook", "path", "text", "rule"), FAULTS)
def test_a_fault_is_found(tmp_path, hook, path, text, rule):
    for configuration in ["pyproject.toml", "biome.jsonc"]:
        shutil.copy(ROOT / configuration, tmp_path)
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(text)
    program, *arguments = HOOKS[hook]["entry"].split()
    command = [str(ROOT / program), *arguments, path]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert rule in found.stdout + found.stderr


def test_make_checks_what_a_commit_checks():
    """And `.ci/run` calls `make lint` and `make types`."""
    planned = subprocess.run(
        ["make", "--dry-run", "lint", "types"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    programs = {" ".join(hook["entry"].split()[:2]) for hook in HOOKS.values()}
    assert [program for program in programs if program not in planned] == []


def test_a_commit_fetches_nothing():
    assert {hook["language"] for hook in HOOKS.values()} == {"system"}
