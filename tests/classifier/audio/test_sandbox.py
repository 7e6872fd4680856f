"""Hostile code in a decoder reaches nothing: each attempt works outside the sandbox and fails within it."""

import contextlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from classifier.audio.exceptions import AudioRejected, Rejection
from classifier.audio.limits import Limits
from classifier.audio.quarantine.process import ENVIRONMENT, sandbox_layers
from classifier.audio.quarantine.sandbox.privileges import FIRST_OWN_ID
from emotion_site.offline import SWITCHES
from tests.classifier.audio.formats import make_audio
from tests.classifier.audio.taken_over import (
    NO_SANDBOX,
    ORDINARY_USER,
    SOME_LAYERS,
    Refused,
    attempt,
    take_over,
)
from tests.requirements import require

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")]

SECOND = make_audio("wav-s16")
OF_OTHERS = ["trace", "read_memory", "send_signal", "read_environment", "look_at_limits"]
ATTEMPTS = [
    *("open_file", "look_at_file", "list_folder", "write_file", "mount"),
    *("connect", "connect_by_socket_file", "listen", "look_at_interfaces"),
    *("fork", "start_program", "become_program", "start_thread", "make_code", "make_file_in_memory"),
    *OF_OTHERS,
    *("make_a_namespace", "become_root", "make_io_ring", "ask_for_keys", "load_kernel_program"),
]
OTHERS_THAN_CALLS = ["network", "folder", "identity", "privileges", "landlock", "descriptors"]


@pytest.fixture(scope="module")
def targets(tmp_path_factory):
    """Argument of each attempt: a secret, a folder, a port and a socket that really are there."""
    folder = tmp_path_factory.mktemp("secrets")
    folder.chmod(0o700)
    (folder / "secret_key").write_text("secret")
    (folder / "mounted").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket(socket.AF_UNIX) as by_file:
        by_file.bind(str(folder / "socket"))
        by_file.listen()
        # Another process of the site. Not the server itself: a tracer would stop the tests.
        other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        yield dict.fromkeys(OF_OTHERS, other.pid) | {
            "open_file": str(folder / "secret_key"),
            "look_at_file": str(folder / "secret_key"),
            "list_folder": str(folder),
            "write_file": str(folder / "written"),
            "mount": str(folder / "mounted"),
            "connect": listener.getsockname()[1],
            "connect_by_socket_file": str(folder / "socket"),
        }
        other.communicate(b"\n")
        subprocess.run(["umount", str(folder / "mounted")], check=False, capture_output=True)


@pytest.fixture
def taken_over(new_pool, monkeypatch, tmp_path):
    def start(layers=""):
        take_over(monkeypatch, tmp_path, layers)
        return new_pool()

    return start


def test_hostile_code_reaches_nothing(taken_over, targets):
    pool = taken_over()
    assert reached(pool, ATTEMPTS, targets) == []
    assert pool.decode(SECOND).quality.duration_s == 1.0


def test_outside_the_sandbox_it_reaches_everything(taken_over, targets):
    """Else the test above would prove nothing."""
    require(os.geteuid() == 0, "only root may do all of this outside the sandbox")
    pool = taken_over(NO_SANDBOX)
    for name in ATTEMPTS:
        try:
            assert attempt(pool, name, targets.get(name)), name
        except AudioRejected as ended:
            assert (name, ended.code) == ("become_program", Rejection.DECODER_CRASHED)


def test_an_ordinary_user_has_all_layers_too(taken_over, targets):
    require(os.geteuid() == 0, "only root may become another user to try this")
    pool = taken_over(ORDINARY_USER)
    assert reached(pool, ATTEMPTS, targets) == []
    assert set(sandbox_layers(Limits()).values()) == {""}


@pytest.mark.parametrize(
    ("layer", "refused"),
    [
        ("network", {"connect"}),
        ("folder", {"open_file", "look_at_file", "list_folder", "write_file", "connect_by_socket_file"}),
        ("identity", {"open_file", "write_file", "become_root", "make_a_namespace", "mount", *OF_OTHERS}),
        ("privileges", {"mount", "make_a_namespace"}),
        ("landlock", {"open_file", "list_folder", "write_file", "connect", "listen", "trace", "send_signal"}),
        ("descriptors", {"open_file", "connect", "listen", "make_io_ring", "start_program"}),
        ("calls", set(ATTEMPTS)),
    ],
)
def test_each_layer_holds_alone(taken_over, targets, layer, refused):
    require(os.geteuid() == 0, "outside the sandbox only root reaches so much")
    pool = taken_over(SOME_LAYERS.format(kept=[layer]))
    assert reached(pool, refused, targets) == []
    assert {name for name, missing in sandbox_layers(Limits()).items() if not missing} == {layer}
    assert pool.decode(SECOND).quality.duration_s == 1.0


def test_without_libseccomp_the_other_layers_hold(taken_over, targets):
    pool = taken_over(SOME_LAYERS.format(kept=OTHERS_THAN_CALLS))
    # Without its filter a call that opens nothing and touches nobody else goes through.
    harmless = {"make_code", "ask_for_keys", "make_a_namespace"}
    assert reached(pool, set(ATTEMPTS) - harmless, targets) == []


def test_a_machine_without_any_layer_still_decodes(taken_over):
    pool = taken_over(SOME_LAYERS.format(kept=[]))
    assert pool.decode(SECOND).quality.duration_s == 1.0
    assert set(sandbox_layers(Limits()).values()) == {"left out"}


def test_a_decoder_is_another_user_where_the_site_is_root(taken_over):
    require(os.geteuid() == 0, "the tests do not run as root")
    pool = taken_over()
    assert attempt(pool, "tell_environment")
    status = Path(f"/proc/{pool.pids[0]}/status").read_text().splitlines()
    ids = dict(line.split(":", 1) for line in status)
    assert ids["Uid"] == ids["Gid"] == f"\t{FIRST_OWN_ID + pool.pids[0]}" * 4
    assert ids["Groups"].split() == []
    assert {int(ids[name], 16) for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}


def test_a_decoder_knows_no_secret(taken_over):
    names = attempt(taken_over(), "tell_environment")
    assert set(names) <= {*ENVIRONMENT, *SWITCHES, "LC_CTYPE", "TMPDIR"}


def test_a_decoder_has_its_pipes_and_nothing_else(taken_over, targets):
    with socket.socket() as private:
        os.set_inheritable(private.fileno(), True)
        pool = taken_over()
        pool.start()
        (pid,) = pool.pids
        assert attempt(pool, "tell_environment")
        opened = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
    assert [target for target in opened if "socket" in target] == []
    assert len(opened) == 5


def test_a_decoder_that_is_taken_over_and_ends_costs_only_that_upload(taken_over):
    pool = taken_over()
    with pytest.raises(AudioRejected) as ended:
        attempt(pool, "crash")
    assert ended.value.code == Rejection.DECODER_CRASHED
    assert pool.decode(SECOND).quality.duration_s == 1.0


def reached(pool, names, targets):
    """Those attempts that were not refused."""
    succeeded = []
    for name in names:
        with contextlib.suppress(Refused):
            succeeded.append((name, attempt(pool, name, targets.get(name))))
    return succeeded


def test_a_decoder_of_a_process_in_the_background_decodes(taken_over):
    """As the process that trains is; nobody but root may come forward from there."""
    pool = taken_over("import os; os.nice(19)")
    assert pool.decode(SECOND).quality.duration_s == 1.0
