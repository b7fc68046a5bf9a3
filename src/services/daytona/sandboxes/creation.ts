/** Creates sandboxes without leaking any: neither on interruption, nor on a timeout, nor on a broken connection. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { ApiError, BadRequest, Conflict, InvalidRequest, NotFound } from "../../../errors/ApiError.js"
import {
  type KeyConflict,
  type SandboxFailed,
  type SandboxWaitTimeout,
  UnsupportedByServer
} from "../../../errors/daytona/controlPlane.js"
import { policyProblem } from "../../../internal/clientOptions.js"
import { invalidRequest } from "../../../internal/failure.js"
import type { Resource } from "../../../internal/pendingReleases.js"
import { scopedCreation } from "../../../internal/scopedCreation.js"
import { heldSandbox } from "../../../internal/telemetry.js"
import { RequestOptions, withRequestOptions } from "../../../RequestOptions.js"
import {
  type CreateBuildInfo,
  type CreateKeyedSandbox,
  type CreateSandbox,
  type CreateSandboxBody,
  Language,
  languageLabel
} from "../../../schema/daytona/CreateSandbox.js"
import { RegionId, type SandboxId } from "../../../schema/daytona/Identifiers.js"
import type { Image } from "../../../schema/daytona/image/Image.js"
import type { Sandbox } from "../../../schema/daytona/Sandbox.js"
import { explainBodySize } from "../bodySize.js"
import type { DaytonaClient } from "../DaytonaClient.js"
import { base } from "../image/base.js"
import * as ImageBuild from "../image/build.js"
import type { ObjectStorage } from "../objectStorage/ObjectStorage.js"
import * as Ownership from "../ownership.js"
import { operations as secretOperations } from "../Secrets.js"
import { type Cleanup, creationLabel, type Trace } from "./cleanup.js"
import { type ConnectedSandbox, connected } from "./connection.js"
import * as Keyed from "./keyed.js"
import type { SandboxLifecycle } from "./lifecycle.js"
import { operations } from "./operations.js"
import * as Waits from "./waits.js"

export type CreateError =
  | ApiError
  | Conflict
  | KeyConflict
  | NotFound
  | SandboxFailed
  | SandboxWaitTimeout
  | UnsupportedByServer

export interface CreateOptions extends Waits.WaitOptions {
  /**
   * What to do with a sandbox that was created but did not start. `keep` (the default): it is kept, and the error has
   * its id. `delete`: it is deleted before the error is reported. On interruption it is always deleted, since its id
   * would be lost. Cannot be given with a `key`: another process may use that sandbox.
   */
  readonly onFailure?: "keep" | "delete" | undefined
}

