/** The errors of each method, exactly, checked by the compiler. */
import { describe, expectTypeOf, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ApiError, Conflict, InvalidRequest, NotFound, StreamInterrupted } from "../../src/errors/ApiError.js"
import type {
  IncompatibleServer,
  InvalidWebhook,
  JobExpired,
  JobWaitTimeout,
  RunFailed,
  RunForgotten,
  RunKeyConflict,
  StructuredOutputMismatch
} from "../../src/errors/stromboli/failures.js"
import type { JobId, MessageId, SecretName, SessionId } from "../../src/schema/stromboli/Identifiers.js"
import type {
  FoundImage,
  ImageDetail,
  ImageInfo,
  ImageName,
  ImagePullRequest,
  PulledImage
} from "../../src/schema/stromboli/Image.js"
import type { Job } from "../../src/schema/stromboli/Job.js"
import type { KeyedJob, KeyedRunRequest } from "../../src/schema/stromboli/KeyedRun.js"
import type { Message } from "../../src/schema/stromboli/Message.js"
import type {
  AsyncRunRequest,
  RunEvent,
  RunRequest,
  RunResult,
  StartedJob,
  StreamRequest
} from "../../src/schema/stromboli/Run.js"
import type { Secret } from "../../src/schema/stromboli/Secret.js"
import type { MessagePage, SessionInfo } from "../../src/schema/stromboli/Session.js"
import type { ClaudeStatus, Health } from "../../src/schema/stromboli/System.js"
import type { TokenPair, TokenValidation } from "../../src/schema/stromboli/Token.js"
import type { WebhookPayload } from "../../src/schema/stromboli/Webhook.js"
import type { Auth } from "../../src/services/stromboli/auth/Auth.js"
import type * as Compatibility from "../../src/services/stromboli/Compatibility.js"
import type { Execution } from "../../src/services/stromboli/execution/Execution.js"
import type { Images } from "../../src/services/stromboli/Images.js"
import type { Jobs } from "../../src/services/stromboli/Jobs.js"
import type { Secrets } from "../../src/services/stromboli/Secrets.js"
import type { System } from "../../src/services/stromboli/System.js"
import type * as Session from "../../src/services/stromboli/sessions/Session.js"
import type { Sessions } from "../../src/services/stromboli/sessions/Sessions.js"
import type { Webhooks } from "../../src/services/stromboli/Webhooks.js"

describe("the errors of every request", () => {
  it("are a closed union", () => {
    expectTypeOf<ApiError["_tag"]>().toEqualTypeOf<
      | "InvalidRequest"
      | "BadRequest"
      | "Unauthorized"
      | "Forbidden"
      | "Timeout"
      | "RateLimited"
      | "Unavailable"
      | "ServerError"
      | "UnexpectedStatus"
      | "TransportError"
      | "InvalidResponse"
    >()
  })

  it("have a code for each tag, and say whether work was started", () => {
    expectTypeOf<NotFound["code"]>().toEqualTypeOf<"NOT_FOUND">()
    expectTypeOf<InvalidRequest["admitted"]>().toEqualTypeOf<"no">()
    expectTypeOf<ApiError["admitted"]>().toEqualTypeOf<"no" | "yes" | "unknown">()
    expectTypeOf<ApiError["system"]>().toEqualTypeOf<"stromboli" | "daytona" | "claude-code">()
  })
})

