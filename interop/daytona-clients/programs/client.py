"""Drives the official Python client through the areas of the API, and prints a line of JSON for each."""

import asyncio
import base64
import json
import queue
import sys
import urllib.request
import time
import traceback
from importlib.metadata import version

import daytona as clients
from daytona import (
    AsyncDaytona,
    CreateSandboxFromSnapshotParams,
    CreateSandboxFromImageParams,
    CreateSnapshotParams,
    Daytona,
    DaytonaConfig,
    DaytonaNotFoundError,
    FileUpload,
    Image,
    LspCompletionPosition,
    SessionExecuteRequest,
    VolumeMount,
)
from daytona.common.pty import PtySize

config = DaytonaConfig(api_key="any", api_url=sys.argv[1])
daytona = Daytona(config)
# An older server, and a client of its time.
is_old = sys.argv[2] == "0.190"


def say(**line):
    print(json.dumps(line), flush=True)


def equal(what, actual, expected):
    if actual != expected:
        raise AssertionError(f"{what}: expected {expected!r}, got {actual!r}")


def attempt(area, run, *args):
    try:
        run(*args)
        say(area=area)
    except Exception:
        say(area=area, problem=traceback.format_exc(limit=-4))


def when_ready(send, tries=100):
    """A command takes input once its shell has begun it."""
    while True:
        try:
            return send()
        except Exception:
            tries -= 1
            if tries == 0:
                raise
            time.sleep(0.05)


def delete(sandbox):
    if is_old:
        sandbox.delete()
    else:
        daytona.delete(sandbox, wait=True)


def create():
    sandbox = daytona.create(
        CreateSandboxFromSnapshotParams(name="python-made", labels={"client": "python"}, env_vars={"A": "b"})
    )
    equal("state", str(sandbox.state.value), "started")
    equal("by name", daytona.get("python-made").id, sandbox.id)
    equal("listed", [found.id for found in daytona.list() if found.name == "python-made"], [sandbox.id])
    equal("environment", sandbox.process.exec("echo $A").result, "b\n")
    sandbox.stop()
    sandbox.start()
    sandbox.set_labels({"client": "py"})
    sandbox.set_autostop_interval(20)
    sandbox.set_auto_archive_interval(60)
    sandbox.set_auto_delete_interval(120)
    if not is_old:
        sandbox.set_ttl(600)
    sandbox.refresh_data()
    equal("settings", [sandbox.auto_stop_interval, sandbox.auto_delete_interval], [20, 120])
    if not is_old:
        sandbox.update_env({"C": "d"})
        equal("changed environment", sandbox.process.exec("echo $C").result, "d\n")
    sandbox.refresh_activity()
    delete(sandbox)
    try:
        daytona.get("python-made")
    except DaytonaNotFoundError:
        return
    raise AssertionError("the deleted sandbox is still found")


def image():
    logs = []
    sandbox = daytona.create(
        CreateSandboxFromImageParams(image=Image.base("alpine:3.20").run_commands("true")),
        on_snapshot_create_logs=logs.append,
        timeout=60,
    )
    equal("result", sandbox.process.exec("echo built").result, "built\n")
    sandbox.delete()


def process(sandbox):
    done = sandbox.process.exec("echo out; exit 3", env={"X": "y"}, timeout=10)
    equal("execution", [done.result, done.exit_code], ["out\n", 3])
    equal("code", sandbox.process.code_run("print(1 + 1)").result.strip(), "2")


def session(sandbox):
    sandbox.process.create_session("s")
    done = sandbox.process.execute_session_command("s", SessionExecuteRequest(command="cd /; echo out; echo err >&2"))
    equal("exit code", done.exit_code, 0)
    equal("streams", [done.stdout, done.stderr], ["out\n", "err\n"])
    running = sandbox.process.execute_session_command("s", SessionExecuteRequest(command="read x; echo got $x", run_async=True))
    when_ready(lambda: sandbox.process.send_session_command_input("s", running.cmd_id, "it"))
    out, err = [], []
    asyncio.run(sandbox.process.get_session_command_logs_async("s", running.cmd_id, out.append, err.append))
    equal("followed log", "got it" in "".join(out), True)
    equal("command", sandbox.process.get_session_command("s", running.cmd_id).exit_code, 0)
    equal("sessions", [one.session_id for one in sandbox.process.list_sessions()], ["s"])
    sandbox.process.delete_session("s")


def create_terminal(sandbox):
    # The client gives up if nothing arrives within a tenth of a second of the handshake: queue.Empty is not the
    # TimeoutError that it expects.
    for tries in range(20):
        try:
            return sandbox.process.create_pty_session(f"t{tries}", pty_size=PtySize(rows=30, cols=100))
        except Exception as problem:
            # Older clients do not pass the cause on, which has no text.
            nameless = is_old and str(problem).rstrip().endswith("Failed to connect PTY session:")
            if not nameless and not isinstance(problem.__cause__, queue.Empty):
                raise
    raise AssertionError("no terminal answers within a tenth of a second")


