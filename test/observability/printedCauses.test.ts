/** What is printed of a failure: the message, the operation and its spans, and no frame of ours. */
import { readdirSync, readFileSync } from "node:fs"
import { inspect } from "node:util"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Sandboxes, SandboxName } from "../../src/daytona.js"
import { Fault, Script } from "../../src/embedded/stromboli/index.js"
import { NotFound } from "../../src/errors/index.js"
import { NodeTransport } from "../../src/node/index.js"
import { Execution, JobId, Jobs, Stromboli, System } from "../../src/stromboli.js"
import { daytona } from "../support/daytonaOver.js"
import { inject, server } from "../support/embedded.js"
import { unusedUrl } from "../support/rawServer.js"

/** Lines that name a file of this package or of Effect. */
const framesIn = (text: string) => text.split("\n").filter((line) => /[\\/](src|dist|node_modules)[\\/]/.test(line))

/** All that a program may print of a failure, run anew for each. */
const printed = (failing: Effect.Effect<unknown, unknown>) =>
  Effect.promise(async () => {
    const exit = await Effect.runPromiseExit(failing)
    const rejected: unknown = await Effect.runPromise(failing).catch((error: unknown) => error)
    const error = await Effect.runPromise(Effect.flip(failing))
    return {
      pretty: Exit.isFailure(exit) ? Cause.pretty(exit.cause, { renderErrorCause: true }) : "",
      rejection: inspect(rejected),
      stack: rejected instanceof Error ? String(rejected.stack) : "",
      error: inspect(error)
    }
  })

const memory = (fault?: Fault.Fault) =>
  Stromboli.layer({ baseUrl: "http://stromboli.test", retry: false }).pipe(
    Layer.provideMerge(server({ run: () => Script.says("no JSON") })),
    (layer) => (fault === undefined ? layer : Layer.provideMerge(Layer.effectDiscard(inject({ fault })), layer))
  )

const refused = (transport: typeof FetchHttpClient.layer) =>
  Layer.unwrapScoped(
    Effect.map(unusedUrl, (baseUrl) => Stromboli.layer({ baseUrl, retry: false }).pipe(Layer.provide(transport)))
  )

const job = Effect.flatMap(Jobs, (jobs) => jobs.get(JobId.make("none")))

const failures: Readonly<Record<string, readonly [Effect.Effect<unknown, unknown>, ReadonlyArray<string>]>> = {
  "a status": [
    Effect.provide(job, memory()),
    ["NotFound: GET /jobs/none (Jobs.get) failed with status 404", "at Stromboli.Jobs.get"]
  ],
  "a status, in a span of the program": [
    Effect.provide(Effect.withSpan(job, "mine"), memory()),
    ["at Stromboli.Jobs.get", "at mine"]
  ],
  "a request that was not sent": [
    Effect.provide(
      Effect.flatMap(Jobs, (jobs) => jobs.get(JobId.make(".."))),
      memory()
    ),
    ["InvalidRequest: Jobs.get was not sent", "at Stromboli.Jobs.get"]
  ],
  "a lost connection": [Effect.provide(job, memory(Fault.resetAfterRequest)), ["Jobs.get", "at Stromboli.Jobs.get"]],
  "a refused connection over Node": [Effect.provide(job, refused(NodeTransport.layer)), ["at Stromboli.Jobs.get"]],
  "a refused connection over fetch": [Effect.provide(job, refused(FetchHttpClient.layer)), ["at Stromboli.Jobs.get"]],
  "an unreadable answer": [
    Effect.provide(
      Effect.flatMap(System, ({ health }) => health),
      memory(Fault.truncatedJson)
    ),
    ["InvalidResponse", "at Stromboli.System.health"]
  ],
  "a stream that breaks off": [
    Effect.provide(
      Effect.flatMap(Execution, (execution) => Stream.runDrain(execution.stream({ prompt: "hi" }))),
      memory(Fault.cutBody(3, "clean"))
    ),
    ["StreamInterrupted"]
  ],
  "an answer that does not match": [
    Effect.provide(
      Effect.flatMap(Execution, (execution) => execution.runStructured(Schema.Struct({}), { prompt: "hi" })),
      memory()
    ),
    ["StructuredOutputMismatch", "at Stromboli.Execution.runStructured"]
  ],
  "a method of several requests": [
    Effect.provide(
      Effect.flatMap(Sandboxes, (sandboxes) => sandboxes.archive(SandboxName.make("none"))),
      daytona()
    ),
    ["NotFound", "at Daytona.Sandboxes.archive"]
  ]
}

describe("what is printed of", () => {
  for (const [what, [failing, expected]] of Object.entries(failures)) {
    it.live(`${what} has the message and the spans, and no frame of the package`, () =>
      Effect.gen(function* () {
        const { error, pretty, rejection, stack } = yield* printed(failing)
        for (const part of expected) expect(pretty).toContain(part)
        for (const text of [error, pretty, rejection, stack]) {
          expect(text).not.toBe("")
          expect(framesIn(text)).toEqual([])
        }
      })
    )
  }
})

describe("an error", () => {
  const fields = { system: "stromboli", operation: "a", method: "GET", path: "/", message: "gone" } as const
  const error = () => new NotFound({ ...fields, attempts: 1, retryable: false, admitted: "no" })

  it.effect("can be shown, also when it has a span: by an assertion that it does not satisfy, and by Node", () =>
    Effect.gen(function* () {
      const failed = yield* Effect.flip(Effect.withSpan(Effect.fail(error()), "mine"))
      const failing = () => expect(failed).toMatchObject({ _tag: "Conflict" })
      expect(failing).toThrow("to match object { _tag: 'Conflict' }")
      for (const each of [error(), failed]) {
        expect(inspect(each)).toMatch(/^\[NotFound: gone\] \{/)
        expect(inspect(each)).toContain("path: '/'")
      }
    })
  )

  it("leaves the limit of stacks as it was, also when its fields are refused", () => {
    const before = Error.stackTraceLimit
    expect(error().stack).toBe("NotFound: gone")
    expect(() => new NotFound(JSON.parse("{}"))).toThrow()
    expect(Error.stackTraceLimit).toBe(before)
    expect(framesIn(String(new Error("other").stack)).length).toBeGreaterThan(0)
  })

  it("is still of its class, and the same after a way through JSON", () => {
    const decoded = Schema.decodeUnknownSync(NotFound)(JSON.parse(JSON.stringify(Schema.encodeSync(NotFound)(error()))))
    expect(decoded).toBeInstanceOf(NotFound)
    expect(decoded).toBeInstanceOf(Error)
    expect(decoded).toEqual(error())
  })

  it("of any class of the package comes from the constructor without frames", () => {
    const folder = new URL("../../src/errors/", import.meta.url)
    const others = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
      (path) =>
        path !== "TaggedError.ts" &&
        path.endsWith(".ts") &&
        /Schema\.TaggedError</.test(readFileSync(new URL(path.replaceAll("\\", "/"), folder), "utf8"))
    )
    expect(others).toEqual([])
  })
})