describe("Execution", () => {
  it("declares its errors", () => {
    expectTypeOf<Execution.Service["run"]>().toEqualTypeOf<
      (request: RunRequest) => Effect.Effect<RunResult, ApiError | NotFound | Conflict | RunFailed>
    >()
    // Only a run with a key can fail because of its key.
    expectTypeOf<Execution.Service["runAsync"]>().toEqualTypeOf<{
      (request: KeyedRunRequest): Effect.Effect<KeyedJob, ApiError | RunForgotten | RunKeyConflict | JobWaitTimeout>
      (request: AsyncRunRequest): Effect.Effect<StartedJob, ApiError>
    }>()
    expectTypeOf<Execution.Service["stream"]>().toEqualTypeOf<
      (request: StreamRequest) => Stream.Stream<RunEvent, ApiError | RunFailed | StreamInterrupted>
    >()
  })

  it("infers value and requirements of a structured run from its schema", () => {
    const structured = (execution: Execution.Service, schema: Schema.Schema<Date, string, "registry">) => {
      expectTypeOf(execution.runStructured(schema, { prompt: "When?" })).toEqualTypeOf<
        Effect.Effect<
          Execution.StructuredRun<Date>,
          ApiError | NotFound | Conflict | RunFailed | StructuredOutputMismatch,
          "registry"
        >
      >()
    }
    expectTypeOf(structured).toBeFunction()
    expectTypeOf<Execution.StructuredRun<Date>["value"]>().toEqualTypeOf<Date>()
    expectTypeOf<Execution.StructuredRun<Date>["_tag"]>().toEqualTypeOf<"Completed">()
  })

  it("requires a check of the tag before a crash can be read", () => {
    expectTypeOf<RunResult["_tag"]>().toEqualTypeOf<"Completed" | "Crashed">()
    expectTypeOf<Extract<RunResult, { readonly _tag: "Completed" }>>().not.toHaveProperty("crash")
    expectTypeOf<RunEvent["_tag"]>().toEqualTypeOf<"Output" | "Done" | "Unknown">()
  })
})

describe("Jobs", () => {
  it("declares its errors", () => {
    expectTypeOf<Jobs.Service["list"]>().toEqualTypeOf<Effect.Effect<ReadonlyArray<Job>, ApiError>>()
    expectTypeOf<Jobs.Service["get"]>().toEqualTypeOf<(id: JobId) => Effect.Effect<Job, ApiError | NotFound>>()
    expectTypeOf<Jobs.Service["cancel"]>().toEqualTypeOf<
      (id: JobId) => Effect.Effect<void, ApiError | NotFound | Conflict>
    >()
    expectTypeOf<ReturnType<Jobs.Service["await"]>>().toEqualTypeOf<
      Effect.Effect<Job, ApiError | NotFound | JobExpired | JobWaitTimeout>
    >()
    expectTypeOf<ReturnType<Jobs.Service["awaitAll"]>>().toEqualTypeOf<
      Effect.Effect<ReadonlyArray<Job>, ApiError | NotFound | JobExpired | JobWaitTimeout>
    >()
    expectTypeOf<Parameters<Jobs.Service["await"]>[0]>().toEqualTypeOf<JobId | StartedJob>()
  })

  it("allows only its own errors to be caught", () => {
    const caught = (jobs: Jobs.Service, id: JobId) => {
      expectTypeOf(jobs.get(id).pipe(Effect.catchTag("NotFound", () => Effect.succeed("gone" as const)))).toEqualTypeOf<
        Effect.Effect<Job | "gone", ApiError>
      >()
      // @ts-expect-error: `get` cannot fail with a conflict.
      return jobs.get(id).pipe(Effect.catchTag("Conflict", () => Effect.void))
    }
    expectTypeOf(caught).toBeFunction()
  })
})

describe("Sessions", () => {
  it("declares its errors", () => {
    expectTypeOf<Sessions.Service["list"]>().toEqualTypeOf<Effect.Effect<ReadonlyArray<SessionInfo>, ApiError>>()
    expectTypeOf<Sessions.Service["messages"]>().toEqualTypeOf<
      (id: SessionId, page?: Sessions.PageOptions) => Effect.Effect<MessagePage, ApiError | NotFound>
    >()
    expectTypeOf<ReturnType<Sessions.Service["allMessages"]>>().toEqualTypeOf<
      Stream.Stream<Message, ApiError | NotFound>
    >()
    expectTypeOf<Sessions.Service["message"]>().toEqualTypeOf<
      (id: SessionId, messageId: MessageId) => Effect.Effect<Message, ApiError | NotFound>
    >()
    expectTypeOf<Sessions.Service["destroy"]>().toEqualTypeOf<
      (id: SessionId) => Effect.Effect<void, ApiError | NotFound>
    >()
  })

  it("opens a conversation in a scope, and refuses options that are none", () => {
    expectTypeOf<ReturnType<typeof Session.make>>().toEqualTypeOf<
      Effect.Effect<Session.Session, InvalidRequest, Execution | Sessions | Scope.Scope>
    >()
    expectTypeOf<ReturnType<Session.Session["run"]>>().toEqualTypeOf<
      Effect.Effect<RunResult, ApiError | NotFound | Conflict | RunFailed>
    >()
    expectTypeOf<Session.Session["messages"]>().toEqualTypeOf<Stream.Stream<Message, ApiError | NotFound>>()
    const structured = (session: Session.Session, schema: Schema.Schema<Date, string, "registry">) => {
      expectTypeOf(session.runStructured(schema, { prompt: "When?" })).toEqualTypeOf<
        Effect.Effect<
          Execution.StructuredRun<Date>,
          ApiError | NotFound | Conflict | RunFailed | StructuredOutputMismatch,
          "registry"
        >
      >()
    }
    expectTypeOf(structured).toBeFunction()
  })
})