def terminal(sandbox):
    handle = create_terminal(sandbox)
    equal("columns", handle.resize(PtySize(rows=40, cols=90)).cols, 90)
    seen = bytearray()
    # The older daemon loses what comes right before the end.
    handle.send_input(f"stty size; {'sleep 1; ' if is_old else ''}exit 7\n")
    result = handle.wait(on_data=seen.extend, timeout=30)
    equal("exit code", result.exit_code, 7)
    equal("size", b"40 90" in seen, True)


def interpreter(sandbox):
    printed = []
    done = sandbox.code_interpreter.run_code("x = 2\nprint(x)", on_stdout=lambda message: printed.append(message.output))
    equal("error", done.error, None)
    equal("output", "".join(printed), "2\n")
    context = sandbox.code_interpreter.create_context()
    failed = sandbox.code_interpreter.run_code("x", context=context)
    equal("error in another context", failed.error.name, "NameError")
    sandbox.code_interpreter.delete_context(context)


def files(sandbox):
    fs = sandbox.fs
    fs.create_folder("d", "755")
    fs.upload_file(b"needle\n", "d/a.txt")
    content = bytes(range(256)) * 8192
    fs.upload_files([FileUpload(source=content, destination="d/big"), FileUpload(source=b"", destination="d/none")])
    equal("content", fs.download_file("d/big"), content)
    equal("empty content", fs.download_file("d/none"), b"")
    equal("size", fs.get_file_info("d/big").size, len(content))
    equal("names", sorted(entry.name for entry in fs.list_files("d")), ["a.txt", "big", "none"])
    equal("found by name", len(fs.search_files("d", "*.txt").files), 1)
    equal("found by content", [match.line for match in fs.find_files("d", "needle")], [1])
    fs.replace_in_files(["d/a.txt"], "needle", "pin")
    fs.move_files("d/a.txt", "d/b.txt")
    fs.set_file_permissions("d/b.txt", mode="600", owner="daytona", group="daytona")
    equal("moved content", fs.download_file("d/b.txt"), b"pin\n")
    try:
        fs.upload_file(b"x" * 3_000_000, ".")
    except Exception as refused:
        equal("refusal", "400" in str(refused) or "directory" in str(refused), True)
    else:
        raise AssertionError("an upload to a directory succeeds")
    fs.delete_file("d", recursive=True)


def git(sandbox):
    repository = sandbox.git
    if is_old:
        sandbox.process.exec("git init --initial-branch=main r")
    else:
        repository.init("r", initial_branch="main")
    sandbox.fs.upload_file(b"one\n", "r/f")
    repository.add("r", ["f"])
    made = repository.commit("r", "First", "A", "a@example.test")
    equal("hash", len(made.sha), 40)
    repository.create_branch("r", "topic")
    repository.checkout_branch("r", "topic")
    equal("branch", repository.status("r").current_branch, "topic")
    equal("branches", sorted(repository.branches("r").branches), ["main", "topic"])
    home = sandbox.get_user_home_dir()
    repository.clone(f"{home}/r", "copy")
    repository.pull("copy")
    if is_old:
        return
    equal("remote", repository.remote_get("copy", "origin"), f"{home}/r")
    repository.set_config("user.name", "A", scope="local", path="copy")
    equal("setting", repository.get_config("user.name", scope="local", path="copy"), "A")


def language_server(sandbox):
    directory = f"{sandbox.get_work_dir()}/typescript"
    file = f"{directory}/answer.ts"
    sandbox.fs.create_folder(directory, "755")
    sandbox.fs.upload_file(b"export const answer = 42\n\n  answ", file)
    server = sandbox.create_lsp_server("typescript", directory)
    server.start()
    server.did_open(file)
    equal("symbols", [symbol.name for symbol in server.document_symbols(file)], ["answer"])
    found = server.completions(file, LspCompletionPosition(line=2, character=6))
    equal("a completion", len([item for item in found.items if item.label == "answer"]), 1)
    server.did_close(file)
    server.stop()


def desktop(sandbox):
    computer = sandbox.computer_use
    computer.start()
    equal("status", computer.get_status().status, "active")
    computer.mouse.move(30, 40)
    position = computer.mouse.get_position()
    equal("position", [position.x, position.y], [30, 40])
    computer.mouse.click(50, 60)
    computer.mouse.scroll(50, 60, "down", 2)
    computer.keyboard.type("text")
    computer.keyboard.hotkey("ctrl+s")
    equal("format", base64.b64decode(computer.screenshot.take_full_screen().screenshot)[1:4], b"PNG")
    equal("displays", len(computer.display.get_info().displays), 1)
    computer.display.get_windows()
    computer.stop()


