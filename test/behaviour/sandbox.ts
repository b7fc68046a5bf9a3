/**
 * What must work inside every sandbox, tested through our services: against embedded sandboxes in every test run, and
 * against the real service with `npm run test:e2e`. All tests share one sandbox, which is deleted at the end.
 */
import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import {
  CodeInterpreter,
  type Daytona,
  Files,
  Git,
  Ports,
  Process,
  ProcessSessions,
  Pty,
  Sandbox
} from "effect-sandboxes/daytona"
import { describeWithLayer } from "../support/sharedLayer.js"

const minutes = 5 * 60_000

const bytes = (size: number) => Uint8Array.from({ length: size }, (_, index) => (index * 7 + (index >> 8)) % 256)

/** Serves the Git repositories in the current directory over HTTP, and lets everyone push. */
const serveGit = `
import http.server, os, subprocess

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path, _, query = self.path.partition("?")
        about = {
            "GIT_PROJECT_ROOT": os.getcwd(),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REMOTE_USER": "anyone",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        env = {**os.environ, **about}
        backend = subprocess.run(["git", "http-backend"], input=body, stdout=subprocess.PIPE, env=env)
        head, _, content = backend.stdout.partition(b"\\r\\n\\r\\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\\r\\n"))
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print("port", server.server_port)
server.serve_forever()
`