export interface SandboxCreation {
  /**
   * Creates a sandbox from a snapshot (the default), an image reference or an image to build, and waits until it runs.
   * Returns it with the services inside it.
   *
   * The request is never sent twice. If its response is lost, the sandbox is searched for by a label that is unique to
   * this request (`effect-sandboxes-creation`). On interruption, a sandbox that was created is deleted.
   *
   * With a `key`, as `getOrCreate`.
   *
   * Fails with `BadRequest` for an unknown snapshot, an exceeded quota and the like; with `NotFound` for an unknown
   * region or volume; with `Conflict` when the name is taken; with `SandboxFailed` when the sandbox does not start; and
   * with `SandboxWaitTimeout` when it does not start in time. Every error after the creation has its id (`sandboxId`).
   * Fails with `UnsupportedByServer` on a server that is too old for `ttl`, `autoPause`, `spot` or `secrets`; such a
   * sandbox is deleted, since it would go on without what should limit it. `POST /sandbox`; with `secrets`, after
   * `GET /secret/paginated`
   */
  readonly create: <R = never>(
    sandbox?: CreateSandbox<R>,
    options?: CreateOptions
  ) => Effect.Effect<ConnectedSandbox, CreateError, NoInfer<R>>
  /**
   * Creates a sandbox that is deleted when the scope closes. It is also deleted when its creation fails, times out or
   * is interrupted, or when the response is lost. An interruption takes as long as the deletion does. A sandbox that
   * cannot be deleted within two minutes is logged as a warning, with its id. Otherwise as `create`.
   *
   * With a `key`, the scope deletes the sandbox that it created, also when another process has found it meanwhile by
   * its key; it never deletes one that it found. Until it is created and running, it is kept as with `getOrCreate`:
   * give it `autoDelete`, `ttl` or `wantedFor`.
   *
   * @example
   * ```ts
   * import * as Effect from "effect/Effect"
   * import { Sandboxes } from "effect-sandboxes/daytona"
   *
   * const program = Effect.gen(function* () {
   *   const sandboxes = yield* Sandboxes
   *   const sandbox = yield* sandboxes.scoped({ image: "python:3.12", cpu: 2, memory: 4 })
   *   return yield* sandbox.process.execute("python3 --version")
   * }).pipe(Effect.scoped)
   * ```
   */
  readonly scoped: <R = never>(
    sandbox?: CreateSandbox<R>,
    options?: Waits.WaitOptions
  ) => Effect.Effect<ConnectedSandbox, CreateError, NoInfer<R> | Scope.Scope>
  /**
   * The sandbox with this key, which is created if it does not exist. The same key of the same application gives the
   * same sandbox, from any process, until it is deleted: also when several ask at once, and when an answer is lost.
   * The key becomes its name (`es__<application>__<key>`, in which `_` and two hex digits stand for a byte other than
   * a letter, a digit or `-`).
   *
   * An existing sandbox is started if it is stopped, archived or paused. While it is being deleted, the call waits,
   * and creates another one. `timeout` covers all of that.
   *
   * A sandbox is used only if its labels say that it was created with this key and the same parameters; it fails with
   * `KeyConflict` otherwise, and touches nothing. All parameters count except `wantedFor`: those that it was created
   * with, not what became of them, and an option that is absent differs from one with the value of the default. The
   * values of `env` and the credentials in `outboundProxyUrl` are compared with what the server returns, and are in no
   * label; the label has a digest of everything else, of a Dockerfile too.
   *
   * A failure or an interruption deletes nothing, since another process may use the sandbox already; asking again
   * finds it. With `UnsupportedByServer`, a sandbox that this call created is deleted. Fails with `InvalidRequest` for
   * a key that is empty, too long, or together with `name`. Otherwise as `create`. `GET /sandbox/{sandboxIdOrName}`,
   * `POST /sandbox`
   *
   * @example
   * ```ts
   * import * as Effect from "effect/Effect"
   * import { Sandboxes } from "effect-sandboxes/daytona"
   *
   * const workspaceOf = (user: string) =>
   *   Effect.flatMap(Sandboxes, (sandboxes) =>
   *     sandboxes.getOrCreate({ key: `workspace of ${user}`, image: "python:3.12", autoDelete: "7 days" })
   *   )
   * ```
   */
  readonly getOrCreate: <R = never>(
    sandbox: CreateKeyedSandbox<R>,
    options?: Keyed.GetOrCreateOptions
  ) => Effect.Effect<ConnectedSandbox, CreateError, NoInfer<R>>
}

const { name: operation } = operations.create

const isLanguage = (value: unknown): value is Language => Schema.is(Language)(value)

type Body = typeof CreateSandboxBody.Type

/** Our labels for a new sandbox. */
const ownLabels = <R>(
  { wantedFor }: CreateSandbox<R>,
  creation: string,
  application: string
): Effect.Effect<Ownership.Labels, InvalidRequest> =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const until =
      wantedFor === undefined
        ? {}
        : yield* Either.mapLeft(Ownership.untilLabel(wantedFor, now), (problem) =>
            invalidRequest({ system: "daytona", operation }, "wantedFor", problem)
          )
    return { [Ownership.labels.application]: application, [creationLabel]: creation, ...until }
  })

const bodyOf = <R>(
  { image, key: _, labels, language, target, wantedFor: __, ...settings }: CreateSandbox<R>,
  ours: Ownership.Labels,
  defaultTarget: string | undefined,
  build: (image: string | Image<R>) => Effect.Effect<CreateBuildInfo, ApiError, R>
): Effect.Effect<Body, ApiError, R> => {
  if (language !== undefined && !isLanguage(language)) {
    const problem = `must be ${Language.literals.join(", ")}`
    return Effect.fail(invalidRequest({ system: "daytona", operation }, "language", problem))
  }
  const taken = Object.keys(labels ?? {}).find(Ownership.isReserved)
  if (taken !== undefined) {
    const problem = `must not have \`${taken}\`, which is set by this package`
    return Effect.fail(invalidRequest({ system: "daytona", operation }, "labels", problem))
  }
  const body = {
    ...settings,
    target: target ?? (defaultTarget === undefined ? undefined : RegionId.make(defaultTarget)),
    labels: { ...labels, ...(language === undefined ? {} : { [languageLabel]: language }), ...ours }
  }
  return image === undefined ? Effect.succeed(body) : Effect.map(build(image), (buildInfo) => ({ ...body, buildInfo }))
}

/** Whether the server may have created a sandbox despite the error. */
const mayHaveMade = (error: ApiError | Conflict | NotFound, { name }: Trace): boolean =>
  error.admitted !== "no" ||
  Keyed.isStartFailure(error) ||
  // A proxy may have sent the request twice; then the name is taken by the sandbox of the first one.
  (error._tag === "Conflict" && name !== undefined && !error.retryable)

/** A lookup by name is not delayed, unlike the list, so one is enough. */
const looksAfter = (error: { readonly _tag: string }) => (error._tag === "Conflict" ? Schedule.stop : undefined)

