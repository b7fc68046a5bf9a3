/** The engine on a file of SQLite: one process at a time, and workflows that go on in the next one. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { describe, expect, it } from "@effect/vitest"
import * as Workflow from "@effect/workflow/Workflow"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Fault, Script } from "../../src/embedded/stromboli/index.js"
import { AgentRuns, DurableRun, DurableSandbox, Engine, step } from "../../src/workflow/index.js"
import { alive, daytona } from "../support/daytonaOver.js"
import { agent } from "../support/durable.js"
import { clearRequests, inject, services, lines as stromboliLines } from "../support/embedded.js"
import { program } from "../support/programs.js"
import { watchStatements } from "../support/sqliteStatements.js"

const holder = program("test/workflow/holder.ts")

const file = Effect.flatMap(FileSystem.FileSystem, (files) =>
  Effect.map(files.makeTempDirectoryScoped(), (directory) => `${directory}/runs.sqlite`)
).pipe(Effect.provide(NodeFileSystem.layer))

const engineOn = (filename: string, waitFor: "1 second" | 0 = 0) =>
  Engine.layerSingleProcess({ waitFor, pollInterval: "50 millis", shutdownTimeout: "200 millis" }).pipe(
    Layer.provideMerge(SqliteClient.layer({ filename }))
  )

/** Waits until it is so; the time limit of the test is the only one. */
const eventually = <E, R>(isSo: Effect.Effect<boolean, E, R>) =>
  Effect.repeat(isSo, { until: (so) => so, schedule: Schedule.spaced("20 millis") })

