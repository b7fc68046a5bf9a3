/**
 * The life of a sandbox, from its image to its deletion, and the services inside it. Without `DAYTONA_API_KEY`, it
 * starts an embedded Daytona, whose sandboxes are local directories with real processes, and connects to it over HTTP.
 * With it, it connects to the cloud, and deletes what it created.
 *
 *     npm run quickstart:daytona
 *     DAYTONA_API_KEY=… npm run quickstart:daytona
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import {
  CodeInterpreter,
  Daytona,
  Files,
  Image,
  Ports,
  Process,
  Pty,
  Sandbox,
  Sandboxes,
  SnapshotName,
  Snapshots
} from "effect-sandboxes/daytona"
import { EmbeddedDaytona } from "effect-sandboxes/embedded/daytona"
import { NodeTransport } from "effect-sandboxes/node"

const heading = (text: string) => Console.log(`\n── ${text}`)

const indented = (text: string) => Console.log(text.trimEnd().replace(/^/gm, "  "))

const image = Image.debianSlim("3.12").pipe(
  Image.aptGet(["git"]),
  Image.pipInstall(["numpy>=1.26", "pandas"]),
  Image.env({ GREETING: "it's a $mall world" }),
  Image.workdir("/home/daytona")
)

// Programs inside a sandbox do not know which sandbox they run in.
const commands = Effect.gen(function* () {
  const process = yield* Process
  yield* heading("A command: stdout and stderr are separate, and any exit code is a value")
  const { exitCode, stderr, stdout } = yield* process.execute("echo to stdout; echo to stderr >&2; exit 3")
  yield* Console.log(`  exit code ${exitCode}, stdout ${JSON.stringify(stdout)}, stderr ${JSON.stringify(stderr)}`)

  yield* heading("Streamed output, and words that are passed literally")
  yield* process
    .stream(["sh", "-c", 'for word in "$@"; do echo "$word"; done', "sh", "it's", "a $mall", "world"])
    .pipe(
      Stream.runForEach((event) =>
        event._tag === "Exit"
          ? Console.log(`  exit code ${event.exitCode}`)
          : indented(new TextDecoder().decode(event.bytes))
      )
    )

  yield* heading("A timeout that kills a slow command")
  const late = yield* Effect.flip(process.execute("echo begun; sleep 600", { timeout: "1 second" }))
  yield* Console.log(`  ${late._tag}: ${late.message}`)
})

const editing = Effect.gen(function* () {
  const files = yield* Files
  yield* heading("Files")
  yield* files.writeText("app/server.py", server)
  yield* files.replace({ files: ["app/server.py"], pattern: "Hello", replacement: "Hello from a sandbox" })
  const found = yield* files.find("app", "sandbox")
  yield* Console.log(`  ${found.map(({ content, file, line }) => `${file}:${line}: ${content.trim()}`).join("\n  ")}`)
  const { permissions, size } = yield* files.info("app/server.py")
  yield* Console.log(`  ${size} bytes, ${permissions}`)
})

const server = `import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"Hello\\n")
    def log_message(self, *args): pass
httpd = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print("listening on", httpd.server_port, flush=True)
httpd.serve_forever()
`

const serving = Effect.gen(function* () {
  const process = yield* Process
  const ports = yield* Ports
  yield* heading("A server in the background, awaited, and killed when its scope closes")
  const running = yield* process.start("python3 app/server.py")
  const line = yield* running.awaitLog(/listening on/)
  const port = Number(line.split(" ").at(-1))
  yield* Console.log(`  ${line.replace(/\d+/, "a port")}; it responds with ${yield* ports.awaitHttp(port)}`)
}).pipe(Effect.scoped)

const terminal = Effect.gen(function* () {
  const pty = yield* Pty
  yield* heading("A terminal")
  const shell = yield* pty.scoped({ size: { columns: 80, rows: 24 }, env: { PS1: "> " } })
  yield* shell.send("stty size; test -t 0 && echo this is a terminal; exit 4\n")
  const screen = yield* Stream.mkString(shell.outputText)
  // Terminals also print colors, prompts and the input.
  const said = screen.split(/\r?\n/).flatMap((line) => /(\d+ \d+|this is a terminal)$/.exec(line)?.[0] ?? [])
  yield* indented(said.join("\n"))
  yield* Console.log(`  exit code ${(yield* shell.exit).exitCode}`)
}).pipe(Effect.scoped)

const python = Effect.gen(function* () {
  const interpreter = yield* CodeInterpreter
  yield* heading("Python with state")
  yield* interpreter.run("numbers = [n * n for n in range(5)]")
  yield* indented((yield* interpreter.run("print(sum(numbers))")).stdout)
  const { error } = yield* interpreter.run("1 / 0")
  yield* Console.log(`  ${error?.name}: ${error?.value}`)
})

const program = Effect.gen(function* () {
  const sandboxes = yield* Sandboxes
  const snapshots = yield* Snapshots

  yield* heading("An image, defined in TypeScript")
  yield* Console.log((yield* Image.dockerfile(image)).trimEnd())

  yield* heading("A snapshot of it, and its build log")
  const name = SnapshotName.make(`quickstart-${yield* Effect.sync(() => globalThis.crypto.randomUUID())}`)
  yield* Effect.addFinalizer(() => Effect.ignore(snapshots.delete(name)))
  yield* snapshots
    .createWithLogs({ name, image })
    .pipe(
      Stream.runForEach((event) =>
        event._tag === "Log"
          ? Console.log(`  ${event.line}`)
          : event._tag === "LogUnavailable"
            ? Console.log(`  (no log: ${event.error.message})`)
            : Console.log(`${event.snapshot.name} is ${event.snapshot.state}`)
      )
    )

  yield* heading("A sandbox that lives as long as its scope")
  const sandbox = yield* sandboxes.scoped({ snapshot: name, autoStop: "10 minutes", labels: { made: "by quickstart" } })
  const { id } = sandbox
  yield* Console.log(`${id} is ${sandbox.state}: ${sandbox.cpu} CPU, ${sandbox.memory} GiB, ${sandbox.disk} GiB disk`)

  yield* heading("What is around it")
  const preview = yield* sandboxes.previewLink(id, 8000)
  yield* Console.log(`port 8000: ${preview.url}`)
  // A token is never printed.
  yield* Console.log(`its token: ${preview.token}`)
  yield* sandboxes.setAutoDelete(id, "30 minutes")

  // The services are fields of the sandbox; the layer provides them to a program.
  yield* Console.log(`its home: ${yield* sandbox.workspace.homeDirectory}`)
  yield* Effect.all([commands, editing, serving, terminal, python], { discard: true }).pipe(
    Effect.provide(Sandbox.connect(id))
  )

  yield* heading("Stop and start: files are kept")
  yield* Console.log(`${(yield* sandboxes.stop(id)).state}`)
  yield* Console.log(`${(yield* sandboxes.start(id)).state}`)
  yield* Console.log(`app/server.py is still there: ${yield* sandbox.files.exists("app/server.py")}`)

  yield* heading("Deleted when the scope closes")
}).pipe(Effect.scoped, Effect.zipRight(Console.log("deleted")))

const embedded = Layer.unwrapScoped(
  Effect.gen(function* () {
    const { url } = yield* EmbeddedDaytona
    const address = Option.getOrElse(url, () => "http://127.0.0.1")
    yield* Console.log(`An embedded Daytona listens on ${address}; its sandboxes are local directories.`)
    return Daytona.layer({ apiUrl: `${address}/api`, apiKey: Redacted.make("any-key-will-do") })
  })
).pipe(Layer.provide(EmbeddedDaytona.layerServer({ durations: "100 millis" })))

Effect.gen(function* () {
  const key = yield* Config.option(Config.nonEmptyString("DAYTONA_API_KEY"))
  if (Option.isSome(key)) yield* Effect.provide(program, Daytona.layerConfig())
  else yield* Effect.provide(program, embedded)
}).pipe(Effect.provide([NodeTransport.layer, NodeContext.layer]), NodeRuntime.runMain)
