/** Open ports in a sandbox, and waiting until a server is ready. */
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
import * as Arguments from "../../../internal/arguments.js"
import { invalidRequest } from "../../../internal/failure.js"
import { withMethodSpans } from "../../../internal/methodSpans.js"
import * as Operation from "../../../internal/Operation.js"
import { type PollOptions, pollUntil } from "../../../internal/poll.js"
import { withRequestOptions } from "../../../RequestOptions.js"
import { PortInUse, PortList } from "../../../schema/daytona/toolbox/Workspace.js"
import { operations as processOperations } from "./process/operations.js"
import { Toolbox } from "./Toolbox.js"

/**
 * Open ports in a sandbox, and waiting until a server is ready.
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
     * The TCP ports with a listener on IPv4, in ascending order. The daemon checks once a second, and does not see what
     * listens on IPv6 or on both, as servers of Node do; `inUse` does. `GET /port`
     */
    readonly list: Effect.Effect<ReadonlyArray<number>, ApiError>
    /**
     * Whether a port has a listener. From 3000 to 9999 the daemon tries to connect, so the answer is current; for other
     * ports it is that of `list`, or else of the system's table of IPv6 listeners. `GET /port/{port}/in-use`,
     * `GET /port`, `POST /process/execute`
     */
    readonly inUse: (port: number) => Effect.Effect<boolean, ApiError>
    /**
     * Waits until a port has a listener. Fails with `PortNotReady` after `timeout`.
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
     * Waits until an HTTP server in the sandbox responds with a status that `isReady` accepts, and returns it. The
     * daemon sends the requests, so the port need not be reachable from outside. Fails with `PortNotReady` after
     * `timeout`. `GET /proxy/{port}/{path}`
     */
    readonly awaitHttp: (
      port: number,
      options?: AwaitOptions & {
        /** The path of the URL, with a query if needed; default `/`. */
        readonly path?: string | undefined
        /** Whether a status means that the server is ready; default: 200 to 399. */
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

/** Ports that the daemon checks by connecting to them. */
const probed = { first: 3000, last: 9999 } as const

/** A line of `/proc/net/tcp6`: number, local address and port, remote ones, state. */
const isListener = (line: string, port: number): boolean => {
  const [, local = "", , state] = line.trim().split(/\s+/)
  return state === "0A" && Number.parseInt(local.split(":")[1] ?? "", 16) === port
}

const validPort = (operation: string, port: number): Either.Either<number, InvalidRequest> =>
  Number.isInteger(port) && port >= 1 && port <= 65_535
    ? Either.right(port)
    : Either.left(invalidRequest({ system: "daytona", operation }, "port", "must be an integer from 1 to 65535"))

const isSuccess = (status: number): boolean => status >= 200 && status < 400

/** Whether the proxy refused our credentials; any other 401 comes from the server in the sandbox. */
const isFromProxy = ({ _tag, detail = "" }: { readonly _tag: string; readonly detail?: string | undefined }): boolean =>
  _tag === "Unauthorized" && /^unauthorized: (authentication failed|missing authentication)\b/i.test(detail)

const awaitHttpName = "Ports.awaitHttp"

/** The request that the daemon forwards. The path is that of the caller, unchanged. */
const forwarded = (
  port: number,
  path: string
): Either.Either<Operation.Operation<string, never, never, void, never>, InvalidRequest> => {
  const target = `http://localhost:${port}${path}`
  if (!path.startsWith("/") || !URL.canParse(target)) {
    const problem = "must begin with `/` and be a valid URL path"
    return Either.left(invalidRequest({ system: "daytona", operation: awaitHttpName }, "path", problem))
  }
  const { pathname, search } = new URL(target)
  // Braces would be template parameters.
  const literal = `${pathname}${search}`.replaceAll("{", "%7B").replaceAll("}", "%7D")
  // The query is that of the caller, and may contain a key.
  const spec = { success: Schema.Void, secretUrl: search !== "" }
  return Either.right(Operation.make(awaitHttpName, "GET", `/proxy/${port}${literal}`, spec))
}

const { effect } = Arguments.methodsOf("daytona", "Ports")

const port = Arguments.number
const awaiting = { ...Arguments.polling, timeout: Arguments.duration }

const checked = (methods: Ports.Service): Ports.Service =>
  withMethodSpans(
    "Daytona.Ports",
    {
      ...methods,
      awaitPort: effect("awaitPort", { port, options: Arguments.options(awaiting) }, methods.awaitPort),
      awaitHttp: effect(
        "awaitHttp",
        {
          port,
          options: Arguments.options({ ...awaiting, path: Arguments.text, isReady: Arguments.callback })
        },
        methods.awaitHttp
      )
    },
    ["inUse", "awaitPort", "awaitHttp"]
  )

export const make: Effect.Effect<Ports.Service, never, Toolbox> = Effect.map(Toolbox, (toolbox) => {
  const list: Ports.Service["list"] = Effect.map(toolbox.call(operations.list), ({ ports }) =>
    [...ports].sort((a, b) => a - b)
  )
  /** A listener on both families is only in this table. */
  const listensOnIpv6 = (port: number) =>
    Effect.map(
      toolbox.call(processOperations.executeMerged, {
        body: { command: "cat /proc/net/tcp6 2> /dev/null", timeout: 10 }
      }),
      ({ result }) => result.split("\n").some((line) => isListener(line, port))
    )

  const inUse: Ports.Service["inUse"] = (port) =>
    Effect.flatMap(validPort(operations.inUse.name, port), () =>
      port >= probed.first && port <= probed.last
        ? Effect.map(toolbox.call(operations.inUse, { path: { port: String(port) } }), ({ isInUse }) => isInUse)
        : Effect.flatMap(list, (ports) => (ports.includes(port) ? Effect.succeed(true) : listensOnIpv6(port)))
    )

  const waitFor = <A, E extends { readonly retryable: boolean }>(
    poll: Effect.Effect<Option.Option<A>, E>,
    { maxFailures = 50, schedule = Schedule.spaced("200 millis"), timeout = "60 seconds" }: Ports.AwaitOptions,
    onTimeout: (when: string) => PortNotReady
  ) =>
    // Polling replaces the retries of the client.
    pollUntil(withRequestOptions(poll, { retry: false }), { timeout, schedule, maxFailures, onEnd: onTimeout })

  /** The status of any response; none when the daemon could not connect. */
  const statusOf = (operation: Operation.Operation<string, never, never, void, never>) =>
    toolbox
      .stream(operation, {}, ({ status }) => Stream.succeed(status))
      .pipe(
        Stream.runHead,
        Effect.catchAll((error): Effect.Effect<Option.Option<number>, ApiError> => {
          if (!("status" in error) || error.status === undefined || isFromProxy(error)) return Effect.fail(error)
          const noListener = error.status === 502 && error.detail === undefined
          return Effect.succeed(noListener ? Option.none() : Option.some(error.status))
        })
      )

  return checked({
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
            sandboxId: toolbox.sandboxId,
            port,
            message: `Nothing listened on port ${port} of sandbox ${toolbox.sandboxId} ${when}`
          })
      ),
    awaitHttp: (port, { isReady = isSuccess, path = "/", ...options } = {}) =>
      Effect.gen(function* () {
        yield* validPort(awaitHttpName, port)
        const operation = yield* forwarded(port, path)
        let lastStatus: number | undefined
        const poll = Effect.map(statusOf(operation), (status) => {
          lastStatus = Option.getOrElse(status, () => lastStatus)
          return Option.filter(status, isReady)
        })
        return yield* waitFor(poll, options, (when) => {
          const seen = lastStatus === undefined ? "No response" : `The last response was ${lastStatus}`
          return new PortNotReady({
            system: "daytona",
            operation: awaitHttpName,
            sandboxId: toolbox.sandboxId,
            port,
            ...(lastStatus === undefined ? {} : { lastStatus }),
            message: `${seen} from port ${port}${path.replace(/[?#].*$/s, "")} of sandbox ${toolbox.sandboxId} ${when}`
          })
        })
      })
  })
})
