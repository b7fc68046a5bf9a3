/** A pool of sandboxes that are made ahead, so that taking one takes no longer than looking at it. */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as MetricLabel from "effect/MetricLabel"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { InvalidRequest } from "../../../errors/ApiError.js"
import { SandboxFailed } from "../../../errors/daytona/controlPlane.js"
import { invalidRequest } from "../../../internal/failure.js"
import type { CreateSandbox } from "../../../schema/daytona/CreateSandbox.js"
import type { PoolStatus } from "../../../schema/daytona/PoolStatus.js"
import type { SandboxState } from "../../../schema/daytona/Sandbox.js"
import type { DurationWithUnit } from "../../../schema/refused.js"
import type { ConnectedSandbox } from "../sandboxes/connection.js"
import type { CreateError } from "../sandboxes/creation.js"
import { Sandboxes } from "../sandboxes/Sandboxes.js"
import * as SingleUse from "./singleUse.js"

/**
 * Sandboxes that are made ahead. Each is used once: it is handed out to one caller, and deleted when the scope of that
 * caller closes.
 *
 * Callers are served in the order in which they came. Whenever a sandbox is taken or deleted, the pool makes what is
 * missing. A creation that fails is repeated behind the scenes: after a second, then after twice as long each time, up
 * to a minute, and no sooner than the server allows. Meanwhile the pool makes one attempt at a time.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { SandboxPool } from "effect-sandboxes/daytona"
 *
 * const program = Effect.gen(function* () {
 *   const pool = yield* SandboxPool
 *   const sandbox = yield* pool.take
 *   return (yield* sandbox.process.execute("python3 --version")).stdout
 * }).pipe(Effect.scoped)
 *
 * const withPool = program.pipe(
 *   Effect.provide(SandboxPool.layer({ sandbox: { image: "python:3.12" }, minimum: 2, maximum: 10 }))
 * )
 * ```
 */
export class SandboxPool extends Context.Tag("effect-sandboxes/daytona/SandboxPool")<
  SandboxPool,
  SandboxPool.Service
>() {
  /** The pool as a service; see `make`. It begins to make sandboxes when the layer is built. */
  static readonly layer = <R = never>(
    options: SandboxPool.Options<R>
  ): Layer.Layer<SandboxPool, InvalidRequest, Sandboxes | Exclude<R, Scope.Scope>> => Layer.scoped(this, make(options))

  /**
   * A pool that lives as long as the scope; for a program with several pools, each under a tag of its own. When the
   * scope closes, all of its sandboxes are deleted, also those that are in use or being made, and callers that still
   * wait are interrupted. Fails with `InvalidRequest`, which names the option, when one is invalid. Does not wait for
   * sandboxes.
   */
  static readonly make = <R = never>(
    options: SandboxPool.Options<R>
  ): Effect.Effect<SandboxPool.Service, InvalidRequest, Sandboxes | R | Scope.Scope> => make(options)
}

export declare namespace SandboxPool {
  interface Service {
    /**
     * Takes a sandbox, which is deleted in the background when the scope closes. Waits if none is ready.
     *
     * Before it is handed out, the server is asked whether it runs, and its time without activity begins anew; then
     * `check` runs. A sandbox that fails is deleted, and the caller waits for the next one.
     *
     * Fails as `Sandboxes.scoped`, and only when no other sandbox is on its way: at once with an error that repeating
     * does not mend (`Unauthorized`, an unknown snapshot), with an exceeded quota once none of the sandboxes of this
     * pool is left whose deletion could make room, and with any other error after five failures in a row.
     * Waits without a limit while all sandboxes are in use: use `Effect.timeout` for a limit.
     */
    readonly take: Effect.Effect<ConnectedSandbox, CreateError, Scope.Scope>
    /** How many sandboxes there are now, and how many callers wait. */
    readonly status: Effect.Effect<Status>
  }

  /** The sandboxes of a pool and its callers, counted. */
  type Status = PoolStatus

  /** How many sandboxes to keep ready, which, and for how long. */
  interface Options<R = never> {
    /** What to create; not with `name` or `key`, since each sandbox is another one. Default: the server's default. */
    readonly sandbox?: CreateSandbox<R> | undefined
    /** How long a creation may take, and how it is awaited; default as for `Sandboxes.create`: 60 seconds. */
    readonly creation?: Omit<Sandboxes.WaitOptions, "wait"> | undefined
    /** How many sandboxes are kept ready, besides those in use; default 1. `0`: they are made when asked for. */
    readonly minimum?: number | undefined
    /** How many may exist at once, including those that are in use, being made or being deleted. */
    readonly maximum: number
    /** How many are made at once; default 5. */
    readonly concurrency?: number | undefined
    /**
     * How long a sandbox is kept ready before another one takes its place; default 10 minutes. Should be less than
     * `autoStop`, by default 15 minutes, since a stopped sandbox is of no use.
     */
    readonly timeToLive?: DurationWithUnit | undefined
    /**
     * Whether a sandbox is fit for use, in addition to the pool's own check: any failure says no, and so does a check
     * that takes more than 30 seconds.
     */
    readonly check?: ((sandbox: ConnectedSandbox) => Effect.Effect<unknown, unknown, R>) | undefined
    /**
     * The label `pool` of the gauges `effect_sandboxes_pool_size`, `effect_sandboxes_pool_idle` and
     * `effect_sandboxes_pool_waiting`; default `default`.
     */
    readonly name?: string | undefined
  }
}

const at = { system: "daytona", operation: "SandboxPool.make" } as const

const take = "SandboxPool.take"

