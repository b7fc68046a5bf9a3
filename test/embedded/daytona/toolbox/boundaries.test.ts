/** What a sandbox must not reach, hold up or leave behind. */
import { readdirSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import * as Http from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { localRuntime } from "../../../../src/embedded/daytona/index.js"
import { eventually } from "../../../support/sockets.js"
import { base, del, get, post, put, send, server, textAt, verdict } from "../support.js"
import { git, write } from "./git/support.js"
import { sandbox } from "./sandbox.js"

const temporary = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "boundaries-"))),
  (directory) => Effect.promise(() => rm(directory, { recursive: true, force: true }))
)

/** A server on this computer, and the requests that it receives. */
const listening = Effect.gen(function* () {
  const seen: Array<Http.IncomingMessage> = []
  const node = yield* Effect.acquireRelease(
    Effect.async<Http.Server>((resume) => {
      const made = Http.createServer((request, response) => {
        seen.push(request)
        response.end()
      })
      made.listen(0, "localhost", () => resume(Effect.succeed(made)))
    }),
    (made) => Effect.sync(() => made.close())
  )
  const address = node.address()
  return { seen, port: typeof address === "object" && address !== null ? address.port : 0 }
})

/** Every member of a body that a handler reads, or a member that none does. */
const members = ["command", "envs", "sessionId", "url", "files", "id", "position", "code", "pathToProject", "other"]

describe("a deeply nested body", () => {
  const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`

  it.scopedLive("is answered by the daemon as one of the wrong types is, whichever member it is in", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      const paths = [
        "/process/execute",
        "/process/code-run",
        "/process/session",
        "/process/pty",
        "/process/interpreter/context",
        "/git/clone",
        "/git/add",
        "/files/find",
        "/files/replace",
        "/lsp/start",
        "/lsp/completions",
        "/computeruse/mouse/move"
      ]
      for (const path of paths) {
        const statuses = (depth: number) =>
          Effect.forEach(members, (member) =>
            Effect.map(
              box.post(path, `{"member\\"":"[","${member}":${nested(depth)}}`),
              ({ status, text }) => [member, status, text === ""] as const
            )
          )
        const [shallow, deep] = yield* Effect.all([statuses(1), statuses(9_000)])
        expect([path, deep]).toEqual([path, shallow])
        for (const [, status] of yield* statuses(11_000)) expect([400, 404, 503]).toContain(status)
      }
    }).pipe(Effect.provide(server()))
  )

  it.effect("is refused by the API, which changes nothing", () =>
    Effect.gen(function* () {
      const id = textAt((yield* post("/sandbox", {})).json, "id")
      const labels = (depth: number) => put(`/sandbox/${id}/labels`, `{"labels":{"deep":${nested(depth)}}}`)
      expect(yield* labels(1000)).toMatchObject({ status: 200 })
      for (const depth of [3000, 9000, 45_000]) {
        expect(verdict(yield* labels(depth))).toEqual([500, "An unexpected error occurred."])
        expect(yield* post("/sandbox", `{"env":{"deep":${nested(depth)}}}`)).toMatchObject({ status: 500 })
      }
      expect(yield* get(`/sandbox/${id}`)).toMatchObject({ status: 200 })
    }).pipe(Effect.provide(server()))
  )
})