/** The progress of a creation. */
type Made =
  | { readonly _tag: "Nothing" }
  /** The request was sent, and its response is pending or lost. */
  | { readonly _tag: "Perhaps" }
  | { readonly _tag: "Sandbox"; readonly id: SandboxId }

const nothing: Made = { _tag: "Nothing" }
const perhaps: Made = { _tag: "Perhaps" }

/** A creation, and how to undo what has happened so far. */
interface Begun<R> {
  readonly pending: Resource
  readonly run: Effect.Effect<ConnectedSandbox, CreateError, R>
  readonly undo: Effect.Effect<void>
}

const isSet = (interval: unknown): boolean => interval !== undefined && interval !== "disabled"

/** What was asked for and is not in the answer: older servers ignore options that they do not know. */
const ignoredField = <R>({ autoPause, spot, ttl }: CreateSandbox<R>, seen: Sandbox): string | undefined => {
  if (isSet(ttl) && seen.autoDestroyAt === undefined) return "ttl"
  if (isSet(autoPause) && !isSet(seen.autoPause)) return "autoPause"
  return spot === true && !seen.spot ? "spot" : undefined
}

const unsupported = (field: string, outcome: string, admitted: "no" | "yes", sandboxId?: SandboxId) =>
  new UnsupportedByServer({
    operation,
    field,
    ...(sandboxId === undefined ? {} : { sandboxId }),
    admitted,
    message: `${operation}: this server is too old for \`${field}\` and ignores it; ${outcome}`
  })

const deletedNow = "it is deleted now"

const startFailed = (sandbox: Sandbox, error: BadRequest): SandboxFailed => {
  const errorReason = sandbox.errorReason ?? error.detail
  return Waits.failed(operation, { ...sandbox, errorReason }, Waits.started)
}