def snapshot():
    made = daytona.snapshot.create(
        CreateSnapshotParams(name="python-snapshot", image="alpine:3.20", entrypoint=["sh", "-c", "echo up; sleep 60"])
    )
    equal("state", str(made.state.value), "active")
    equal("name", daytona.snapshot.get("python-snapshot").name, "python-snapshot")
    sandbox = daytona.create(CreateSandboxFromSnapshotParams(snapshot="python-snapshot"))
    equal("session of the entrypoint", sandbox.process.get_entrypoint_session().session_id, "entrypoint")
    sandbox.delete()
    daytona.snapshot.delete(made)


def volume():
    made = daytona.volume.create("python-volume")
    equal("by name", daytona.volume.get("python-volume").id, made.id)
    equal("listed", made.id in [one.id for one in daytona.volume.list()], True)
    sandbox = daytona.create(
        CreateSandboxFromSnapshotParams(volumes=[VolumeMount(volume_id=made.id, mount_path="/home/daytona/v")])
    )
    equal("mounted", [one.volume_id for one in sandbox.volumes], [made.id])
    delete(sandbox)
    daytona.volume.delete(made)


def secret():
    made = daytona.secret.create(clients.CreateSecretParams(name="PYTHON_SECRET", value="hidden"))
    equal("by id", daytona.secret.get(made.id).name, "PYTHON_SECRET")
    equal("listed", made.id in [one.id for one in daytona.secret.list().items], True)
    sandbox = daytona.create()
    sandbox.update_secrets({"KEY": "PYTHON_SECRET"})
    sandbox.delete()
    daytona.secret.delete(made.id)


def warm_pool():
    made = daytona.warm_pool.create("daytona-medium", 1)
    equal("size", daytona.warm_pool.update(made.id, 2).pool, 2)
    equal("listed", [one.pool for one in daytona.warm_pool.list()], [2])
    daytona.warm_pool.delete(made.id)


def virtual_machine():
    sandbox = daytona.create(CreateSandboxFromSnapshotParams(snapshot="daytona-vm"))
    sandbox.fs.upload_file(b"kept", "f")
    fork = sandbox._experimental_fork("python-fork") if is_old else sandbox.fork("python-fork")
    equal("file in the fork", fork.fs.download_file("f"), b"kept")
    fork.delete()
    sandbox.pause()
    sandbox.start()
    if is_old:
        sandbox._experimental_create_snapshot("python-of-sandbox")
    else:
        sandbox.create_snapshot("python-of-sandbox")
    equal("snapshot", daytona.snapshot.get("python-of-sandbox").name, "python-of-sandbox")
    sandbox.delete()


def archive(sandbox):
    sandbox.update_network_settings(network_block_all=True)
    sandbox.stop()
    sandbox.archive()
    sandbox.start()
    equal("state", str(sandbox.state.value), "started")


def preview(sandbox):
    link = sandbox.get_preview_link(3000)
    equal("token", len(link.token) > 0, True)
    signed = sandbox.create_signed_preview_url(3000)
    sandbox.expire_signed_preview_url(3000, signed.token)
    access = sandbox.create_ssh_access(5)
    sandbox.revoke_ssh_access(access.token)
    if is_old:
        return
    sandbox.fs.upload_file(b"signed", "signed")
    with urllib.request.urlopen(sandbox.download_url("signed", 60)) as response:
        equal("signed download", response.read(), b"signed")
    sandbox.rotate_signing_key()
    equal("metrics", isinstance(sandbox.get_metrics(), list), True)


async def asynchronous():
    async with AsyncDaytona(config) as client:
        sandbox = await client.create()
        done = await sandbox.process.exec("echo later")
        equal("result", done.result, "later\n")
        await sandbox.fs.upload_file(b"x", "f")
        equal("content", await sandbox.fs.download_file("f"), b"x")
        await sandbox.delete()


say(version=version("daytona"))
attempt("create", create)
attempt("image", image)
attempt("snapshot", snapshot)
attempt("volume", volume)
if not is_old:
    attempt("secret", secret)
    attempt("warm pool", warm_pool)
attempt("virtual machine", virtual_machine)
attempt("asynchronous", lambda: asyncio.run(asynchronous()))
try:
    shared = daytona.create()
except Exception:
    say(area="a shared sandbox", problem=traceback.format_exc(limit=-4))
    sys.exit(0)
for name, run in [
    ("process", process),
    ("session", session),
    ("terminal", terminal),
    ("interpreter", interpreter),
    ("files", files),
    ("git", git),
    ("language server", language_server),
    ("desktop", desktop),
    ("preview", preview),
    ("archive", archive),
]:
    attempt(name, run, shared)
shared.delete()
say(done=True)