const problemOf = <R>({
  concurrency = 5,
  maximum,
  minimum = 1,
  sandbox = {},
  timeToLive = "10 minutes"
}: SandboxPool.Options<R>): readonly [field: string, problem: string] | undefined => {
  for (const field of ["name", "key"]) {
    if (field in sandbox) return [`sandbox.${field}`, "must be absent: a pool makes many sandboxes"]
  }
  if (!(Number.isSafeInteger(minimum) && minimum >= 0)) return ["minimum", "must be a whole number, at least 0"]
  if (!(Number.isSafeInteger(maximum) && maximum >= Math.max(1, minimum))) {
    return ["maximum", "must be a whole number, at least 1 and at least `minimum`"]
  }
  if (!(Number.isSafeInteger(concurrency) && concurrency >= 1)) {
    return ["concurrency", "must be a whole number, at least 1"]
  }
  const kept = Option.getOrUndefined(Duration.decodeUnknown(timeToLive))
  return kept === undefined || !(Duration.toMillis(kept) > 0)
    ? ["timeToLive", "must be a duration, longer than zero"]
    : undefined
}

/** Why there can be no pool with these options, if there cannot. */
export const refusalOfPool = <R>(options: SandboxPool.Options<R>): InvalidRequest | undefined => {
  const problem = problemOf(options)
  return problem && invalidRequest(at, ...problem)
}

/** Quotas, and runners without capacity: the server has no status of its own for them. */
const isFull = (detail: string | undefined): boolean =>
  /limit exceeded|quota exceeded|no available runners/i.test(detail ?? "")

const judgeError = (error: CreateError): SingleUse.Verdict["kind"] => {
  switch (error._tag) {
    case "BadRequest":
      return isFull(error.detail) ? "full" : "final"
    case "Conflict":
      return error.retryable ? "passing" : "final"
    case "Forbidden":
    case "InvalidRequest":
    case "NotFound":
    case "Unauthorized":
    case "UnexpectedStatus":
    case "UnsupportedByServer":
      return "final"
    default:
      return "passing"
  }
}

const judge = (cause: Cause.Cause<CreateError>): SingleUse.Verdict =>
  Option.match(Cause.failureOption(cause), {
    onNone: () => ({ kind: "final" }),
    onSome: (error) => ({
      kind: judgeError(error),
      pause: "retryAfter" in error ? error.retryAfter : undefined
    })
  })

/** A sandbox was seen running when it was made, and the server may show an older state for some seconds. */
const fit: ReadonlyArray<SandboxState> = ["started", "starting", "creating", "pulling_snapshot", "unknown"]

const longestCheck = Duration.seconds(30)

const unfit = ({ id }: ConnectedSandbox, state: string, reason: string) =>
  new SandboxFailed({
    system: "daytona",
    operation: take,
    sandboxId: id,
    state,
    reason,
    message: `Sandbox ${id} of a pool was deleted, since it is not fit for use: ${reason}`
  })

const gauges = (pool: string) => {
  const gauge = (name: string, description: string) => {
    const metric = Metric.gauge(`effect_sandboxes_pool_${name}`, { description })
    return (value: number) => metric.unsafeUpdate(value, [MetricLabel.make("pool", pool)])
  }
  const size = gauge("size", "Sandboxes of a pool, also those that are in use, being made or being deleted")
  const idle = gauge("idle", "Sandboxes of a pool that are ready")
  const waiting = gauge("waiting", "Callers that wait for a sandbox of a pool")
  return (status: PoolStatus): void => {
    size(status.size)
    idle(status.idle)
    waiting(status.waiting)
  }
}

const make = <R = never>(
  options: SandboxPool.Options<R>
): Effect.Effect<SandboxPool.Service, InvalidRequest, Sandboxes | R | Scope.Scope> =>
  Effect.gen(function* () {
    const refused = refusalOfPool(options)
    if (refused !== undefined) return yield* refused
    const sandboxes = yield* Sandboxes
    const { concurrency = 5, maximum, minimum = 1, name = "default", timeToLive = "10 minutes" } = options

    const ownCheck = (sandbox: ConnectedSandbox): Effect.Effect<unknown, CreateError> =>
      Effect.zipRight(sandboxes.refreshActivity(sandbox.id), sandboxes.get(sandbox.id)).pipe(
        Effect.filterOrFail(
          ({ state }) => fit.includes(state),
          ({ errorReason, state }) =>
            unfit(sandbox, state, `its state is ${state}${errorReason === undefined ? "" : `: ${errorReason}`}`)
        ),
        // For the pool that is no reason to give up, as it is where a creation names something unknown.
        Effect.catchTag("NotFound", () => Effect.fail(unfit(sandbox, "destroyed", "it no longer exists")))
      )
    const { check: userCheck = () => Effect.void } = options
    const check = (sandbox: ConnectedSandbox): Effect.Effect<unknown, CreateError, R> =>
      Effect.zipRight(
        ownCheck(sandbox),
        userCheck(sandbox).pipe(
          Effect.mapError((error) =>
            unfit(sandbox, sandbox.state, `\`check\` failed${error instanceof Error ? `: ${error.message}` : ""}`)
          ),
          Effect.timeoutFail({
            duration: longestCheck,
            onTimeout: () => unfit(sandbox, sandbox.state, `\`check\` took more than ${Duration.format(longestCheck)}`)
          })
        )
      )

    return yield* SingleUse.make<ConnectedSandbox, CreateError, R>({
      acquire: sandboxes.scoped<R>(options.sandbox, options.creation),
      check,
      judge,
      minimum,
      maximum,
      concurrency,
      timeToLive: Duration.decode(timeToLive),
      onChange: gauges(name)
    })
  })
