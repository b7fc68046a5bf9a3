/** What listens in a sandbox, and waiting for it: instead of a sleep and a hope. */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { ApiError, InvalidRequest } from "../../../errors/ApiError.js"
import { PortNotReady } from "../../../errors/daytona/ports.js"
import { invalidRequest } from "../../../internal/failure.js"
import * as Operation from "../../../internal/Operation.js"
import { type PollOptions, pollUntil } from "../../../internal/poll.js"
import { withRequestOptions } from "../../../RequestOptions.js"
import { PortInUse, PortList } from "../../../schema/daytona/toolbox/Workspace.js"
import { Toolbox } from "./Toolbox.js"

/**
 * What listens in a sandbox, and waiting for it: instead of a sleep and a hope.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Ports, Process } from "effect-sandboxes/daytona"
 *
 * const program = Effect.gen(function* () {
 *   const ports = yield* Ports
 *   const process = yield* Process
 *   yield* process.start("python3 -u -m http.server 8000")
 *   yield* ports.awaitHttp(8000, { path: "/", isReady: (status) => status < 500 })
 * }).pipe(Effect.scoped)
 * ```
 */
export class Ports extends Context.Tag("effect-sandboxes/daytona/Ports")<Ports, Ports.Service>() {
  /** The service on top of the connection to one sandbox. Building it sends nothing. */
  static readonly layer: Layer.Layer<Ports, never, Toolbox> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export declare namespace Ports {
  interface Service {
    /**
     * The TCP ports that something listens on, in order; the daemon's own are among them. The daemon looks once a second, and
     * only at IPv4. `GET /port`
     */
    readonly list: Effect.Effect<ReadonlyArray<number>, ApiError>
    /**
     * Whether something listens on a port. Between 3000 and 9999 the daemon tries to connect, so the answer is of this
     * moment; of other ports it knows what `list` knows. `GET /port/{port}/in-use`, `GET /port`
     */
    readonly inUse: (port: number) => Effect.Effect<boolean, ApiError>
    /**
     * Waits until something listens on a port. Fails with `PortNotReady` when the time is up.
     *
     * @example
     * ```ts
     * import * as Effect from "effect/Effect"
     * import { Ports, Process } from "effect-sandboxes/daytona"
     *
     * const server = Effect.gen(function* () {
     *   const process = yield* Process
     *   const ports = yield* Ports
     *   yield* process.start("python3 -m http.server 8000")
     *   yield* ports.awaitPort(8000, { timeout: "10 seconds" })
     * })
     * ```
     */
    readonly awaitPort: (port: number, options?: AwaitOptions) => Effect.Effect<void, ApiError | PortNotReady>
    /**
     * Waits until an HTTP server in the sandbox answers as hoped, and returns the status. The daemon asks it, so the port need
     * not be reachable from outside. Fails with `PortNotReady` when the time is up. `GET /proxy/{port}/{path}`
     */
    readonly awaitHttp: (
      port: number,
      options?: AwaitOptions & {
        /** The path to ask for, perhaps with a query, as it stands in a URL; default `/`. */
        readonly path?: string | undefined
        /** Whether a status will do; default: 200 to 399. */
        readonly isReady?: ((status: number) => boolean) | undefined
      }
    ) => Effect.Effect<number, ApiError | PortNotReady>
  }

  /** How long to wait, and how to poll. */
  interface AwaitOptions extends PollOptions {
    /** The time for the whole wait; default 60 seconds. */
    readonly timeout?: Duration.DurationInput | undefined
    /** When to poll. Default: every 200 ms. */
    readonly schedule?: Schedule.Schedule<unknown> | undefined
    /** Consecutive failed polls tolerated. Default 50, which is ten seconds of them. */
    readonly maxFailures?: number | undefined
  }
}

export const operations = {
  list: Operation.make("Ports.list", "GET", "/port", { success: PortList }),
  inUse: Operation.make("Ports.inUse", "GET", "/port/{port}/in-use", { success: PortInUse })
}

/** Ports that the daemon tries by connecting to them. */
const tried = { first: 3000, last: 9999 } as const

const checked = (operation: string, port: number): Either.Either<number, InvalidRequest> =>
  Number.isInteger(port) && port >= 1 && port <= 65_535
    ? Either.right(port)
    : Either.left(invalidRequest({ system: "daytona", operation }, "port", "must be a whole number from 1 to 65535"))

const isSuccess = (status: number): boolean => status >= 200 && status < 400

/** Whether a refusal is about our credentials, in the words of the proxy; any other 401 is the answer of the server in the sandbox. */
const isOurs = ({ _tag, detail = "" }: { readonly _tag: string; readonly detail?: string | undefined }): boolean =>
  _tag === "Unauthorized" && /^unauthorized: (authentication failed|missing authentication)\b/i.test(detail)

const awaitHttpName = "Ports.awaitHttp"

/** The request that the daemon passes on. Its path is the caller's, and kept as it is. */
const passedOn = (
  port: number,
  path: string
): Either.Either<Operation.Operation<string, never, never, void, never>, InvalidRequest> => {
  const target = `http://localhost:${port}${path}`
  if (!path.startsWith("/") || !URL.canParse(target)) {
    const problem = "must begin with `/` and be a path as in a URL"
    return Either.left(invalidRequest({ system: "daytona", operation: awaitHttpName }, "path", problem))
  }
  const { pathname, search } = new URL(target)
  // Braces would be holes of the template.
  const literal = `${pathname}${search}`.replaceAll("{", "%7B").replaceAll("}", "%7D")
  // Its query is the caller's, and may hold a key.
  const spec = { success: Schema.Void, secretUrl: search !== "" }
  return Either.right(Operation.make(awaitHttpName, "GET", `/proxy/${port}${literal}`, spec))
}

export const make: Effect.Effect<Ports.Service, never, Toolbox> = Effect.map(Toolbox, (toolbox) => {
  const list: Ports.Service["list"] = Effect.map(toolbox.call(operations.list), ({ ports }) =>
    [...ports].sort((a, b) => a - b)
  )
  const inUse: Ports.Service["inUse"] = (port) =>
    Effect.flatMap(checked(operations.inUse.name, port), () =>
      port >= tried.first && port <= tried.last
        ? Effect.map(toolbox.call(operations.inUse, { path: { port: String(port) } }), ({ isInUse }) => isInUse)
        : Effect.map(list, (ports) => ports.includes(port))
    )

  const waitFor = <A, E extends { readonly retryable: boolean }>(
    ask: Effect.Effect<Option.Option<A>, E>,
    { maxFailures = 50, schedule = Schedule.spaced("200 millis"), timeout = "60 seconds" }: Ports.AwaitOptions,
    missed: (when: string) => PortNotReady
  ) =>
    // The wait polls again by itself.
    pollUntil(withRequestOptions(ask, { retry: false }), { timeout, schedule, maxFailures, onEnd: missed })

  const { sandboxId } = toolbox

  /** The status of an answer of whatever kind; none where nobody answered the daemon. */
  const statusOf = (operation: Operation.Operation<string, never, never, void, never>) =>
    toolbox
      .stream(operation, {}, ({ status }) => Stream.succeed(status))
      .pipe(
        Stream.runHead,
        Effect.catchAll((error): Effect.Effect<Option.Option<number>, ApiError> => {
          if (!("status" in error) || error.status === undefined || isOurs(error)) return Effect.fail(error)
          const nobody = error.status === 502 && error.detail === undefined
          return Effect.succeed(nobody ? Option.none() : Option.some(error.status))
        })
      )

  return Ports.of({
    list,
    inUse,
    awaitPort: (port, options = {}) =>
      waitFor(
        Effect.map(inUse(port), (open) => (open ? Option.some(undefined) : Option.none())),
        options,
        (when) =>
          new PortNotReady({
            system: "daytona",
            operation: "Ports.awaitPort",
            sandboxId,
            port,
            message: `Nothing listened on port ${port} of sandbox ${sandboxId} ${when}`
          })
      ),
    awaitHttp: (port, { isReady = isSuccess, path = "/", ...options } = {}) =>
      Effect.gen(function* () {
        yield* checked(awaitHttpName, port)
        const operation = yield* passedOn(port, path)
        let lastStatus: number | undefined
        const ask = Effect.map(statusOf(operation), (status) => {
          lastStatus = Option.getOrElse(status, () => lastStatus)
          return Option.filter(status, isReady)
        })
        return yield* waitFor(ask, options, (when) => {
          const seen = lastStatus === undefined ? "Nothing answered" : `The last answer was ${lastStatus}`
          return new PortNotReady({
            system: "daytona",
            operation: awaitHttpName,
            sandboxId,
            port,
            ...(lastStatus === undefined ? {} : { lastStatus }),
            message: `${seen} at port ${port}${path.replace(/[?#].*$/s, "")} of sandbox ${sandboxId} ${when}`
          })
        })
      })
  })
})
