/** The embedded server with a `claude` on the PATH: a shell script that keeps sessions as the real one does. */
import { access, chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Claude, EmbeddedStromboli } from "effect-sandboxes/embedded/stromboli"
import { at, del, get, post, session, textAt } from "./support.js"

const answer = {
  type: "assistant",
  uuid: "a",
  message: {
    role: "assistant",
    model: "claude-of-the-cli",
    content: [{ type: "text", text: "ok" }],
    usage: { input_tokens: 100, output_tokens: 7, cache_creation_input_tokens: 20, cache_read_input_tokens: 3 }
  }
}

/** Prints where it runs. In a session, it refuses what the CLI refuses, and writes a transcript with a known usage. */
const script = `#!/bin/sh
echo "config=$CLAUDE_CONFIG_DIR"
echo "cwd=$(pwd)"
file="$CLAUDE_CONFIG_DIR/projects/workspace/$4.jsonl"
if [ "$3" = --resume ] && [ ! -f "$file" ]; then echo "No conversation found with session ID: $4" >&2; exit 1; fi
if [ "$3" = --session-id ] && [ -f "$file" ]; then echo "Error: Session ID $4 is already in use." >&2; exit 1; fi
case "$2" in quietly) exit 0;; esac
mkdir -p "$CLAUDE_CONFIG_DIR/projects/workspace"
echo '{"type":"user","uuid":"u","message":{"role":"user","content":"hi"}}' >> "$file"
echo '${JSON.stringify(answer)}' >> "$file"
echo '{"type":"cost-state","totalCostUSD":0.0125}' >> "$file"
case "$2" in rename) echo '{"type":"custom-title","customTitle":"Greetings"}' >> "$file";; esac
`

const withVariable = (name: string, value: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const before = process.env[name]
      process.env[name] = value
      return before
    }),
    (before) =>
      Effect.sync(() => {
        if (before === undefined) delete process.env[name]
        else process.env[name] = before
      })
  )

/** Puts the script on the PATH, and gives the user a configuration directory with a login and a session. */
const installed = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "claude-"))),
    (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
  )
  const own = join(folder, "own")
  yield* Effect.promise(async () => {
    await mkdir(join(folder, "bin"))
    await writeFile(join(folder, "bin/claude"), script)
    await chmod(join(folder, "bin/claude"), 0o755)
    await mkdir(join(own, "projects/workspace"), { recursive: true })
    await writeFile(join(own, ".credentials.json"), "a login")
    await writeFile(join(own, `projects/workspace/${session}.jsonl`), "")
  })
  yield* withVariable("PATH", `${join(folder, "bin")}:${process.env["PATH"]}`)
  yield* withVariable("CLAUDE_CONFIG_DIR", own)
  return own
})

const server = EmbeddedStromboli.layerHttpClient().pipe(Layer.provide(Claude.layerCli))

const run = (prompt: string, claude: object = {}) =>
  post("/run", { prompt, claude: { session_id: session, ...claude } })

const exists = (path: string) =>
  Effect.promise(() =>
    access(path).then(
      () => true,
      () => false
    )
  )

describe("the claude CLI behind the server", () => {
  it.scopedLive("has its usage, model and cost reported, and none that it did not write down", () =>
    Effect.gen(function* () {
      yield* installed
      yield* Effect.gen(function* () {
        const quiet = yield* run("quietly")
        expect([quiet.status, at(quiet.json, "usage")]).toEqual([200, undefined])
        expect((yield* get(`/sessions/${session}/messages`)).status).toBe(404)
        expect(at((yield* run("hi")).json, "usage")).toEqual({
          model: "claude-of-the-cli",
          input_tokens: 100,
          output_tokens: 7,
          cache_creation_input_tokens: 20,
          cache_read_input_tokens: 3,
          total_tokens: 130,
          estimated_cost_usd: 0.0125
        })
        expect(at((yield* get(`/sessions/${session}/messages`)).json, "total")).toBe(3)
      }).pipe(Effect.provide(server))
    })
  )

  it.scopedLive("has its sessions listed with the titles that were given to them", () =>
    Effect.gen(function* () {
      yield* installed
      yield* Effect.gen(function* () {
        yield* run("hi")
        expect((yield* get("/sessions")).json).toEqual({ sessions: [{ id: session, title: "" }] })
        yield* run("rename", { resume: true })
        expect((yield* get("/sessions")).json).toEqual({ sessions: [{ id: session, title: "Greetings" }] })
      }).pipe(Effect.provide(server))
    })
  )

  it.scopedLive("keeps sessions and its working directory in a place that is removed with the server", () =>
    Effect.gen(function* () {
      const own = yield* installed
      const { config, cwd } = yield* Effect.gen(function* () {
        const output = textAt((yield* run("hi")).json, "output")
        const [, config = "", cwd = ""] = /^config=(.*)\ncwd=(.*)$/.exec(output) ?? []
        expect(yield* exists(join(config, ".credentials.json"))).toBe(true)
        return { config, cwd }
      }).pipe(Effect.provide(server))
      expect(config).not.toBe("")
      expect(config).not.toBe(own)
      expect([yield* exists(config), yield* exists(cwd)]).toEqual([false, false])
      expect(yield* Effect.promise(() => readdir(own))).toEqual([".credentials.json", "projects"])
    })
  )

  it.scopedLive("can begin a session again once it is destroyed, and refuses it until then", () =>
    Effect.gen(function* () {
      yield* installed
      yield* Effect.gen(function* () {
        expect((yield* run("hi")).status).toBe(200)
        expect(textAt((yield* run("hi")).json, "error")).toContain(`Error: Session ID ${session} is already in use.`)
        expect((yield* run("hi", { resume: true })).status).toBe(200)
        expect((yield* del(`/sessions/${session}`)).status).toBe(200)
        expect(textAt((yield* run("hi", { resume: true })).json, "error")).toContain("No conversation found")
        expect((yield* run("hi")).status).toBe(200)
      }).pipe(Effect.provide(server))
    })
  )
})
