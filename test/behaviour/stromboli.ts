/**
 * The behaviour of any Stromboli server, seen through our services: checked against the embedded server in every test
 * run, and against a real one by `npm run test:e2e`.
 */
import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import {
  AgentId,
  Agents,
  Compatibility,
  Execution,
  ImageName,
  Images,
  JobId,
  Jobs,
  MessageId,
  SecretName,
  Secrets,
  Session,
  SessionId,
  Sessions,
  type Stromboli,
  System
} from "effect-sandboxes/stromboli"
import { describeWithLayer } from "../support/sharedLayer.js"

const unknownAgent = AgentId.make("agent-00000000-0000-4000-8000-000000000000")

/** Agents came with 0.5. A build from source is taken for a newer one. */
const hasAgents = Effect.flatMap(System, (system) =>
  Effect.map(system.health, ({ version }) => !/^v?0\.4\./.test(version))
)

export const stromboliBehaviour = <E>(
  name: string,
  options: {
    readonly services: Layer.Layer<Stromboli.Stromboli, E>
    /** Whether tests may start runs, which cost money on a real server. */
    readonly mayRun: boolean
  }
) =>
  describeWithLayer(
    name,
    options.services,
    "1 minute"
  )((it) => {
    const paid = it.effect.skipIf(!options.mayRun)
    const minutes = 5 * 60_000

    it.effect("reports its version and health", () =>
      Effect.gen(function* () {
        const health = yield* (yield* System).health
        expect(health.name).toBe("stromboli")
        expect(["ok", "degraded"]).toContain(health.status)
        expect(Compatibility.check(health.version).status).not.toBe("incompatible")
        expect(typeof (yield* (yield* System).claudeStatus).configured).toBe("boolean")
      })
    )

    it.effect("lists jobs, sessions, secrets and images", () =>
      Effect.gen(function* () {
        expect(Array.isArray(yield* (yield* Jobs).list)).toBe(true)
        expect(Array.isArray(yield* (yield* Sessions).list)).toBe(true)
        expect(Array.isArray(yield* (yield* Secrets).list)).toBe(true)
        expect(Array.isArray(yield* (yield* Images).list)).toBe(true)
      })
    )

    it.effect("lists agents since 0.5, and has none before", () =>
      Effect.gen(function* () {
        const agents = yield* Agents
        if (yield* hasAgents) return expect(Array.isArray(yield* agents.list)).toBe(true)
        for (const failure of yield* Effect.all([
          Effect.flip(agents.list),
          Effect.flip(agents.get(unknownAgent)),
          Effect.flip(agents.create({}))
        ])) {
          expect(failure).toMatchObject({ _tag: "UnexpectedStatus", status: 404, admitted: "no" })
          expect(failure.message).toContain("whether this version of the server supports the operation")
        }
      })
    )

    it.effect("responds with NotFound to unknown ids", () =>
      Effect.gen(function* () {
        const session = SessionId.make("00000000-0000-4000-8000-000000000000")
        const failures = yield* Effect.all([
          Effect.flip((yield* Jobs).get(JobId.make("job-0000000000000000"))),
          Effect.flip((yield* Jobs).cancel(JobId.make("job-0000000000000000"))),
          Effect.flip((yield* Sessions).messages(session)),
          Effect.flip((yield* Sessions).message(session, MessageId.make("nothing"))),
          Effect.flip((yield* Sessions).destroy(session)),
          Effect.flip((yield* Secrets).get(SecretName.make("effect-sandboxes-nothing"))),
          Effect.flip((yield* Secrets).delete(SecretName.make("effect-sandboxes-nothing"))),
          Effect.flip((yield* Images).get(ImageName.make("effect-sandboxes-nothing:1"))),
          ...((yield* hasAgents) ? [Effect.flip((yield* Agents).get(unknownAgent))] : [])
        ])
        expect(failures.map(({ _tag }) => _tag)).toEqual(failures.map(() => "NotFound"))
      })
    )

    it.effect("keeps a secret until it is deleted, and refuses its name until then", () =>
      Effect.gen(function* () {
        const secrets = yield* Secrets
        const name = SecretName.make(`effect-sandboxes-${yield* Effect.sync(() => globalThis.crypto.randomUUID())}`)
        const create = secrets.create({ name, value: Redacted.make("a value") })
        yield* Effect.acquireRelease(create, () => Effect.ignore(secrets.delete(name)))
        expect((yield* secrets.get(name)).name).toBe(name)
        expect((yield* secrets.list).map((secret) => secret.name)).toContain(name)
        expect((yield* Effect.flip(create))._tag).toBe("Conflict")
        yield* secrets.delete(name)
        expect((yield* Effect.flip(secrets.get(name)))._tag).toBe("NotFound")
      }).pipe(Effect.scoped)
    )

    it.effect("gets no request for an image whose name it could not route", () =>
      Effect.gen(function* () {
        const failure = yield* Effect.flip((yield* Images).get(ImageName.make("ghcr.io/owner/name:1")))
        expect(failure).toMatchObject({ _tag: "InvalidRequest", field: "name" })
      })
    )

    paid(
      "runs a prompt",
      () =>
        Effect.gen(function* () {
          const run = yield* (yield* Execution).run({ prompt: "Say hello", podman: { timeout: "4 minutes" } })
          expect(run).toMatchObject({ _tag: "Completed" })
          expect(run.output).not.toBe("")
          if (run.sessionId !== undefined) yield* Effect.ignore((yield* Sessions).destroy(run.sessionId))
        }),
      minutes
    )

    paid(
      "refuses to resume a session that is unknown, and asks Claude nothing",
      () =>
        Effect.gen(function* () {
          const sessionId = SessionId.make(globalThis.crypto.randomUUID())
          const failure = yield* Effect.flip(
            (yield* Execution).run({ prompt: "And now?", claude: { sessionId, resume: true } })
          )
          // Whatever this leaves behind.
          yield* Effect.ignore((yield* Sessions).destroy(sessionId))
          expect(failure).toMatchObject({ _tag: "NotFound", admitted: "no" })
        }),
      minutes
    )

    paid(
      "answers with a value of a schema",
      () =>
        Effect.gen(function* () {
          const Answer = Schema.Struct({ city: Schema.String, inhabitants: Schema.Int })
          const run = yield* (yield* Execution).runStructured(Answer, { prompt: "Name a city and its inhabitants" })
          expect(Number.isInteger(run.value.inhabitants)).toBe(true)
        }),
      minutes
    )

    paid(
      "streams lines, and Done at the end",
      () =>
        Effect.gen(function* () {
          const events = yield* Stream.runCollect((yield* Execution).stream({ prompt: "Count to 3" }))
          const tags = Array.from(events, ({ _tag }) => _tag)
          expect(tags.at(-1)).toBe("Done")
          expect(tags.slice(0, -1)).toContain("Output")
        }),
      minutes
    )

    paid(
      "runs a job to its end",
      () =>
        Effect.gen(function* () {
          const started = yield* (yield* Execution).runAsync({ prompt: "Count to 3" })
          const job = yield* (yield* Jobs).await(started)
          expect(job).toMatchObject({ id: started.jobId, status: "completed" })
          expect((yield* Effect.flip((yield* Jobs).cancel(started.jobId)))._tag).toBe("Conflict")
        }),
      minutes
    )

    paid(
      "starts one run for a key, and refuses another prompt",
      () =>
        Effect.gen(function* () {
          const execution = yield* Execution
          const request = { key: globalThis.crypto.randomUUID(), prompt: "Count to 3" }
          const all = yield* Effect.forEach([1, 2, 3], () => execution.runAsync(request), { concurrency: "unbounded" })
          expect(new Set(all.map(({ jobId }) => jobId)).size).toBe(1)
          const refused = yield* Effect.flip(execution.runAsync({ ...request, prompt: "Count to 4" }))
          expect(refused._tag).toBe("RunKeyConflict")
          expect((yield* (yield* Jobs).await(all[0]?.jobId ?? JobId.make(""))).status).toBe("completed")
        }),
      minutes
    )

    paid(
      "remembers a conversation, and forgets it when it is destroyed",
      () =>
        Effect.gen(function* () {
          const session = yield* Session.make({ destroyOnClose: true })
          yield* session.run({ prompt: "My name is Alice." })
          expect((yield* session.run({ prompt: "What is my name?" })).output).toContain("Alice")
          expect(yield* Stream.runCount(session.messages)).toBeGreaterThanOrEqual(4)
          return session.id
        }).pipe(
          Effect.scoped,
          Effect.flatMap((id) => Effect.flatMap(Sessions, (sessions) => Effect.flip(sessions.messages(id)))),
          Effect.map((failure) => expect(failure._tag).toBe("NotFound"))
        ),
      minutes
    )
  })