export const make = (
  client: DaytonaClient.Service,
  storage: ObjectStorage.Service,
  wait: Waits.Waiter,
  cleanup: Cleanup,
  lifecycle: Pick<SandboxLifecycle, "recover" | "start">
): SandboxCreation => {
  const build = <R>(image: string | Image<R>): Effect.Effect<CreateBuildInfo, ApiError, R> =>
    ImageBuild.upload<R>(storage, typeof image === "string" ? base(image) : image)

  const send = (body: Body, deadline: Duration.Duration) =>
    Effect.flatMap(RequestOptions, (options) =>
      withRequestOptions(client.call(operations.create, { body }).pipe(explainBodySize(operations.create, body)), {
        // An invalid deadline is for the call to refuse.
        deadline:
          policyProblem(options) === undefined
            ? Duration.min(deadline, options.deadline ?? Duration.infinity)
            : options.deadline
      })
    )

  /** Sends the request, and searches for its sandbox if the response is lost. */
  const post = (body: Body, trace: Trace, deadline: Duration.Duration, made: Ref.Ref<Made>) => {
    const found = (sandbox: Sandbox) => Effect.as(Ref.set(made, { _tag: "Sandbox", id: sandbox.id }), sandbox)
    return Effect.zipRight(Ref.set(made, perhaps), send(body, deadline)).pipe(
      Effect.flatMap(found),
      Effect.catchAll((error) =>
        Effect.gen(function* () {
          const sandboxes = mayHaveMade(error, trace)
            ? yield* Effect.mapError(cleanup.find(trace, looksAfter(error)), () => error)
            : []
          const [sandbox] = sandboxes
          if (sandbox === undefined) {
            yield* Ref.set(made, nothing)
            return yield* error
          }
          yield* found(sandbox)
          return error._tag === "BadRequest" ? yield* startFailed(sandbox, error) : sandbox
        })
      )
    )
  }

  /** Older servers have no vault. They would ignore the secrets of a new sandbox, and its answer does not name them. */
  const requireVault = <R>({ secrets }: CreateSandbox<R>): Effect.Effect<void, UnsupportedByServer> =>
    secrets === undefined || Object.keys(secrets).length === 0
      ? Effect.void
      : Effect.catchAll(Effect.asVoid(client.call(secretOperations.list, { query: { limit: 1 } })), (error) =>
          // A key that may not list secrets can still mount them.
          error._tag === "UnexpectedStatus" && error.status === 404
            ? Effect.fail(unsupported("secrets", "nothing was sent", "no"))
            : Effect.void
        )

  /** Deletes a sandbox that was created without what would have ended it. */
  const refuseIgnored = <R>(asked: CreateSandbox<R>, seen: Sandbox, made?: Ref.Ref<Made>) => {
    const field = ignoredField(asked, seen)
    return field === undefined
      ? Effect.void
      : cleanup
          .remove(seen.id)
          .pipe(
            Effect.zipRight(made === undefined ? Effect.void : Ref.set(made, nothing)),
            Effect.zipRight(
              Effect.fail(unsupported(field, `sandbox ${seen.id} was created without it, and deleted`, "yes", seen.id))
            )
          )
  }

  const begin = <R>(
    sandbox: CreateSandbox<R>,
    { timeout = Waits.defaultTimeout, wait: waits = true, ...options }: Waits.WaitOptions,
    afterwards?: string
  ): Effect.Effect<Begun<R>> =>
    Effect.map(Ref.make<Made>(nothing), (made) => {
      const trace: Trace = { key: globalThis.crypto.randomUUID(), name: sandbox.name }
      return {
        pending: { what: `a sandbox that was being created, with the label ${creationLabel}=${trace.key}` },
        run: Effect.gen(function* () {
          yield* requireVault(sandbox)
          const ours = yield* ownLabels(sandbox, trace.key, client.application)
          const body = yield* bodyOf(sandbox, ours, client.target, build)
          const [spent, seen] = yield* Effect.timed(post(body, trace, Duration.decode(timeout), made))
          yield* refuseIgnored(sandbox, seen, made)
          const created = waits
            ? yield* wait(
                { operation, id: seen.id, goal: Waits.started, seen, spent, afterwards },
                { ...options, timeout }
              )
            : seen
          return yield* connected(client, created)
        }),
        undo: Effect.flatMap(Ref.get(made), (state) => {
          switch (state._tag) {
            case "Nothing":
              return Effect.void
            case "Perhaps":
              return cleanup.removeTraced(trace)
            case "Sandbox":
              return cleanup.remove(state.id)
          }
        })
      }
    })

  const askFor = Keyed.make(client, wait, lifecycle, send)

  /** The sandbox of a key. Nothing of it is undone. */
  const keyed = <R>(
    operation: string,
    sandbox: CreateSandbox<R>,
    { onFailure, ...options }: Keyed.GetOrCreateOptions & Pick<CreateOptions, "onFailure">
  ) =>
    Effect.gen(function* () {
      const refuse = (field: string, problem: string) =>
        invalidRequest({ system: "daytona", operation }, field, problem)
      const { key = "", name } = sandbox
      const problem = Ownership.problemOf("key", key)
      if (problem !== undefined) return yield* refuse("key", problem)
      if (name !== undefined) return yield* refuse("name", "cannot be given with `key`, which becomes the name")
      if (onFailure === "delete") {
        return yield* refuse("onFailure", "cannot be `delete` with a `key`: another process may use the sandbox")
      }
      const creation = globalThis.crypto.randomUUID()
      const labels = yield* ownLabels(sandbox, creation, client.application)
      const parameters = yield* bodyOf(sandbox, {}, client.target, build)
      yield* requireVault(sandbox)
      const owner = { application: client.application, key }
      const kept = yield* askFor({ operation, owner, creation, parameters, labels }, options)
      if (kept.created) yield* refuseIgnored(sandbox, kept.sandbox)
      return { created: kept.created, sandbox: yield* connected(client, kept.sandbox) }
    })

  return {
    create: (sandbox = {}, { onFailure = "keep", ...options } = {}) =>
      sandbox.key === undefined
        ? Effect.flatMap(
            begin(sandbox, options, onFailure === "delete" ? deletedNow : undefined),
            ({ pending, run, undo }) =>
              Effect.onError(run, (cause) =>
                // An interruption is not an error that the caller could take the id from.
                onFailure === "delete" || Option.isNone(Cause.failureOption(cause)) ? undo : Effect.void
              ).pipe(client.pendingReleases.during(pending))
          )
        : Effect.map(keyed(operation, sandbox, { onFailure, ...options }), (kept) => kept.sandbox),
    getOrCreate: (sandbox, options = {}) =>
      Effect.map(keyed("Sandboxes.getOrCreate", sandbox, options), (kept) => kept.sandbox),
    scoped: (sandbox = {}, options = {}) =>
      sandbox.key === undefined
        ? Effect.flatMap(begin(sandbox, options, deletedNow), ({ pending, run, undo }) =>
            scopedCreation(client.pendingReleases, {
              create: run,
              pending,
              resource: ({ id }) => ({ what: `sandbox ${id}`, sandboxId: id }),
              remove: () => undo,
              removeLost: () => undo,
              held: heldSandbox
            })
          )
        : Effect.map(
            scopedCreation(client.pendingReleases, {
              create: keyed("Sandboxes.scoped", sandbox, options),
              pending: { what: `a sandbox that was being created, with the key ${sandbox.key}` },
              resource: ({ sandbox: { id } }) => ({ what: `sandbox ${id}`, sandboxId: id }),
              remove: (kept) => (kept.created ? cleanup.remove(kept.sandbox.id) : Effect.void),
              removeLost: () => Effect.void,
              held: heldSandbox
            }),
            (kept) => kept.sandbox
          )
  }
}