describe("Secrets", () => {
  it("declares its errors", () => {
    expectTypeOf<Secrets.Service["list"]>().toEqualTypeOf<Effect.Effect<ReadonlyArray<Secret>, ApiError>>()
    expectTypeOf<Secrets.Service["create"]>().toEqualTypeOf<
      (secret: {
        readonly name: SecretName
        readonly value: Redacted.Redacted
      }) => Effect.Effect<void, ApiError | Conflict>
    >()
    expectTypeOf<Secrets.Service["get"]>().toEqualTypeOf<
      (name: SecretName) => Effect.Effect<Secret, ApiError | NotFound>
    >()
    expectTypeOf<Secrets.Service["delete"]>().toEqualTypeOf<
      (name: SecretName) => Effect.Effect<void, ApiError | NotFound>
    >()
  })
})

describe("Images", () => {
  it("declares its errors", () => {
    expectTypeOf<Images.Service["list"]>().toEqualTypeOf<Effect.Effect<ReadonlyArray<ImageInfo>, ApiError>>()
    expectTypeOf<Images.Service["get"]>().toEqualTypeOf<
      (name: ImageName) => Effect.Effect<ImageDetail, ApiError | NotFound>
    >()
    expectTypeOf<ReturnType<Images.Service["search"]>>().toEqualTypeOf<
      Effect.Effect<ReadonlyArray<FoundImage>, ApiError>
    >()
    expectTypeOf<Images.Service["pull"]>().toEqualTypeOf<
      (request: ImagePullRequest) => Effect.Effect<PulledImage, ApiError>
    >()
  })
})

describe("Auth", () => {
  it("declares its errors", () => {
    expectTypeOf<Auth.Service["token"]>().toEqualTypeOf<(clientId: string) => Effect.Effect<TokenPair, ApiError>>()
    expectTypeOf<Auth.Service["refresh"]>().toEqualTypeOf<
      (refreshToken?: Redacted.Redacted) => Effect.Effect<TokenPair, ApiError>
    >()
    expectTypeOf<Auth.Service["validate"]>().toEqualTypeOf<Effect.Effect<TokenValidation, ApiError>>()
    expectTypeOf<Auth.Service["logout"]>().toEqualTypeOf<Effect.Effect<void, ApiError>>()
    expectTypeOf<Auth.Service["setToken"]>().toEqualTypeOf<
      (token: Redacted.Redacted) => Effect.Effect<void, InvalidRequest>
    >()
    expectTypeOf<Auth.Service["clearToken"]>().toEqualTypeOf<Effect.Effect<void>>()
    expectTypeOf<TokenPair["accessToken"]>().toEqualTypeOf<Redacted.Redacted>()
  })
})

describe("System, Compatibility and Webhooks", () => {
  it("declare their errors", () => {
    expectTypeOf<System.Service["health"]>().toEqualTypeOf<Effect.Effect<Health, ApiError>>()
    expectTypeOf<System.Service["claudeStatus"]>().toEqualTypeOf<Effect.Effect<ClaudeStatus, ApiError>>()
    expectTypeOf<typeof Compatibility.require>().toEqualTypeOf<
      (version: string) => Effect.Effect<Compatibility.Result, IncompatibleServer>
    >()
    expectTypeOf<typeof Compatibility.requireServer>().toEqualTypeOf<
      Effect.Effect<Compatibility.Result, ApiError | IncompatibleServer, System>
    >()
    expectTypeOf<Webhooks.Service["verify"]>().toEqualTypeOf<
      (request: Webhooks.Request) => Effect.Effect<WebhookPayload, InvalidWebhook>
    >()
  })
})