describe("the credentials of a request", () => {
  it.scopedLive("are not forwarded to a program in the sandbox, unlike everything else", () =>
    Effect.gen(function* () {
      const { port, seen } = yield* listening
      const key = { authorization: "Bearer good" }
      const id = textAt((yield* post("/sandbox", {}, key)).json, "id")
      const token = textAt((yield* get(`/sandbox/${id}/ports/1/preview-url`, key)).json, "token")
      const ask = (query: string, headers: Readonly<Record<string, string>>) =>
        Effect.map(
          send(HttpClientRequest.get(`${base}/proxy/toolbox/${id}/proxy/${port}/a%2Fb?c=%20d&e${query}`, { headers })),
          ({ status }) => status
        )
      const foreign = { authorization: "Bearer of-the-program", cookie: "a=b" }
      expect(yield* ask("", key)).toBe(200)
      expect(yield* ask("", { ...foreign, "x-daytona-preview-token": token })).toBe(200)
      expect(yield* ask(`&DAYTONA_SANDBOX_AUTH_KEY=${token}`, foreign)).toBe(200)
      expect(seen.map(({ url }) => url)).toEqual(["/a%2Fb?c=%20d&e", "/a%2Fb?c=%20d&e", "/a%2Fb?c=%20d&e"])
      expect(seen.map(({ headers }) => [headers.authorization, headers.cookie])).toEqual([
        [undefined, undefined],
        [foreign.authorization, "a=b"],
        [foreign.authorization, "a=b"]
      ])
      expect(seen[1]?.headers).not.toHaveProperty("x-daytona-preview-token")
    }).pipe(Effect.provide(server({ auth: { apiKeys: ["good"] } })))
  )
})

describe("a pipe in the sandbox", () => {
  it.live("blocks nothing without a reader or a writer", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      yield* box.post("/process/execute", { command: "mkfifo pipe && echo hello > a.txt" })
      // As many as there are threads for files, and one more.
      const found = yield* Effect.all(
        Array.from({ length: 5 }, () => box.get("/files/find", { path: ".", pattern: "hello" })),
        { concurrency: "unbounded" }
      )
      expect(found.map(({ json }) => json)).toEqual(
        Array.from(found, () => [{ file: "a.txt", line: 1, content: "hello" }])
      )
      const replaced = yield* box.post("/files/replace", { files: ["pipe"], pattern: "a", newValue: "b" })
      expect(replaced.json).toEqual([{ file: "pipe", success: false, error: "open pipe: not a regular file" }])
      expect((yield* box.request("POST", "/files/upload-v2?path=pipe", "text")).status).toBe(400)
    }).pipe(Effect.provide(server()))
  )
})

describe("git", () => {
  it.scopedLive("cannot access repositories of this computer outside the sandbox", () =>
    Effect.gen(function* () {
      const outside = yield* temporary
      yield* git(outside, "init", "--quiet", "--initial-branch=main")
      yield* write(outside, "a.txt", "outside")
      yield* git(outside, "add", ".")
      yield* git(outside, "commit", "--quiet", "-m", "first")
      const box = yield* sandbox()
      yield* box.post("/git/init", { path: "r" })
      for (const url of [
        outside,
        `file://${outside}`,
        `file://localhost${outside}`,
        `file://${outside.replaceAll("b", "%62")}`
      ]) {
        expect((yield* box.post("/git/clone", { url, path: "c" })).status).toBe(403)
        expect((yield* box.post("/git/remotes", { path: "r", name: "x", url })).status).toBe(403)
      }
      // Configuration can name paths, too.
      yield* box.post("/git/remotes", { path: "r", name: "origin", url: "https://example.test/r.git" })
      const redirect = {
        scope: "local",
        path: "r",
        key: `url.${outside}.insteadOf`,
        value: "https://example.test/r.git"
      }
      expect((yield* box.post("/git/config", redirect)).status).toBe(200)
      expect((yield* box.post("/git/pull", { path: "r" })).status).toBe(403)
    }).pipe(Effect.provide(server()))
  )
})

describe("a sandbox that is deleted", () => {
  it.scopedLive("during its first request leaves nothing behind", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      const turns = Effect.promise(() => new Promise((resume) => setImmediate(resume)))
      yield* Effect.gen(function* () {
        for (const head of Array.from({ length: 8 }, (_, index) => index)) {
          const box = yield* sandbox()
          const asking = yield* Effect.fork(Effect.exit(box.post("/process/execute", { command: "sleep 100" })))
          yield* Effect.repeatN(turns, head)
          yield* del(`/sandbox/${box.id}`)
          yield* Fiber.join(asking)
        }
        yield* eventually(() => readdirSync(directory).length === 0)
      }).pipe(Effect.provide(Layer.fresh(server({ runtime: localRuntime({ directory }) }))))
    })
  )
})
