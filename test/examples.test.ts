/** The examples, run as programs, against a server on a port. */
import { execFile } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { EmbeddedDaytona } from "effect-sandboxes/embedded/daytona"
import { Claude, EmbeddedStromboli } from "effect-sandboxes/embedded/stromboli"
import { standInOnPath } from "./support/claude/onPath.js"
import { programs } from "./support/programs.js"

const root = fileURLToPath(new URL("..", import.meta.url))
const apiToken = "an-api-token-for-the-examples"
const webhookSecret = "a-webhook-secret"

/** What the embedded server writes into transcripts for a run without one. */
const systemPrompt = "You are a Claude agent."

const bundled = programs(
  readdirSync(join(root, "examples"))
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((name) => `examples/${name}`)
)

/** The quickstart as its readers run it; the others without being compiled by each process. */
const argsOf = (example: string) => {
  const path = `examples/${example}.ts`
  return example === "quickstart"
    ? Effect.succeed(["--import", "tsx", path])
    : Effect.map(bundled(path), (file) => [file])
}

const run = (example: string, environment: Record<string, string>, input = "", args: ReadonlyArray<string> = []) =>
  Effect.flatMap(argsOf(example), (program) => started([...program, ...args], environment, input))

const started = (args: ReadonlyArray<string>, environment: Record<string, string>, input: string) =>
  Effect.async<{ readonly code: number; readonly output: string }>((resume) => {
    const child = execFile(
      process.execPath,
      args,
      { cwd: root, env: { ...process.env, NO_COLOR: "1", ...environment } },
      (error, stdout, stderr) =>
        resume(Effect.succeed({ code: typeof error?.code === "number" ? error.code : 0, output: stdout + stderr }))
    )
    child.stdin?.end(input)
    return Effect.sync(() => child.kill())
  })

const server = EmbeddedStromboli.layerServer({
  auth: { tokens: [apiToken], jwtSecret: "a-jwt-secret-of-at-least-32-characters" },
  webhookSecret
}).pipe(Layer.provide(Claude.layerDemo({ lineDelay: 0 })))

const against = (example: string, input = "", args: ReadonlyArray<string> = []) =>
  Effect.gen(function* () {
    const { url } = yield* EmbeddedStromboli
    const { code, output } = yield* run(
      example,
      {
        STROMBOLI_URL: Option.getOrThrow(url),
        STROMBOLI_TOKEN: apiToken,
        STROMBOLI_WEBHOOK_SECRET: webhookSecret
      },
      input,
      args
    )
    expect(code, output).toBe(0)
    // It is in the transcripts of the server.
    expect(output).not.toContain(systemPrompt)
    return output
  }).pipe(Effect.provide(server))

/** Removed with the scope. */
const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "examples-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

/** Each example is a process with a real clock. */
const example = <E>(name: string, test: () => Effect.Effect<void, E>) =>
  it(name, () => Effect.runPromise(test()), 60_000)

