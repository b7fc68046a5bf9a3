/** Answers with the status of a success that are none: those of a server in between, or of a server that changed. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Fault } from "../../../src/embedded/stromboli/index.js"
import { JobId, SecretName, SessionId } from "../../../src/schema/stromboli/Identifiers.js"
import { ImageName } from "../../../src/schema/stromboli/Image.js"
import { Auth } from "../../../src/services/stromboli/auth/Auth.js"
import { Execution } from "../../../src/services/stromboli/execution/Execution.js"
import { Images } from "../../../src/services/stromboli/Images.js"
import { Jobs } from "../../../src/services/stromboli/Jobs.js"
import { Secrets } from "../../../src/services/stromboli/Secrets.js"
import { Sessions } from "../../../src/services/stromboli/sessions/Sessions.js"
import { inject, lines, services } from "../../support/embedded.js"

const name = SecretName.make("token")
const image = ImageName.make("python:3.12")

type Calls = ReadonlyArray<
  readonly [name: string, call: Effect.Effect<unknown, unknown, Auth | Images | Jobs | Secrets | Sessions>]
>

const lists: Calls = [
  ["Jobs.list", Effect.flatMap(Jobs, ({ list }) => list)],
  ["Sessions.list", Effect.flatMap(Sessions, ({ list }) => list)],
  ["Secrets.list", Effect.flatMap(Secrets, ({ list }) => list)],
  ["Images.list", Effect.flatMap(Images, ({ list }) => list)],
  ["Images.search", Effect.flatMap(Images, ({ search }) => search(image))]
]

const changes: Calls = [
  ["Jobs.cancel", Effect.flatMap(Jobs, (jobs) => jobs.cancel(JobId.make("job-1")))],
  ["Sessions.destroy", Effect.flatMap(Sessions, (sessions) => sessions.destroy(SessionId.make("s-1")))],
  ["Secrets.create", Effect.flatMap(Secrets, (secrets) => secrets.create({ name, value: Redacted.make("v") }))],
  ["Secrets.delete", Effect.flatMap(Secrets, (secrets) => secrets.delete(name))],
  ["Images.pull", Effect.flatMap(Images, (images) => images.pull({ image }))],
  ["Auth.logout", Effect.flatMap(Auth, ({ logout }) => logout)]
]

const answering = (body: object) =>
  inject({
    fault: Fault.status(200, { body: JSON.stringify(body), contentType: "application/json" }),
    times: 1
  })

const over = Effect.provide(services({ client: { retry: false, token: Redacted.make("t") } }))

describe("an answer that is no success", () => {
  it.effect.each(lists)("is not an empty list: %s", ([, list]) =>
    Effect.gen(function* () {
      for (const body of [{}, { error: "boom" }, { message: "ok" }, []]) {
        yield* answering(body)
        expect(yield* Effect.flip(list)).toMatchObject({ _tag: "InvalidResponse" })
      }
    }).pipe(over)
  )

  it.effect.each(changes)("is not a change that was made: %s", ([, change]) =>
    Effect.gen(function* () {
      for (const body of [
        { success: false, cancelled: false, image, error: "boom" },
        { success: false, cancelled: false, image, name, session_id: "s-1", job_id: "job-1" }
      ]) {
        yield* answering(body)
        expect(yield* Effect.flip(change)).toMatchObject({ _tag: "InvalidResponse" })
      }
    }).pipe(over)
  )

  it.effect("does not make a run with a key a new one", () =>
    Effect.gen(function* () {
      yield* inject({ path: "/jobs", fault: Fault.replaceBody('{"error":"boom"}', "application/json"), times: 10 })
      const run = Effect.flatMap(Execution, (execution) => execution.runAsync({ key: "nightly", prompt: "hi" }))
      expect(yield* Effect.flip(run)).toMatchObject({ _tag: "InvalidResponse" })
      expect(yield* lines).not.toContain("POST /run/async")
    }).pipe(over)
  )
})