export const sandboxBehaviour = <E>(name: string, services: Layer.Layer<Daytona.Daytona, E>) => {
  const sandbox = Layer.provide(
    Sandbox.layer(
      { labels: { "effect-sandboxes-test": "behaviour" }, autoStop: "10 minutes" },
      { timeout: "3 minutes" }
    ),
    services
  )
  describeWithLayer(
    name,
    sandbox,
    "4 minutes"
  )((it) => {
    it.effect(
      "runs commands, with separate outputs and an exit code",
      () =>
        Effect.gen(function* () {
          const process = yield* Process
          const script = 'echo "out $WORD"; echo err >&2; exit 3'
          const result = yield* process.execute(script, { env: { WORD: "it's $HOME" } })
          expect(result).toEqual({ exitCode: 3, stdout: "out it's $HOME\n", stderr: "err\n", truncated: false })
          const words = ["printf", "%s|", "a b", "*", "$(id)"]
          expect((yield* process.executeOrFail(words)).stdout.trimEnd()).toBe("a b|*|$(id)|")
          expect((yield* process.executeMerged("echo merged")).output.trimEnd()).toBe("merged")
          const late = yield* Effect.flip(process.execute("echo begun; sleep 300", { timeout: "2 seconds" }))
          expect(late).toMatchObject({ _tag: "CommandTimeout", stdout: "begun\n" })
        }),
      minutes
    )

    it.effect(
      "runs a command with a key once, and refuses another command",
      () =>
        Effect.gen(function* () {
          const process = yield* Process
          const key = globalThis.crypto.randomUUID()
          const ask = process.execute("echo run >> keyed-runs; cat keyed-runs; exit 3", { key })
          for (const result of yield* Effect.all([ask, ask, ask], { concurrency: "unbounded" })) {
            expect(result).toMatchObject({ exitCode: 3, stdout: "run\n" })
          }
          expect((yield* Effect.flip(process.execute("true", { key })))._tag).toBe("CommandKeyConflict")
          yield* process.forget(key)
        }),
      minutes
    )

    it.effect(
      "streams output, kills a command with its fiber, and leaves no session behind",
      () =>
        Effect.gen(function* () {
          const process = yield* Process
          const files = yield* Files
          const sessions = yield* ProcessSessions
          const events = yield* Stream.runCollect(process.stream("for i in 1 2 3; do echo $i; done"))
          const text = [...events].flatMap((event) =>
            event._tag === "Stdout" ? [new TextDecoder().decode(event.bytes)] : []
          )
          expect(text.join("")).toBe("1\n2\n3\n")
          expect([...events].at(-1)).toEqual({ _tag: "Exit", exitCode: 0 })

          const fiber = yield* Effect.fork(process.execute("touch begun; sleep 2; touch never"))
          yield* Effect.repeat(files.exists("begun"), { until: Boolean, schedule: Schedule.spaced("100 millis") })
          yield* Fiber.interrupt(fiber)
          expect(yield* sessions.list).toEqual([])
          expect(yield* files.exists("never")).toBe(false)
        }),
      minutes
    )

    it.effect(
      "keeps a shell, sends input, and reports when the shell has exited",
      () =>
        Effect.gen(function* () {
          const sessions = yield* ProcessSessions
          const session = yield* sessions.scoped()
          yield* sessions.run(session, "cd / && GREETING=hello")
          expect((yield* sessions.run(session, 'echo "$GREETING from $PWD"')).stdout).toBe("hello from /\n")
          const reader = yield* sessions.start(session, "read -r line; echo got $line", { suppressInputEcho: true })
          yield* Effect.retry(sessions.sendInput(session, reader, "something"), {
            times: 50,
            schedule: Schedule.spaced("100 millis")
          })
          expect(yield* sessions.awaitExit(session, reader)).toBe(0)
          expect((yield* sessions.logs(session, reader)).stdout).toBe("got something\n")
          expect((yield* Effect.flip(sessions.run(session, "exit 3")))._tag).toBe("ShellExited")
        }).pipe(Effect.scoped),
      minutes
    )

    it.effect(
      "transfers files with any content both ways, completely or in part",
      () =>
        Effect.gen(function* () {
          const files = yield* Files
          const content = bytes(3_000_001)
          yield* files.upload(
            "data/it's 100% binary.bin",
            Stream.fromIterable([content.subarray(0, 7), content.subarray(7)])
          )
          expect((yield* files.readBytes("data/it's 100% binary.bin")).length).toBe(content.length)
          const part = yield* files.readBytes("data/it's 100% binary.bin", { range: { offset: 1_000_000, length: 5 } })
          expect([...part]).toEqual([...content.subarray(1_000_000, 1_000_005)])
          yield* files.writeText("data/words.txt", "grüße\n")
          yield* files.replace({ files: ["data/words.txt"], pattern: "grüße", replacement: "greetings" })
          expect(yield* files.readText("data/words.txt")).toBe("greetings\n")
          expect((yield* files.list("data")).map((file) => file.name).sort()).toEqual([
            "it's 100% binary.bin",
            "words.txt"
          ])
          expect((yield* Effect.flip(files.info("data/nothing")))._tag).toBe("NotFound")
          yield* files.delete("data", { recursive: true })
          expect(yield* files.exists("data")).toBe(false)
        }),
      minutes
    )

    it.effect(
      "opens a terminal, and reports the exit code of its shell",
      () =>
        Effect.gen(function* () {
          const pty = yield* Pty
          const terminal = yield* pty.scoped({ size: { columns: 97, rows: 31 } })
          yield* terminal.send("stty size; test -t 1 && echo terminal; sleep 0.3; exit 5\n")
          const screen = yield* Stream.mkString(terminal.outputText)
          expect(screen).toContain("31 97")
          expect(screen).toMatch(/^terminal/m)
          expect((yield* terminal.exit).exitCode).toBe(5)
          expect((yield* Effect.flip(pty.get(terminal.id)))._tag).toBe("NotFound")
        }).pipe(Effect.scoped),
      minutes
    )

    it.effect(
      "keeps the state of Python, and returns an exception as a value",
      (context) =>
        Effect.gen(function* () {
          const process = yield* Process
          const python = yield* process.execute("command -v python3")
          context.skip(python.exitCode !== 0, "python3 is not installed")
          const interpreter = yield* CodeInterpreter
          const { id } = yield* interpreter.scopedContext()
          yield* interpreter.run("x = 6 * 7", { context: id })
          expect((yield* interpreter.run("print(x)", { context: id })).stdout).toBe("42\n")
          const failed = yield* interpreter.run("1 / 0", { context: id })
          expect(failed.error?.name).toBe("ZeroDivisionError")
          const late = yield* Effect.flip(
            interpreter.run("import time\ntime.sleep(60)", { context: id, timeout: "1 second" })
          )
          expect(late._tag).toBe("InterpreterTimeout")
        }).pipe(Effect.scoped),
      minutes
    )

    it.effect(
      "clones, commits and pushes to a local remote",
      (context) =>
        Effect.gen(function* () {
          const process = yield* Process
          const files = yield* Files
          const git = yield* Git
          const python = yield* process.execute("command -v python3")
          context.skip(python.exitCode !== 0, "python3 is not installed")
          const seed = [
            "git init -q --bare origin.git && git --git-dir origin.git symbolic-ref HEAD refs/heads/main",
            "git clone -q origin.git seed 2>/dev/null && cd seed && git checkout -q -b main",
            "git -c user.name=n -c user.email=e@x commit -q --allow-empty -m first && git push -q origin main"
          ]
          yield* process.executeOrFail(seed.join("\n"))
          // A daemon that is process 1 loses the exit codes of the programs that a remote at `file://` needs.
          yield* files.writeText("serveGit.py", serveGit)
          const server = yield* process.start("python3 -u serveGit.py")
          const port = (yield* server.awaitLog(/^port \d+$/)).slice("port ".length)
          yield* git.clone({ url: `http://127.0.0.1:${port}/origin.git`, path: "work" })
          yield* files.writeText("work/new.txt", "new")
          expect((yield* git.status("work")).fileStatus.map((file) => file.name)).toEqual(["new.txt"])
          yield* git.add("work")
          const hash = yield* git.commit("work", { message: "second", author: { name: "A", email: "a@x" } })
          yield* git.push("work")
          expect((yield* git.history("work")).map((commit) => commit.hash)[0]).toBe(hash)
          const pushed = yield* process.executeOrFail("git --git-dir origin.git rev-parse main")
          expect(pushed.stdout.trim()).toBe(hash)
          expect((yield* Effect.flip(git.status("data")))._tag).toBe("GitNotFound")
        }).pipe(Effect.scoped),
      minutes
    )

    it.effect(
      "awaits a server and its output",
      (context) =>
        Effect.gen(function* () {
          const process = yield* Process
          const ports = yield* Ports
          const python = yield* process.execute("command -v python3")
          context.skip(python.exitCode !== 0, "python3 is not installed")
          const server = yield* process.start("python3 -u -m http.server 0 --bind 127.0.0.1")
          const line = yield* server.awaitLog(/port \d+/)
          const port = Number(/port (\d+)/.exec(line)?.[1])
          expect(yield* ports.awaitHttp(port)).toBe(200)
          yield* server.kill
          const ended = yield* Effect.option(Effect.timeout(server.exitCode, "20 seconds"))
          expect(Option.isNone(ended)).toBe(true)
        }).pipe(Effect.scoped),
      minutes
    )
  })
}
