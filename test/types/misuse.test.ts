/** Mistakes that the compiler rejects. None of this code is ever run. */
import { describe, expectTypeOf, it } from "@effect/vitest"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type {
  AgentId,
  JobId,
  MessageId,
  RunId,
  SecretName,
  SessionId,
  TurnId
} from "../../src/schema/stromboli/Identifiers.js"
import type { ImageName } from "../../src/schema/stromboli/Image.js"
import type { Execution } from "../../src/services/stromboli/execution/Execution.js"
import { operations as execution } from "../../src/services/stromboli/execution/Execution.js"
import type { Images } from "../../src/services/stromboli/Images.js"
import type { Jobs } from "../../src/services/stromboli/Jobs.js"
import * as jobs from "../../src/services/stromboli/jobOperations.js"
import type { Secrets } from "../../src/services/stromboli/Secrets.js"
import type { StromboliClient } from "../../src/services/stromboli/StromboliClient.js"
import * as sessions from "../../src/services/stromboli/sessions/operations.js"
import type { Session } from "../../src/services/stromboli/sessions/Session.js"
import type { Sessions } from "../../src/services/stromboli/sessions/Sessions.js"
import type { Webhooks } from "../../src/services/stromboli/Webhooks.js"

describe("an operation", () => {
  it("is not called without its path parameters, query and body", () => {
    const calls = (client: StromboliClient.Service) => [
      client.call(jobs.list),
      client.call(jobs.get, { path: { id: "job-1" } }),
      // @ts-expect-error: the job is missing.
      client.call(jobs.get),
      // @ts-expect-error: the job is missing.
      client.call(jobs.get, {}),
      // @ts-expect-error: the job is missing.
      client.call(jobs.get, { path: {} }),
      // @ts-expect-error: its parameter is called `id`.
      client.call(jobs.get, { path: { job: "job-1" } }),
      // @ts-expect-error: it has two parameters.
      client.call(sessions.message, { path: { id: "s-1" } }),
      // @ts-expect-error: the request is missing.
      client.call(execution.run),
      // @ts-expect-error: the request is missing.
      client.call(execution.run, { body: {} }),
      // @ts-expect-error: it takes no body.
      client.call(jobs.get, { path: { id: "job-1" }, body: {} })
    ]
    expectTypeOf(calls).toBeFunction()
  })
})

describe("identifiers", () => {
  it("of different types are not interchangeable, and a string is not an identifier", () => {
    expectTypeOf<JobId>().toExtend<string>()
    expectTypeOf<string>().not.toExtend<JobId>()
    expectTypeOf<RunId>().not.toExtend<JobId>()
    expectTypeOf<JobId>().not.toExtend<SessionId>()
    expectTypeOf<SessionId>().not.toExtend<MessageId>()
    expectTypeOf<MessageId>().not.toExtend<SessionId>()
    expectTypeOf<AgentId>().not.toExtend<SessionId>()
    expectTypeOf<TurnId>().not.toExtend<AgentId>()
    expectTypeOf<SecretName>().not.toExtend<ImageName>()
    expectTypeOf<ImageName>().not.toExtend<SecretName>()
  })

  it("of another type are rejected by the services", () => {
    const calls = (
      services: { jobs: Jobs.Service; sessions: Sessions.Service; images: Images.Service },
      ids: { run: RunId; session: SessionId; message: MessageId; secret: SecretName }
    ) => [
      // @ts-expect-error: a string.
      services.jobs.get("job-1"),
      // @ts-expect-error: a run is not a job.
      services.jobs.cancel(ids.run),
      // @ts-expect-error: a session is not a job.
      services.jobs.await(ids.session),
      // @ts-expect-error: a message is not a session.
      services.sessions.destroy(ids.message),
      // @ts-expect-error: the other way round.
      services.sessions.message(ids.message, ids.session),
      // @ts-expect-error: a secret is not an image.
      services.images.get(ids.secret)
    ]
    expectTypeOf(calls).toBeFunction()
  })
})

describe("a request", () => {
  it("has a prompt, and only fields that its endpoint accepts", () => {
    const calls = (execution: Execution.Service, sessionId: SessionId) => [
      execution.run({ prompt: "hi", claude: { sessionId, model: "a-model-of-tomorrow", effort: "extreme" } }),
      // @ts-expect-error: without a prompt.
      execution.run({}),
      // @ts-expect-error: the server silently ignores it; `runAsync` has it.
      execution.run({ prompt: "hi", webhookUrl: "https://hooks.test" }),
      // @ts-expect-error: a string is not a session id.
      execution.run({ prompt: "hi", claude: { sessionId: "s-1" } }),
      // @ts-expect-error: wire names are not field names.
      execution.run({ prompt: "hi", claude: { session_id: sessionId } }),
      // @ts-expect-error: the server would ignore any other value.
      execution.run({ prompt: "hi", claude: { promptCachingTtl: "2h" } }),
      // @ts-expect-error: text, as in Podman.
      execution.run({ prompt: "hi", podman: { cpus: 2 } }),
      // @ts-expect-error: the endpoint has no options.
      execution.stream({ prompt: "hi", claude: {} }),
      // @ts-expect-error: it follows from the schema.
      execution.runStructured(Schema.String, { prompt: "hi", claude: { jsonSchema: "{}" } }),
      // @ts-expect-error: it follows from the schema.
      execution.runStructured(Schema.String, { prompt: "hi", claude: { outputFormat: "text" } })
    ]
    expectTypeOf(calls).toBeFunction()
  })

  it("in a conversation cannot set the session", () => {
    const calls = (session: Session, sessionId: SessionId) => [
      // @ts-expect-error: the conversation sets the session.
      session.run({ prompt: "hi", claude: { sessionId } }),
      // @ts-expect-error: the conversation decides whether to resume it.
      session.run({ prompt: "hi", claude: { resume: true } }),
      // @ts-expect-error: a conversation must be saved.
      session.run({ prompt: "hi", claude: { noPersistence: true } })
    ]
    expectTypeOf(calls).toBeFunction()
  })

  it("does not accept a secret as plain text", () => {
    const calls = (secrets: Secrets.Service, name: SecretName, value: Redacted.Redacted) => [
      secrets.create({ name, value }),
      // @ts-expect-error: it would be printed with its container.
      secrets.create({ name, value: "hunter2" })
    ]
    expectTypeOf(calls).toBeFunction()
    expectTypeOf<Webhooks.Options["secret"]>().toEqualTypeOf<Redacted.Redacted>()
    expectTypeOf<string>().not.toExtend<StromboliClient.Options["token"]>()
  })

  it("of a webhook can come from any framework", () => {
    expectTypeOf<Headers>().toExtend<Webhooks.HeaderSource>()
    expectTypeOf<import("node:http").IncomingHttpHeaders>().toExtend<Webhooks.HeaderSource>()
    expectTypeOf<Readonly<Record<string, string>>>().toExtend<Webhooks.HeaderSource>()
    expectTypeOf<Uint8Array<ArrayBufferLike>>().toExtend<Webhooks.Request["body"]>()
    expectTypeOf<Buffer>().toExtend<Webhooks.Request["body"]>()
  })
})