describe("an example", () => {
  example(
    "quickstart shows a run, structured output, a stream, a job, a conversation and an agent, on an embedded server",
    () =>
      Effect.map(run("quickstart", { STROMBOLI_URL: "" }), ({ code, output }) => {
        expect(code, output).toBe(0)
        expect(output).toContain("An embedded Stromboli listens on http://127.0.0.1:")
        for (const heading of [
          "A run",
          "Output decoded with a schema",
          "A stream",
          "A job",
          "A conversation",
          "An agent"
        ]) {
          expect(output).toContain(heading)
        }
        expect(output).toContain("Alice")
      })
  )

  example("quickstart connects to another server when STROMBOLI_URL is set", () =>
    Effect.map(against("quickstart"), (output) => {
      expect(output).not.toContain("An embedded Stromboli")
      expect(output).toContain("Alice")
    })
  )

  example("quickstart-daytona builds an image, creates a sandbox, works inside it, stops, starts and deletes it", () =>
    Effect.map(run("quickstart-daytona", { DAYTONA_API_KEY: "" }), ({ code, output }) => {
      expect(code, output).toBe(0)
      expect(output).toContain("An embedded Daytona listens on http://127.0.0.1:")
      expect(output).toContain("Built image successfully")
      expect(output).toContain('exit code 3, stdout "to stdout\\n", stderr "to stderr\\n"')
      expect(output).toContain("  it's\n  a $mall\n  world\n  exit code 0")
      expect(output).toContain("CommandTimeout")
      expect(output).toContain("Hello from a sandbox")
      expect(output).toContain("it responds with 200")
      expect(output).toContain("  24 80\n  this is a terminal\n  exit code 4")
      expect(output).toContain("  30\n  ZeroDivisionError: division by zero")
      expect(output).toMatch(/stopped\nstarted\napp\/server.py is still there: true/)
      expect(output.trimEnd().endsWith("deleted")).toBe(true)
    })
  )

  example("coding-agent lets a model fix a failing check in a sandbox", () =>
    Effect.map(run("coding-agent", {}), ({ code, output }) => {
      expect(code, output).toBe(0)
      expect(output).toContain('✓ run_command: {"exitCode":1,"output":')
      expect(output).toContain('✗ edit_file: {"reason":"noMatch"')
      expect(output).toContain('✓ edit_file: {"replacements":1')
      expect(output).toContain('✓ run_command: {"exitCode":0,"output":""}')
      expect(output.trimEnd().endsWith("The check passes.")).toBe(true)
    })
  )

  example("quickstart-durable kills a worker, and the next one delivers the one run that was paid for", () =>
    Effect.map(run("quickstart-durable", {}), ({ code, output }) => {
      expect(code, output).toBe(0)
      expect(output).toContain("worker 1 was killed by SIGKILL, while the agent works")
      expect(output).toContain("worker 2: the compiler reads my mind:")
      expect(output).toContain("runs that were paid for: 1")
      const [first, ...others] = new Set([...output.matchAll(/job-[0-9a-f]{16}/g)].map(([job]) => job))
      expect(first).toBeDefined()
      expect(others).toEqual([])
    })
  )

  example("chat remembers the conversation until quit", () =>
    Effect.map(against("chat", "My name is Bob.\nWhat is my name?\nquit\nnever read\n"), (output) => {
      expect(output).toMatch(/Claude: .*Bob/)
      expect(output.match(/Claude: /g)).toHaveLength(2)
    })
  )

  example("streaming-with-progress prints all lines and counts them", () =>
    Effect.map(against("streaming-with-progress"), (output) => expect(output).toMatch(/10\n\nDone: 11 lines/))
  )

  example("async-job-with-webhook learns of the completion of its job from a signed webhook", () =>
    Effect.map(against("async-job-with-webhook"), (output) => {
      expect(output).toMatch(/Webhook: job-[0-9a-f]{16} completed/)
      expect(output).toContain("Job: completed")
    })
  )

  example("sessions prints a history and deletes it, and prints no system prompt of the transcript", () =>
    Effect.map(against("sessions"), (output) => {
      expect(output).toContain("[user] My name is Alice")
      expect(output).toMatch(/1 of \d+ records, there are more/)
      expect(output).toContain("Session destroyed")
    })
  )

  example("authentication logs in and out, and prints no token", () =>
    Effect.map(against("authentication"), (output) => {
      expect(output).toContain("Token valid for my-client-id")
      expect(output).toContain("Logged out")
      expect(output).not.toMatch(/eyJ/)
    })
  )

  example("observability exports spans and metrics through the SDK of OpenTelemetry", () =>
    Effect.map(against("observability"), (output) => {
      const traceIds = new Set([...output.matchAll(/traceId: '([0-9a-f]{32})'/g)].map(([, id]) => id))
      expect(traceIds.size).toBe(1)
      for (const name of ["ask", "Stromboli.Execution.runStructured", "Stromboli.Execution.run"]) {
        expect(output).toContain(`name: '${name}'`)
      }
      expect(output).toContain("'http.response.status_code': 200")
      expect(output).toContain("name: 'http.request'")
      expect(output).toContain("name: 'effect_sandboxes_requests'")
      expect(output).toContain("name: 'effect_sandboxes_request_duration_seconds'")
      expect(output).toContain("team: 'docs'")
      expect(output).not.toContain("6 times 7?'")
    })
  )

  example("version-check finds the server compatible", () =>
    Effect.map(against("version-check"), (output) => expect(output).toContain("compatible: Server v0.5.7-alpha"))
  )

  example("error-handling names each failure", () =>
    Effect.map(against("error-handling"), (output) => {
      expect(output).toContain("no such job: job not found")
      expect(output).toContain("refused before sending: prompt")
      expect(output).toContain("errors")
    })
  )

  example("language-model decodes a value, streams and answers in a conversation, and says what that cost", () =>
    Effect.map(against("language-model"), (output) => {
      expect(output).toMatch(/Task: .+, in \d+ steps/)
      expect(output).toMatch(/^5$/m)
      expect(output).toMatch(/\d+ tokens, \d+ US dollars, session [0-9a-f-]{36}/)
    })
  )

  const claudeOnPath = standInOnPath.pipe(Layer.provide(NodeContext.layer))

  example("one-agent-three-places runs the same agent on this machine", () =>
    run("one-agent-three-places", {}, "", ["here"]).pipe(
      Effect.map(({ code, output }) => {
        expect(code, output).toBe(0)
        expect(output).toContain("2 turns, 0.02 dollars")
      }),
      Effect.provide(claudeOnPath)
    )
  )

  example("one-agent-three-places runs the same agent in a sandbox", () =>
    Effect.gen(function* () {
      const { url } = yield* EmbeddedDaytona
      const apiUrl = `${Option.getOrThrow(url)}/api`
      const environment = { DAYTONA_API_KEY: "dtn_key", DAYTONA_API_URL: apiUrl, ANTHROPIC_API_KEY: "a-key" }
      const { code, output } = yield* run("one-agent-three-places", environment, "", ["sandbox"])
      expect(code, output).toBe(0)
      expect(output).toContain("2 turns, 0.02 dollars")
    }).pipe(Effect.provide(EmbeddedDaytona.layerServer({ durations: 0 })), Effect.provide(claudeOnPath))
  )

  example("one-agent-three-places runs the same agent on a Stromboli server", () =>
    Effect.map(against("one-agent-three-places", "", ["stromboli"]), (output) =>
      expect(output).toMatch(/2 turns, [\d.]+ dollars/)
    )
  )

  example("one-agent-three-places names the places if it is told another one", () =>
    Effect.map(run("one-agent-three-places", {}, "", ["elsewhere"]), ({ code, output }) => {
      expect(code).toBe(1)
      expect(output).toContain("there are here, sandbox, stromboli")
    })
  )

  example("agent answers over several turns", () =>
    Effect.map(against("agent"), (output) => expect(output).toContain("Alice"))
  )

  example("run-report writes the page of a conversation", () =>
    Effect.gen(function* () {
      const file = join(yield* directory, "run.html")
      const output = yield* against("run-report", "", [file])
      expect(output).toContain(`The page of this conversation is in ${file}`)
      const page = readFileSync(file, "utf8")
      expect(page).toContain('<h1 dir="auto">Who am I?</h1>')
      expect(page.match(/<h3>Prompt /g)).toHaveLength(2)
      expect(page).toContain("Completed")
    }).pipe(Effect.scoped)
  )
})
