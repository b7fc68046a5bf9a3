/** Processes that ask for the same key at once, and one that is killed. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { text } from "node:stream/consumers"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { EmbeddedDaytona } from "../../../../src/embedded/daytona/index.js"
import { alive } from "../../../support/daytonaOver.js"
import { program } from "../../../support/programs.js"

const asker = program("test/support/askForKey.ts")

/** A process that asks for the key, which is killed at the end of the scope. */
const asking = (key: string) =>
  Effect.gen(function* () {
    const { url } = yield* EmbeddedDaytona
    const args = [yield* asker, `${Option.getOrElse(url, () => "")}/api`, key]
    return yield* Effect.acquireRelease(
      Effect.sync(() => spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })),
      (running) => Effect.sync(() => running.kill("SIGKILL"))
    )
  })

/** What a process of `asking` prints. */
const printed = (key: string) =>
  Effect.scoped(
    Effect.flatMap(asking(key), ({ stdout }) =>
      Effect.map(
        Effect.promise(() => text(stdout)),
        (line) => line.trim()
      )
    )
  )

describe("processes that ask for one key", () => {
  it.live("at once get one sandbox", () =>
    Effect.gen(function* () {
      const ids = yield* Effect.all(
        Array.from({ length: 6 }, () => printed("shared")),
        { concurrency: "unbounded" }
      )
      const [one] = yield* alive
      expect(ids).toEqual(ids.map(() => one?.id))
      expect(yield* alive).toHaveLength(1)
    }).pipe(Effect.provide(EmbeddedDaytona.layerServer({ durations: { create: "2 seconds" } })))
  )

  it.live("get the sandbox that a process was creating when it was killed", () =>
    Effect.gen(function* () {
      yield* Effect.scoped(
        Effect.gen(function* () {
          const first = yield* asking("shared")
          yield* Effect.repeat(alive, {
            until: (all) => all.length > 0,
            schedule: Schedule.spaced("10 millis")
          })
          first.kill("SIGKILL")
          yield* Effect.promise(() => once(first, "exit"))
        })
      )
      const [left] = yield* alive
      expect(yield* printed("shared")).toBe(left?.id)
      expect(yield* alive).toHaveLength(1)
    }).pipe(Effect.provide(EmbeddedDaytona.layerServer({ durations: { create: "1 second" } })))
  )
})