/** A process that has the database, once it says so. */
const holding = (filename: string) =>
  Effect.acquireRelease(
    Effect.flatMap(holder, (file) =>
      Effect.promise(async (): Promise<ChildProcess> => {
        const child = spawn(process.execPath, [file, filename], { stdio: ["ignore", "pipe", "inherit"] })
        await once(child.stdout, "data")
        return child
      })
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

describe("a database file", () => {
  it.scopedLive("belongs to one engine: a second one in the same process fails with a type, and does nothing", () =>
    Effect.gen(function* () {
      const filename = yield* file
      yield* Layer.build(engineOn(filename))
      expect(yield* Effect.flip(Layer.build(engineOn(filename)))).toMatchObject({
        _tag: "DatabaseInUse",
        file: expect.stringContaining("runs.sqlite"),
        admitted: "no"
      })
    })
  )

  it.scopedLive("belongs to one process, until that is killed", () =>
    Effect.gen(function* () {
      const filename = yield* file
      const child = yield* holding(filename)
      expect(yield* Effect.flip(Effect.scoped(Layer.build(engineOn(filename))))).toMatchObject({
        _tag: "DatabaseInUse"
      })
      const gone = Effect.promise(() => once(child, "exit"))
      child.kill("SIGKILL")
      yield* gone
      yield* Layer.build(engineOn(filename))
    })
  )

  it.scopedLive("is waited for while the process before ends", () =>
    Effect.gen(function* () {
      const filename = yield* file
      const scope = yield* Scope.make()
      yield* Layer.buildWithScope(engineOn(filename), scope)
      yield* Effect.fork(Effect.delay(Scope.close(scope, Exit.void), "300 millis"))
      yield* Layer.build(engineOn(filename, "1 second"))
    })
  )

  it.scopedLive("can be read by others meanwhile", () =>
    Effect.gen(function* () {
      const filename = yield* file
      yield* Layer.build(engineOn(filename))
      const rows = yield* Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT * FROM effect_sandboxes_runs`).pipe(
        Effect.provide(SqliteClient.layer({ filename, readonly: true, disableWAL: true }))
      )
      expect(rows).toEqual([])
    })
  )

  it.scopedLive("in memory belongs to nobody else", () =>
    Effect.all([Layer.build(engineOn(":memory:")), Layer.build(engineOn(":memory:"))])
  )

  it.scopedLive("that cannot be written fails with a type", () =>
    Effect.gen(function* () {
      const filename = yield* file
      yield* Effect.scoped(Layer.build(SqliteClient.layer({ filename })))
      const readonly = Engine.layerSingleProcess().pipe(
        Layer.provide(SqliteClient.layer({ filename, readonly: true, disableWAL: true }))
      )
      expect(yield* Effect.flip(Layer.build(readonly))).toMatchObject({ _tag: "EngineFailed" })
    })
  )
})

/** A workflow with a sandbox, that then waits for an agent. */
const Box = Workflow.make({
  name: "Box",
  payload: { name: Schema.String, fails: Schema.Boolean },
  idempotencyKey: ({ name }) => name,
  error: Schema.Union(DurableSandbox.SandboxError, DurableRun.RunError, Schema.String)
})

const polls = { first: "100 millis", factor: 1, most: "100 millis" } as const

const boxLayer = Box.toLayer(({ fails }) =>
  Effect.gen(function* () {
    yield* DurableSandbox.make({ name: "box" })
    yield* DurableRun.run({ name: "agent", prompt: "Work", polls })
    if (fails) return yield* Effect.fail("it went wrong")
  })
)

const until = (isOver: () => boolean) =>
  agent((input) =>
    Stream.concat(Stream.drain(Stream.fromEffect(eventually(Effect.sync(isOver)))), Script.replies(input, "done"))
  )

const sandboxes = Effect.map(alive, (all) => all.filter(({ desiredState }) => desiredState !== "destroyed").length)

const started = Effect.zipRight(
  eventually(Effect.map(sandboxes, (count) => count === 1)),
  eventually(
    Effect.map(
      Effect.flatMap(
        SqlClient.SqlClient,
        (sql) => sql`SELECT 1 FROM effect_sandboxes_runs WHERE id LIKE '%/agent' AND round > 1`
      ),
      (rows) => rows.length > 0
    )
  )
)

describe("the sandbox of a workflow", () => {
  it.scopedLive.each([
    ["while it waits", false],
    ["in the middle of a step", true]
  ] as const)(
    "is kept when the worker ends in good order %s, and deleted when the next one has ended the workflow",
    ([, isInStep]) => {
      let isOver = false
      const { billed, run } = until(() => isOver)
      return Effect.gen(function* () {
        const filename = yield* file
        const scope = yield* Scope.make()
        const first = yield* Layer.buildWithScope(Layer.provideMerge(boxLayer, engineOn(filename)), scope)
        yield* Effect.provide(
          Effect.zipRight(Box.execute({ name: "a", fails: false }, { discard: true }), started),
          first
        )
        if (isInStep) {
          yield* clearRequests
          yield* inject({ path: "/jobs/{id}", fault: Fault.slowFirstByte("2 seconds") })
          yield* eventually(Effect.map(stromboliLines, (all) => all.some((line) => line.startsWith("GET /jobs/job-"))))
        }
        yield* Scope.close(scope, Exit.void)
        expect(yield* sandboxes).toBe(1)
        isOver = true
        const second = yield* Layer.build(Layer.provideMerge(boxLayer, engineOn(filename)))
        yield* Effect.provide(Box.execute({ name: "a", fails: false }), second)
        yield* eventually(Effect.map(sandboxes, (count) => count === 0))
        expect(billed).toHaveLength(1)
      }).pipe(Effect.provide(Layer.merge(services({ run }), daytona({ client: { application: "test" } }))))
    }
  )

  it.scopedLive("is deleted when the workflow fails", () => {
    const { run } = agent((input) => Script.replies(input, "done"))
    return Effect.gen(function* () {
      const context = yield* Layer.build(Layer.provideMerge(boxLayer, engineOn(yield* file)))
      const exit = yield* Effect.provide(Effect.exit(Box.execute({ name: "a", fails: true })), context)
      expect(Exit.isFailure(exit)).toBe(true)
      expect(yield* sandboxes).toBe(0)
    }).pipe(Effect.provide(Layer.merge(services({ run }), daytona({ client: { application: "test" } }))))
  })

  it.scopedLive("is deleted when the workflow is interrupted", () => {
    const { run } = until(() => false)
    return Effect.gen(function* () {
      const context = yield* Layer.build(Layer.provideMerge(boxLayer, engineOn(yield* file)))
      const id = yield* Box.executionId({ name: "a", fails: false })
      yield* Effect.provide(
        Effect.zipRight(Box.execute({ name: "a", fails: false }, { discard: true }), started),
        context
      )
      yield* Effect.provide(Box.interrupt(id), context)
      yield* eventually(Effect.map(sandboxes, (count) => count === 0))
    }).pipe(Effect.provide(Layer.merge(services({ run }), daytona({ client: { application: "test" } }))))
  })
})

/** Messages that the engine was given, also those that it has already: each step that is repeated is one. */
let messages = 0
watchStatements({ after: (sql) => (messages += /INSERT OR IGNORE INTO "?cluster_messages/.test(sql) ? 1 : 0) })

describe("a run on the engine", () => {
  const report = { key: "report", prompt: "Write the report", polls } as const

  it.scopedLive("that waits long costs the same for each look, however many there were", () => {
    let isOver = false
    const { billed, run } = until(() => isOver)
    return Effect.gen(function* () {
      const filename = yield* file
      const context = yield* Layer.build(
        Layer.merge(AgentRuns.layer, AgentRuns.layerWorker()).pipe(Layer.provideMerge(engineOn(filename)))
      )
      yield* Effect.gen(function* () {
        const runs = yield* AgentRuns
        yield* runs.submit(report)
        const rounds = (count: number) =>
          eventually(Effect.map(runs.progress("report"), ({ rounds }) => rounds >= count))
        const costOf = (from: number, to: number) =>
          Effect.gen(function* () {
            yield* rounds(from)
            const before = messages
            yield* rounds(to)
            return messages - before
          })
        const early = yield* costOf(5, 10)
        const late = yield* costOf(45, 50)
        expect(late).toBeLessThan(early * 1.5)
        // A step, a clock, the end of the pause, and the step before, from which the workflow goes on.
        expect(late).toBeLessThanOrEqual(5 * 6)
        isOver = true
        expect(yield* runs.result("report")).toMatchObject({ runs: 1 })
      }).pipe(Effect.provide(context))
      expect(billed).toHaveLength(1)
    }).pipe(Effect.provide(services({ run })))
  })

  it.scopedLive("is cancelled while it waits", () => {
    const { run } = until(() => false)
    return Effect.gen(function* () {
      const context = yield* Layer.build(
        Layer.merge(AgentRuns.layer, AgentRuns.layerWorker()).pipe(Layer.provideMerge(engineOn(yield* file)))
      )
      yield* Effect.gen(function* () {
        const runs = yield* AgentRuns
        yield* runs.submit({ ...report, polls: { first: "1 hour", most: "1 hour" } })
        yield* eventually(Effect.map(runs.progress("report"), ({ state }) => state === "running"))
        yield* runs.cancel("report")
        expect(yield* Effect.flip(runs.result("report"))).toMatchObject({ _tag: "RunCancelled", continues: "yes" })
      }).pipe(Effect.provide(context))
    }).pipe(Effect.provide(services({ run })))
  })

  it.scopedLive("whose outcome another version stored fails with a type, and is not started again", () => {
    const { billed, run } = agent((input) => Script.replies(input, "done"))
    return Effect.gen(function* () {
      const context = yield* Layer.build(
        Layer.merge(AgentRuns.layer, AgentRuns.layerWorker()).pipe(Layer.provideMerge(engineOn(yield* file)))
      )
      yield* Effect.gen(function* () {
        const runs = yield* AgentRuns
        const sql = yield* SqlClient.SqlClient
        yield* runs.submit(report)
        yield* runs.result("report")
        yield* sql`UPDATE cluster_replies SET payload = replace(payload, '"version":1', '"version":2')`
        expect(yield* Effect.flip(runs.result("report"))).toMatchObject({ _tag: "RunVersionMismatch", stored: 2 })
        yield* sql`UPDATE cluster_replies SET payload = replace(replace(payload, '"version":2', '"version":1'), 'jobId', 'job')`
        expect(yield* Effect.flip(runs.result("report"))).toMatchObject({ _tag: "RunVersionMismatch", field: "jobId" })
      }).pipe(Effect.provide(context))
      expect(billed).toHaveLength(1)
    }).pipe(Effect.provide(services({ run })))
  })
})

describe("runs beside each other in a workflow", () => {
  it.scopedLive("are one each, by their names", () => {
    const { billed, run } = agent((input) =>
      Stream.concat(Stream.drain(Stream.fromEffect(Effect.sleep("300 millis"))), Script.replies(input, input.prompt))
    )
    const workflow = Workflow.make({
      name: "Several",
      payload: { id: Schema.String },
      idempotencyKey: ({ id }) => id,
      success: Schema.Array(Schema.String),
      error: DurableRun.RunError
    })
    const layer = workflow.toLayer(() =>
      Effect.forEach(
        ["a", "b", "c"],
        (name) =>
          Effect.map(DurableRun.run({ name, prompt: `Do ${name}`, polls }), ({ answer }) =>
            answer._tag === "Stored" ? answer.text : ""
          ),
        { concurrency: "unbounded" }
      )
    )
    return Effect.gen(function* () {
      const context = yield* Layer.build(Layer.provideMerge(layer, engineOn(yield* file)))
      expect(yield* Effect.provide(workflow.execute({ id: "a" }), context)).toEqual(["Do a", "Do b", "Do c"])
      expect(billed.toSorted()).toEqual(["Do a", "Do b", "Do c"])
    }).pipe(Effect.provide(services({ run })))
  })
})

describe("a step", () => {
  it.scopedLive("whose schema changed while its workflow was open fails with a type, and does not run again", () => {
    let runs = 0
    const workflow = Workflow.make({
      name: "Changing",
      payload: { id: Schema.String },
      idempotencyKey: ({ id }) => id,
      error: Schema.Unknown
    })
    const version = <A, I>(success: Schema.Schema<A, I>, value: A, goesOn: boolean) =>
      workflow.toLayer(() =>
        Effect.gen(function* () {
          yield* step({
            name: "count",
            success,
            failure: Schema.Never,
            execute: Effect.sync(() => {
              runs++
              return value
            })
          })
          if (!goesOn) {
            yield* DurableRun.run({ name: "agent", prompt: "Work", polls: { first: "1 hour", most: "1 hour" } })
          }
        })
      )
    const { run } = until(() => false)
    return Effect.gen(function* () {
      const filename = yield* file
      const scope = yield* Scope.make()
      const before = yield* Layer.buildWithScope(
        Layer.provideMerge(version(Schema.Number, 1, false), engineOn(filename)),
        scope
      )
      yield* Effect.provide(
        Effect.zipRight(
          workflow.execute({ id: "a" }, { discard: true }),
          eventually(
            Effect.map(
              Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT 1 FROM effect_sandboxes_runs WHERE round = 1`),
              (rows) => rows.length > 0
            )
          )
        ),
        before
      )
      yield* Scope.close(scope, Exit.void)
      const after = yield* Layer.build(Layer.provideMerge(version(Schema.String, "1", true), engineOn(filename)))
      const id = yield* workflow.executionId({ id: "a" })
      yield* Effect.provide(workflow.resume(id), after)
      const failure = yield* Effect.provide(Effect.flip(workflow.execute({ id: "a" })), after)
      expect(failure).toMatchObject({ _tag: "StepMismatch", step: "count" })
      expect(runs).toBe(1)
    }).pipe(Effect.provide(services({ run })))
  })
})
