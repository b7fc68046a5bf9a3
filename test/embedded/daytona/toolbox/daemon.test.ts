import { existsSync, readFileSync } from "node:fs"
import { access, readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import { EmbeddedDaytona, emptyRuntime, Fault, localRuntime } from "../../../../src/embedded/daytona/index.js"
import { at, del, get, post, stateOf, textAt } from "../support.js"
import { directory } from "./machineSupport.js"
import { generations, inMemory, onPort, type Sandbox, sandbox, sandboxOnPort, toolboxOf } from "./sandbox.js"

const exists = (path: string) => Effect.isSuccess(Effect.tryPromise(() => access(path)))

/** A zombie counts as ended. */
const isAlive = (id: number) => {
  try {
    return process.kill(id, 0) && !(existsSync("/proc/self") && / Z /.test(readFileSync(`/proc/${id}/stat`, "utf8")))
  } catch {
    return false
  }
}

/** Waits until a check succeeds. */
const eventually = <E, R>(check: Effect.Effect<boolean, E, R>) =>
  Effect.repeat(check, { until: (yes) => yes, schedule: Schedule.spaced("10 millis") }).pipe(
    Effect.timeout("10 seconds")
  )

const gone = (ids: ReadonlyArray<number>) => eventually(Effect.sync(() => !ids.some(isAlive)))

const execute = (box: Sandbox, command: string) =>
  Effect.map(box.post("/process/execute", { command }), ({ json }) => textAt(json, "result"))

/** Starts a process that never ends, and returns its id. */
const sleeper = (box: Sandbox, prefix = "") =>
  Effect.map(execute(box, `${prefix} sleep 1000 > /dev/null 2>&1 & echo $!`), Number)

describe("the daemon in a sandbox", () => {
  for (const generation of generations) {
    it.live(`of generation ${generation} responds 404 in plain text to unknown routes`, () =>
      Effect.gen(function* () {
        const box = yield* sandbox()
        const answers = [yield* box.get("/nothing"), yield* box.post("/version"), yield* box.get("/process/execute/x")]
        for (const { headers, status, text } of answers) {
          expect([status, text, headers["content-type"]]).toEqual([404, "404 page not found", "text/plain"])
        }
      }).pipe(Effect.provide(inMemory({ generation })))
    )
  }

  it.live("has endpoints of the newer generation only", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      const answers = [yield* box.get("/system/metrics"), yield* box.post("/env", {})]
      expect(answers.map(({ text }) => text)).toEqual(["404 page not found", "404 page not found"])
    }).pipe(Effect.provide(inMemory({ generation: "0.190" })))
  )

  it.live("can be of another generation than the server", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      expect((yield* box.get("/version")).json).toEqual({ version: "v0.200.1" })
      expect((yield* box.get("/system/metrics")).status).toBe(404)
    }).pipe(Effect.provide(inMemory({ runtime: localRuntime({ generation: "0.190", version: "v0.200.1" }) })))
  )

  it.live("reports errors in one envelope", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      const { headers, json, status } = yield* box.post("/process/execute", { command: " " })
      expect([status, headers["content-type"]]).toEqual([400, "application/json; charset=utf-8"])
      expect(json).toEqual({
        statusCode: 400,
        message: "bad request: command cannot be empty or whitespace-only",
        code: "BAD_REQUEST",
        source: "DAYTONA_DAEMON",
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        path: "/process/execute",
        method: "POST"
      })
      const missing = yield* box.get("/files/info", { path: "nowhere" })
      expect([missing.status, at(missing.json, "code"), at(missing.json, "message")]).toEqual([
        404,
        "FILE_NOT_FOUND",
        expect.stringMatching(/^not found: /)
      ])
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("of the older generation omits the source, and often the whole body", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      const refused = yield* box.post("/process/execute", { command: " " })
      expect(Object.keys(Object(refused.json))).toEqual([
        "statusCode",
        "message",
        "code",
        "timestamp",
        "path",
        "method"
      ])
      const missing = yield* box.get("/files/info", { path: "nowhere" })
      expect([
        missing.status,
        missing.text,
        missing.headers["content-length"],
        missing.headers["content-type"]
      ]).toEqual([404, "", "0", undefined])
    }).pipe(Effect.provide(inMemory({ generation: "0.190" })))
  )

  it.live("refuses requests of web pages", () =>
    Effect.gen(function* () {
      const box = yield* sandboxOnPort
      const status = (headers: Readonly<Record<string, string>>) =>
        Effect.map(box.get("/version", {}, headers), (answer) => answer.status)
      expect(yield* status({})).toBe(200)
      expect(yield* status({ origin: "http://localhost:5173" })).toBe(200)
      expect(yield* status({ origin: "https://evil.example" })).toBe(403)
      expect(yield* status({ origin: "null" })).toBe(403)
      expect(yield* status({ origin: "http://localhost.evil.example" })).toBe(403)
      expect(yield* status({ host: "evil.example" })).toBe(403)
      expect(yield* status({ host: "box.localhost:1234" })).toBe(200)
    }).pipe(Effect.provide(onPort()))
  )

  it.live("has faults by the template or the path of an endpoint", () =>
    Effect.gen(function* () {
      const { faults } = yield* EmbeddedDaytona
      const [box, other] = [yield* sandbox(), yield* sandbox()]
      yield* faults.inject({ path: "/port/{port}/in-use", fault: Fault.status(418) })
      yield* faults.inject({ path: "/user-home-dir", method: "GET", fault: Fault.status(419) })
      yield* faults.inject({ path: `/proxy/toolbox/${other.id}/version`, fault: Fault.status(420) })
      expect((yield* box.get("/port/3000/in-use")).status).toBe(418)
      expect((yield* box.get("/port/3000/in-use")).status).toBe(200)
      expect((yield* box.get("/user-home-dir")).status).toBe(419)
      expect((yield* box.get("/version")).status).toBe(200)
      expect((yield* other.get("/version")).status).toBe(420)
      expect(yield* faults.pending).toEqual([])
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("receives small JSON bodies, which are recorded, and others, which are not", () =>
    Effect.gen(function* () {
      const server = yield* EmbeddedDaytona
      const box = yield* sandbox()
      yield* server.clearRequests
      expect(yield* execute(box, "echo seen")).toBe("seen\n")
      const long = `true ${"x".repeat(70_000)}; echo long`
      expect(yield* execute(box, long)).toBe("long\n")
      const bodies = (yield* server.requests).map(({ body }) => body)
      expect(bodies).toEqual([JSON.stringify({ command: "echo seen" }), ""])
    }).pipe(Effect.provide(inMemory()))
  )
})

describe("a sandbox on this computer", () => {
  it.scopedLive("is created by its first request, and leaves nothing behind", () =>
    Effect.gen(function* () {
      const parent = yield* directory
      const inside = Effect.promise(() => readdir(parent))
      const scope = yield* Scope.make()
      const layer = inMemory({ runtime: localRuntime({ directory: parent }) })
      const context = yield* Scope.extend(Layer.build(layer), scope)
      yield* Effect.gen(function* () {
        const [used, unused] = [yield* sandbox(), yield* sandbox()]
        expect(yield* inside).toEqual([])
        yield* used.get("/version")
        const [name, ...lock] = yield* inside
        expect(lock).toEqual([`${name}.lock`])
        yield* del(`/sandbox/${used.id}`)
        yield* eventually(Effect.map(inside, (names) => names.length === 0))
        yield* unused.get("/version")
      }).pipe(Effect.provide(context))
      expect((yield* inside).length).toBe(2)
      yield* Scope.close(scope, Exit.void)
      expect(yield* inside).toEqual([])
    })
  )

  it.live("keeps its files and loses its processes when it is stopped", () =>
    Effect.gen(function* () {
      const box = yield* sandbox({ name: "box" })
      const ids = [yield* sleeper(box), yield* sleeper(box, "setsid")]
      yield* execute(box, "echo kept > file")
      expect(ids.map(isAlive)).toEqual([true, true])
      yield* post("/sandbox/box/stop")
      yield* gone(ids)
      yield* eventually(Effect.map(get("/sandbox/box"), (answer) => stateOf(answer) === "stopped"))
      yield* post("/sandbox/box/start")
      expect(yield* execute(box, "cat file")).toBe("kept\n")
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("kills even processes that ignore SIGTERM", () =>
    Effect.gen(function* () {
      const box = yield* sandbox({ name: "box" })
      const id = yield* sleeper(box, "trap '' TERM HUP;")
      yield* del("/sandbox/box")
      yield* gone([id])
    }).pipe(Effect.provide(inMemory()))
  )

  it.scopedLive("leaves nothing behind when the server closes while it is being deleted", () =>
    Effect.gen(function* () {
      const parent = yield* directory
      const scope = yield* Scope.make()
      const layer = inMemory({ runtime: localRuntime({ directory: parent }) })
      const context = yield* Scope.extend(Layer.build(layer), scope)
      const id = yield* Effect.gen(function* () {
        const box = yield* sandbox({ name: "box" })
        const asked = join(textAt((yield* box.get("/user-home-dir")).json, "dir"), "asked")
        // Killing it takes a while.
        const stubborn = "(trap 'touch asked' TERM HUP; while :; do sleep 0.01; done) > /dev/null 2>&1 & echo $!"
        const stubbornId = Number(yield* execute(box, stubborn))
        yield* del("/sandbox/box")
        yield* eventually(exists(asked))
        return stubbornId
      }).pipe(Effect.provide(context))
      yield* Scope.close(scope, Exit.void)
      yield* gone([id])
      expect(yield* Effect.promise(() => readdir(parent))).toEqual([])
    })
  )

  it.scopedLive("ends with the server, even during a request", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Scope.extend(Layer.build(inMemory()), scope)
      const { home, id } = yield* Effect.gen(function* () {
        const box = yield* sandbox()
        const home = textAt((yield* box.get("/user-home-dir")).json, "dir")
        yield* Effect.forkScoped(Effect.exit(execute(box, "echo $$ > id; exec sleep 1000")))
        yield* eventually(exists(join(home, "id")))
        const written = Effect.promise(() => readFile(join(home, "id"), "utf8"))
        yield* eventually(Effect.map(written, (text) => text !== ""))
        return { home, id: Number(yield* written) }
      }).pipe(Effect.provide(context))
      expect(isAlive(id)).toBe(true)
      yield* Scope.close(scope, Exit.void)
      yield* gone([id])
      expect(yield* exists(home)).toBe(false)
    })
  )

  it.live("starts with a copy of the files when it is forked", () =>
    Effect.gen(function* () {
      const box = yield* sandbox({ name: "parent", snapshot: "daytona-vm" })
      yield* execute(box, "mkdir d && echo one > d/file && ln -s d/file link && mkfifo pipe")
      const forked = yield* post("/sandbox/parent/fork", { name: "child" })
      yield* eventually(Effect.map(get("/sandbox/child"), (answer) => stateOf(answer) === "started"))
      const copy = toolboxOf(textAt(forked.json, "id"))
      expect(yield* execute(copy, "cat link; ls")).toBe("one\nd\nlink\n")
      yield* execute(copy, "echo two > d/file")
      expect(yield* execute(box, "cat d/file")).toBe("one\n")
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("has its own environment, and of its host's only the path and the like", () =>
    Effect.gen(function* () {
      const box = yield* sandbox({ env: { MINE: "1", LANG: "C" } })
      const lines = (yield* execute(box, "env")).trim().split("\n")
      const names = lines.map((line) => line.split("=")[0] ?? "").filter((name) => !/^(LC_.*|TZ|LANGUAGE)$/.test(name))
      expect(new Set(names)).toEqual(
        new Set(["PATH", "HOME", "USER", "SHELL", "TMPDIR", "PWD", "DAYTONA_SANDBOX_ID", "MINE", "LANG", "SHLVL", "_"])
      )
      expect(lines).toContain(`DAYTONA_SANDBOX_ID=${box.id}`)
      expect(lines).toContain("LANG=C")
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("responds 502 when its directory cannot be created", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      const { status, text } = yield* box.get("/version")
      expect([status, text]).toEqual([502, ""])
    }).pipe(Effect.provide(inMemory({ runtime: localRuntime({ directory: "/dev/null/nowhere" }) })))
  )

  it.live("does not exist with the empty runtime", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      expect((yield* box.get("/version")).status).toBe(501)
    }).pipe(Effect.provide(inMemory({ runtime: emptyRuntime })))
  )
})
