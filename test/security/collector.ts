/** Collects as text whatever an operator or a debugger could see: logs, spans, errors, values, metrics. */
import { inspect } from "node:util"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Tracer from "effect/Tracer"
import * as Errors from "../../src/errors/index.js"

export const surfaces = [
  "collected logs",
  "string logs",
  "logfmt logs",
  "JSON logs",
  "structured logs",
  "pretty logs",
  "spans",
  "errors",
  "encoded errors",
  "services",
  "metrics"
] as const
export type Surface = (typeof surfaces)[number]

/** All of it: the metrics are those of the whole process, and by default 100 are shown. */
const whole = { depth: 20, maxArrayLength: null, maxStringLength: null }

/** A value in every form in which it could be printed. */
const views = (value: unknown): ReadonlyArray<string> => {
  const json = (): string => {
    try {
      return JSON.stringify(value) ?? ""
    } catch {
      return "" // a circle, or a bigint: no JSON, so nothing to leak
    }
  }
  return [String(value), json(), inspect(value, whole), inspect(value, { ...whole, showHidden: true })]
}

const AnyError = Schema.Union(
  Errors.ApiError,
  Errors.NotFound,
  Errors.Conflict,
  Errors.StreamInterrupted,
  Errors.RunFailed,
  Errors.InvalidWebhook,
  Errors.CommandFailed,
  Errors.CommandTimeout,
  Errors.SessionEnded,
  Errors.ShellExited,
  Errors.PtyDetached,
  Errors.PtyNotStarted,
  Errors.InterpreterCrashed,
  Errors.InterpreterOutputLost,
  Errors.InterpreterUnavailable,
  Errors.UploadsFailed,
  Errors.GitAuthenticationFailed,
  Errors.GitNotFound,
  Errors.GitPushRejected,
  Errors.GitRemoteUnreachable,
  Errors.UnsupportedByDaemon,
  Errors.UnsupportedByServer
)
const encodeError = Schema.encodeUnknownOption(AnyError)

export interface Collector {
  readonly shown: (surface: Surface) => ReadonlyArray<string>
  readonly spanNames: ReadonlySet<string>
  /** Defects, of which there should be none. */
  readonly defects: ReadonlyArray<unknown>
  /** Runs an effect and records its failure. */
  readonly attempt: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<Exit.Exit<A, E>, never, R>
  /** Records the printed forms of a value. */
  readonly look: (value: unknown) => Effect.Effect<void>
  readonly lookAtMetrics: Effect.Effect<void>
  /** All loggers, at all levels, and a tracer. */
  readonly observed: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

export const make = (): Collector => {
  const texts = new Map<Surface, Array<string>>(surfaces.map((surface) => [surface, []]))
  const note = (surface: Surface, ...shown: ReadonlyArray<string>) => {
    texts.get(surface)?.push(...shown)
  }
  const spanNames = new Set<string>()
  const defects: Array<unknown> = []

  const noteExit = (surface: "spans" | "errors", exit: Exit.Exit<unknown, unknown>) => {
    if (Exit.isSuccess(exit)) return
    note(surface, Cause.pretty(exit.cause, { renderErrorCause: true }), ...views(exit.cause))
    for (const failure of [...Cause.failures(exit.cause), ...Cause.defects(exit.cause)]) {
      note(surface, ...views(failure))
    }
  }

  const span: Tracer.Tracer["span"] = (name, parent, context, links, startTime, kind, options) => {
    spanNames.add(name)
    const attributes = new Map<string, unknown>(Object.entries(options?.attributes ?? {}))
    note("spans", name, ...views(options), ...views(links))
    return {
      _tag: "Span",
      name,
      spanId: Math.random().toString(16).slice(2).padEnd(16, "0"),
      traceId: "0123456789abcdef0123456789abcdef",
      parent,
      context,
      status: { _tag: "Started", startTime },
      attributes,
      links,
      sampled: true,
      kind,
      attribute: (key, value) => {
        attributes.set(key, value)
        note("spans", key, ...views(value))
      },
      event: (event, _, values) => note("spans", event, ...views(values)),
      addLinks: (added) => note("spans", ...views(added)),
      end: (_, exit) => noteExit("spans", exit)
    }
  }
  const tracer = Tracer.make({ span, context: (run) => run() })

  const into = <A>(surface: Surface, logger: Logger.Logger<unknown, A>): Logger.Logger<unknown, void> =>
    Logger.map(logger, (output) => note(surface, ...(typeof output === "string" ? [output] : views(output))))
  const loggers = Layer.mergeAll(
    Logger.minimumLogLevel(LogLevel.All),
    Logger.replace(
      Logger.defaultLogger,
      Logger.make(({ annotations, cause, message, spans }) =>
        note("collected logs", ...views([message, [...annotations], [...spans]]), Cause.pretty(cause), ...views(cause))
      )
    ),
    Logger.add(into("string logs", Logger.stringLogger)),
    Logger.add(into("logfmt logs", Logger.logfmtLogger)),
    Logger.add(into("JSON logs", Logger.jsonLogger)),
    Logger.add(into("structured logs", Logger.structuredLogger)),
    Logger.add(Logger.prettyLogger({ colors: false, mode: "tty" }))
  )

  return {
    shown: (surface) => texts.get(surface) ?? [],
    spanNames,
    defects,
    attempt: (effect) =>
      Effect.exit(effect).pipe(
        Effect.tap((exit) => {
          noteExit("errors", exit)
          if (Exit.isFailure(exit)) defects.push(...Cause.defects(exit.cause))
          const failure = Exit.isFailure(exit) ? Cause.failureOption(exit.cause) : Option.none()
          const encoded = Option.flatMap(failure, encodeError)
          if (Option.isSome(encoded)) note("encoded errors", ...views(encoded.value))
          return Exit.isFailure(exit) ? Effect.logError("it failed", exit.cause) : Effect.void
        })
      ),
    look: (value) =>
      Effect.zipRight(
        Effect.sync(() => note("services", ...views(value))),
        Effect.log(value)
      ),
    lookAtMetrics: Effect.map(Metric.snapshot, (snapshot) => note("metrics", ...views(snapshot))),
    observed: (effect) =>
      Effect.consoleWith((console) => {
        const print = (...line: ReadonlyArray<unknown>) =>
          note("pretty logs", ...line.map((part) => (typeof part === "string" ? part : inspect(part, { depth: 20 }))))
        const unsafe = { ...console.unsafe, log: print, error: print, group: print, groupEnd: () => {} }
        return effect.pipe(
          Effect.withTracer(tracer),
          Effect.provide(loggers),
          Effect.withConsole({ ...console, unsafe })
        )
      })
  }
}

/** The texts that contain one of the secrets, cut to its surroundings. */
export const leaks = (texts: ReadonlyArray<string>, secrets: ReadonlyArray<string>): ReadonlyArray<string> =>
  texts.flatMap((text) =>
    secrets.flatMap((secret) => {
      const place = text.indexOf(secret)
      return place < 0 ? [] : [`${secret.slice(0, 24)}… in: ${text.slice(Math.max(0, place - 160), place + 40)}`]
    })
  )
