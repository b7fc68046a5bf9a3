/**
 * The Python program that holds the state of a context. It reads a line of JSON for each run, `{"code", "envs"}`, and
 * prints lines of JSON, `{"type", …}`. The last one of a run has type `control`.
 *
 * Both use its stdin and stdout, as in the real daemon, with the same consequences: output of subprocesses is mixed
 * into the messages, and `input()` reads the next run.
 */
export const workerSource = `
import json, os, signal, sys, traceback, types

protocol = sys.stdout

def emit(**message):
    protocol.write(json.dumps(message) + "\\n")
    protocol.flush()

class Output:
    encoding = "utf-8"
    errors = "replace"

    def __init__(self, kind):
        self.kind = kind
        self.held = ""

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError("write() argument must be str, not " + type(text).__name__)
        self.held += text
        if "\\n" in text or len(self.held) >= 1024:
            self.flush()
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def flush(self):
        text, self.held = self.held, ""
        if text:
            emit(type=self.kind, text=text)

    def isatty(self):
        return False

    def writable(self):
        return True

    def readable(self):
        return False

    def fileno(self):
        return protocol.fileno()

def is_ours(frame):
    return frame.f_globals is globals()

# The lines of the user's code, without the names of functions. A syntax error has none.
def describe(error):
    name, value = type(error).__name__, str(error)
    frames = traceback.walk_tb(error.__traceback__)
    places = [line for frame, line in frames if frame.f_code.co_filename == "<string>" and not is_ours(frame)]
    lines = ["Traceback (most recent call last):\\n"] if places else []
    lines += ['  File "<stdin>", line ' + str(line) + "\\n" for line in places]
    lines.append(name + ": " + value + "\\n")
    emit(type="error", name=name, value=value, traceback="".join(lines))

def run(code, scope):
    try:
        exec(compile(code, "<string>", "exec"), scope)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        describe(error)

def perform(request, scope):
    envs = request.get("envs") or {}
    before = {name: os.environ.get(name) for name in envs}
    os.environ.update(envs)
    outcome = "completed"
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        run(request["code"], scope)
    except KeyboardInterrupt:
        outcome = "interrupted"
    except SystemExit:
        pass
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        sys.stdout.flush()
        sys.stderr.flush()
    emit(type="control", text=outcome)

signal.signal(signal.SIGINT, signal.SIG_IGN)
main = types.ModuleType("__main__")
main.__dict__["__builtins__"] = __builtins__
sys.modules["__main__"] = main
sys.stdout, sys.stderr = Output("stdout"), Output("stderr")
while True:
    line = sys.stdin.readline()
    if not line:
        break
    try:
        request = json.loads(line)
    except ValueError:
        continue
    perform(request, main.__dict__)
`
