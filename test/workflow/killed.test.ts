/**
 * Workers that are killed at every step of a durable run, and what the next one makes of it: one run that was paid for,
 * one sandbox, and its result.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { EmbeddedDaytona } from "../../src/embedded/daytona/index.js"
import { Claude, EmbeddedStromboli, Script } from "../../src/embedded/stromboli/index.js"
import { alive } from "../support/daytonaOver.js"
import { program } from "../support/programs.js"

const worker = program("test/workflow/worker.ts")

class Billed extends Context.Tag("test/Billed")<Billed, Ref.Ref<number>>() {}

/** An agent that works for two seconds. */
const servers = Layer.unwrapEffect(
  Effect.map(Ref.make(0), (billed) => {
    const agent = Claude.layerFrom((input) =>
      Stream.unwrap(
        Ref.update(billed, (count) => count + 1).pipe(
          Effect.zipRight(Effect.sleep("2 seconds")),
          Effect.as(Script.replies(input, "all is well"))
        )
      )
    )
    return Layer.mergeAll(
      NodeFileSystem.layer,
      EmbeddedDaytona.layerServer(),
      EmbeddedStromboli.layerServer().pipe(Layer.provide(agent)),
      Layer.succeed(Billed, billed)
    )
  })
)

interface Worker {
  readonly child: ChildProcess
  readonly lines: ReadonlyArray<string>
}

const start = (mode: "run" | "tests", directory: string, stop = "") =>
  Effect.gen(function* () {
    const stromboli = Option.getOrThrow((yield* EmbeddedStromboli).url)
    const daytona = Option.getOrThrow((yield* EmbeddedDaytona).url)
    const args = [yield* worker, stromboli, daytona, `${directory}/runs.sqlite`, mode, stop]
    return yield* Effect.acquireRelease(
      Effect.sync((): Worker => {
        const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
        const lines: Array<string> = []
        createInterface(child.stdout).on("line", (line) => lines.push(line))
        return { child, lines }
      }),
      ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
    )
  })

const ended = ({ child }: Worker) =>
  Effect.promise(async () => (child.exitCode === null && child.signalCode === null ? await once(child, "exit") : []))

/** Waits until it is so; the time limit of the test is the only one. */
const eventually = (isSo: () => boolean) =>
  Effect.repeat(Effect.sync(isSo), { until: (so) => so, schedule: Schedule.spaced("20 millis") })

/** A worker that is killed when it prints a line, and one that goes on after it. */
const killedAt = (mode: "run" | "tests", line: string, stop = "") =>
  Effect.gen(function* () {
    const directory = yield* Effect.flatMap(FileSystem.FileSystem, (files) => files.makeTempDirectoryScoped())
    const first = yield* start(mode, directory, stop)
    yield* eventually(() => first.lines.includes(line) || first.child.exitCode !== null)
    expect(first.lines.at(-1), first.lines.join("\n")).toBe(line)
    first.child.kill("SIGKILL")
    yield* ended(first)
    const second = yield* start(mode, directory)
    yield* ended(second)
    return second.lines.filter((each) => each.startsWith("result"))
  })

/** The sandboxes that the server has; it deletes them a moment after it was asked to. */
const sandboxes = Effect.map(alive, (all) => all.filter(({ desiredState }) => desiredState !== "destroyed").length)

const creations = Effect.flatMap(EmbeddedDaytona, (server) =>
  Effect.map(
    server.requests,
    (all) => all.filter(({ method, path }) => method === "POST" && /\/sandbox$/.test(path)).length
  )
)

const limit = 120_000

describe("a worker that is killed", () => {
  it.scopedLive.each([
    ["before it sends the run", "at before POST /run/async", "before POST /run/async"],
    ["after it sent the run, and before that is stored", "at after POST /run/async", "after POST /run/async"],
    ["while it waits", "waiting", ""],
    ["before the result is stored", "at before storing", "before storing"],
    ["after the result is stored", "at after storing", "after storing"]
  ] as const)(
    "%s leaves a run that the next one delivers, and that is paid for once",
    ([, line, stop]) =>
      Effect.gen(function* () {
        expect(yield* killedAt("run", line, stop)).toEqual(["result: all is well, of 1 runs"])
        expect(yield* Ref.get(yield* Billed)).toBe(1)
      }).pipe(Effect.provide(servers)),
    limit
  )

  it.scopedLive.each([
    ["before it creates its sandbox", "before POST /sandbox"],
    ["after it created its sandbox, and before that is stored", "after POST /sandbox"],
    ["after its agent was started, and before that is stored", "after POST /run/async"],
    ["in the finalizer, before the sandbox is deleted", "before DELETE /sandbox"],
    ["in the finalizer, after the sandbox was deleted", "after DELETE /sandbox"]
  ] as const)(
    "%s leaves a workflow that the next one ends, with one sandbox, one command, one run, and nothing afterwards",
    ([, stop]) =>
      Effect.gen(function* () {
        expect(yield* killedAt("tests", `at ${stop}`, stop)).toEqual(["result: 0 abc, all is well"])
        expect(yield* Ref.get(yield* Billed)).toBe(1)
        expect(yield* sandboxes).toBe(0)
        expect(yield* creations).toBe(1)
      }).pipe(Effect.provide(servers)),
    limit
  )
})
