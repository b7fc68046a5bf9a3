/** Removes what programs left behind that could not clean up after themselves: killed ones, and lost machines. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { ApiError, Conflict, InvalidRequest, NotFound } from "../../../errors/ApiError.js"
import * as Arguments from "../../../internal/arguments.js"
import { invalidRequest } from "../../../internal/failure.js"
import { defaultSchedule } from "../../../internal/retry.js"
import { serviceMethods } from "../../../internal/serviceMethods.js"
import { RequestOptions, withRequestOptions } from "../../../RequestOptions.js"
import type { SandboxId, SnapshotId, VolumeId } from "../../../schema/daytona/Identifiers.js"
import type { ReaperReport, Removal } from "../../../schema/daytona/ReaperReport.js"
import type { DurationWithUnit } from "../../../schema/refused.js"
import { DaytonaClient, defaultApplication } from "../DaytonaClient.js"
import { labels, ownerOf } from "../ownership.js"
import { operations as sandboxOperations } from "../sandboxes/operations.js"
import { Sandboxes } from "../sandboxes/Sandboxes.js"
import { Snapshots } from "../snapshots/Snapshots.js"
import { Volumes } from "../Volumes.js"
import * as Judge from "./judge.js"

/**
 * Removes what the application of the layer left behind: sandboxes that are past the time for which they were wanted
 * (`wantedFor`) or that were not used for long, and, where asked for, volumes and snapshots that were made with a key.
 *
 * Ours is what this package made for this application, and nothing else: a sandbox by its labels
 * `effect-sandboxes-application` and `effect-sandboxes-creation`, a volume or snapshot by a name that holds the
 * application and a key.
 *
 * Before each deletion it looks again, and keeps what is used again. What happens between that look and the deletion
 * cannot be known: a program that wants to keep a sandbox must be active in it, or call `Sandboxes.keepActive`.
 *
 * Several reapers may run at once. What another one has removed counts as removed.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Reaper } from "effect-sandboxes/daytona"
 *
 * const program = Effect.gen(function* () {
 *   const reaper = yield* Reaper
 *   const plan = yield* reaper.plan({ unusedFor: "1 day" })
 *   for (const { id, since, why } of plan.removals) yield* Effect.log(id, why, since)
 *   return yield* reaper.run({ unusedFor: "1 day" })
 * })
 *
 * const runnable = program.pipe(Effect.provide(Reaper.layer))
 * ```
 */
export class Reaper extends Context.Tag("effect-sandboxes/daytona/Reaper")<Reaper, Reaper.Service>() {
  /**
   * A reaper for the `application` of the `Daytona.layer` beneath. Building the layer sends nothing; it fails with
   * `InvalidRequest` when that layer has no `application`, since what all unnamed programs of an organization share
   * belongs to none of them.
   */
  static readonly layer: Layer.Layer<Reaper, InvalidRequest, DaytonaClient | Sandboxes | Snapshots | Volumes> =
    Layer.effect(
      this,
      Effect.suspend(() => make)
    )

  /**
   * Runs a reaper in the background for as long as the layer lives; see `repeat`. Fails with `InvalidRequest` when an
   * option is invalid.
   */
  static readonly layerRepeat = (options?: Reaper.RepeatOptions): Layer.Layer<never, InvalidRequest, Reaper> =>
    Layer.scopedDiscard(
      Effect.gen(function* () {
        const { repeat } = yield* Reaper
        yield* settingsOfRepeat(options)
        yield* Effect.forkScoped(repeat(options))
      })
    )
}

export declare namespace Reaper {
  interface Service {
    /**
     * What `run` would remove now, without removing anything. Fails when the server cannot be asked, and with
     * `InvalidRequest` when an option is invalid.
     * `GET /sandbox`; as asked for, `GET /volumes` and `GET /snapshots`
     */
    readonly plan: (options?: Options) => Effect.Effect<ReaperReport, ApiError>
    /**
     * Removes what is due, and reports what became of each. One that cannot be removed does not stop the run: its
     * outcome is `failed`. Otherwise fails as `plan`, before anything is removed. Where the server limits requests, it
     * waits as long as the server asks for. As `plan`; then `GET` and `DELETE` for each
     */
    readonly run: (options?: Options) => Effect.Effect<ReaperReport, ApiError>
    /**
     * Runs again and again, and never ends, not even when a run fails, which is logged as a warning. Ready to be a
     * singleton of a cluster. Fails only with `InvalidRequest`, when an option is invalid.
     */
    readonly repeat: (options?: RepeatOptions) => Effect.Effect<never, InvalidRequest>
  }

  /** What to remove besides sandboxes that are past their time, and when. */
  interface Options {
    /**
     * Also remove sandboxes without any activity for this long, whether or not it is known for how long they were
     * wanted. At least 2 minutes: servers note activity up to a minute late. Default: never.
     */
    readonly unusedFor?: DurationWithUnit | undefined
    /**
     * How long a sandbox that is past its time is kept after its last activity; default 5 minutes. Activity is the
     * lease of a program that needs longer than it thought. `0`: it is removed even while it is used.
     */
    readonly grace?: DurationWithUnit | undefined
    /**
     * Also remove volumes that were made with a key and not mounted in a new sandbox for this long, **with their
     * contents**. At least 2 minutes. One that a sandbox still uses is kept by the server. Default: never.
     */
    readonly volumesUnusedFor?: DurationWithUnit | undefined
    /**
     * Also remove snapshots that were made with a key and from which no sandbox was created for this long. At least 2
     * minutes. Default: never.
     */
    readonly snapshotsUnusedFor?: DurationWithUnit | undefined
    /**
     * How far clocks may differ; default 1 minute. Ages are measured with the clock of the server, but the time for
     * which a sandbox was wanted began on that of the program which created it. Where the server does not tell the
     * time, it is also added to all other limits.
     */
    readonly clockSkew?: DurationWithUnit | undefined
    /** How many are removed at once; default 4. */
    readonly concurrency?: number | undefined
  }

  /** When to run again, and what to do with the reports. */
  interface RepeatOptions extends Options {
    /** When to run again; default: 5 minutes after each run. */
    readonly schedule?: Schedule.Schedule<unknown> | undefined
    /** What to do with the report of each run; default: log what failed as a warning, and the rest at debug level. */
    readonly onReport?: ((report: ReaperReport) => Effect.Effect<void>) | undefined
  }
}

/** Servers note the activity inside a sandbox up to 50 seconds late, and show it up to 10 seconds later. */
const shortestUnused = Duration.minutes(2)

interface Settings extends Judge.Limits {
  readonly concurrency: number
}

const settingsOf = (operation: string, options: Reaper.Options = {}): Either.Either<Settings, InvalidRequest> => {
  const { clockSkew = "1 minute", concurrency = 4, grace = "5 minutes" } = options
  const refused = (field: string, problem: string) => invalidRequest({ system: "daytona", operation }, field, problem)
  const millis = (field: keyof Reaper.Options, input: Duration.DurationInput, least: Duration.Duration) => {
    const duration = Number.isNaN(input) ? undefined : Option.getOrUndefined(Duration.decodeUnknown(input))
    return duration === undefined || Duration.lessThan(duration, least)
      ? Either.left(refused(field, `must be a duration of at least ${Duration.format(least)}`))
      : Either.right(Duration.toMillis(duration))
  }
  const unused = (field: "unusedFor" | "volumesUnusedFor" | "snapshotsUnusedFor") => {
    const input = options[field]
    return input === undefined ? Either.right(undefined) : millis(field, input, shortestUnused)
  }
  const isCount = Number.isSafeInteger(concurrency) && concurrency >= 1
  return Either.all({
    concurrency: isCount
      ? Either.right(concurrency)
      : Either.left(refused("concurrency", "must be a whole number, at least 1")),
    unusedFor: unused("unusedFor"),
    grace: millis("grace", grace, Duration.zero),
    volumesUnusedFor: unused("volumesUnusedFor"),
    snapshotsUnusedFor: unused("snapshotsUnusedFor"),
    clockSkew: millis("clockSkew", clockSkew, Duration.zero)
  })
}

const refusedRepeat = Arguments.refusalOf("daytona", "Reaper", "repeat", {
  options: Arguments.options({ schedule: Arguments.schedule, onReport: Arguments.callback })
})

export const settingsOfRepeat = (options?: Reaper.RepeatOptions): Either.Either<Settings, InvalidRequest> => {
  const refused = refusedRepeat([options])
  return refused === undefined ? settingsOf("Reaper.repeat", options) : Either.left(refused)
}

const checked = serviceMethods("daytona", "Reaper", {
  effects: { plan: { options: Arguments.options({}) }, run: { options: Arguments.options({}) } },
  spans: ["plan", "run"]
})

/** A clock to measure ages with. */
interface Ages {
  readonly clock: ReaperReport["clock"]
  readonly moment: Effect.Effect<Judge.Moment>
}

/** What became of a removal. */
type Outcome = Pick<Removal, "outcome" | "detail">

const removed: Outcome = { outcome: "removed" }
const alreadyGone: Outcome = { outcome: "already-gone" }
const kept = (detail: string): Outcome => ({ outcome: "kept", detail })

const usedAgain = kept("it was used meanwhile")
const notOurs = kept("it no longer belongs to this application")

/** Something that is due, and how to remove it after another look. */
interface Due {
  readonly removal: Removal
  readonly remove: Effect.Effect<Outcome, ApiError | Conflict | NotFound>
}

/** There is no hurry: a server that limits requests is waited for. Other failures are retried as usual. */
const patient: Schedule.Schedule<unknown, ApiError | Conflict> = Schedule.exponential("1 second").pipe(
  Schedule.union(Schedule.spaced("30 seconds")),
  Schedule.intersect(Schedule.recurs(10)),
  Schedule.intersect(Schedule.recurWhile(({ _tag }: ApiError | Conflict) => _tag === "RateLimited")),
  Schedule.union(defaultSchedule)
)

const patiently = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(RequestOptions, ({ retry = patient }) => withRequestOptions(effect, { retry }))

const outcomeOf = (due: Due): Effect.Effect<Removal> =>
  due.remove.pipe(
    Effect.catchTags({
      NotFound: () => Effect.succeed(alreadyGone),
      InvalidResponse: (error) =>
        // The server did it, although its response cannot be read.
        error.method === "DELETE" && error.admitted === "yes" ? Effect.succeed(removed) : Effect.fail(error)
    }),
    Effect.catchAll(({ message }) => Effect.succeed<Outcome>({ outcome: "failed", detail: message })),
    Effect.map((outcome) => ({ ...due.removal, ...outcome }))
  )

const logReport = ({ removals }: ReaperReport): Effect.Effect<void> => {
  const failed = removals.filter(({ outcome }) => outcome === "failed")
  const gone = removals.filter(({ outcome }) => outcome === "removed").length
  return Effect.zipRight(
    Effect.logDebug(`Reaper: ${gone} removed, ${removals.length - gone - failed.length} kept or gone already`),
    Effect.forEach(failed, ({ detail, id, kind }) => Effect.logWarning(`Reaper: ${kind} ${id} remains: ${detail}`), {
      discard: true
    })
  )
}

export const make: Effect.Effect<Reaper.Service, InvalidRequest, DaytonaClient | Sandboxes | Snapshots | Volumes> =
  Effect.gen(function* () {
    const client = yield* DaytonaClient
    const sandboxes = yield* Sandboxes
    const snapshots = yield* Snapshots
    const volumes = yield* Volumes
    const { application } = client
    if (application === defaultApplication) {
      return yield* invalidRequest(
        { system: "daytona", operation: "Reaper.layer" },
        "application",
        "must be given to `Daytona.layer`: what programs without a name made may belong to anyone"
      )
    }

    /** The server's clock, by the difference to ours; at most a second and the way of the response behind. */
    const ages: Effect.Effect<Ages, ApiError> = Effect.gen(function* () {
      const header = yield* Stream.runHead(
        client.stream(sandboxOperations.list, { query: { limit: 1 } }, ({ headers }) => Stream.succeed(headers["date"]))
      )
      const ahead = Date.parse(Option.getOrUndefined(header) ?? "") - (yield* Clock.currentTimeMillis)
      const clock = Number.isNaN(ahead) ? "own" : "server"
      const difference = Number.isNaN(ahead) ? 0 : ahead
      return { clock, moment: Effect.map(Clock.currentTimeMillis, (now) => ({ now: now + difference, clock })) }
    })

    const planned = (
      kind: Removal["kind"],
      { id, name }: { readonly id: string; readonly name: string },
      key: string | undefined,
      reason: Judge.Reason
    ): Removal => ({ kind, id, name, ...(key === undefined ? {} : { key }), ...reason, outcome: "planned" })

    /** A deletion that is refused may be one that is under way. */
    const deleteSandbox = (id: SandboxId) =>
      sandboxes.delete(id).pipe(
        Effect.as(removed),
        Effect.catchTag("Conflict", ({ message }) =>
          Effect.map(sandboxes.get(id), ({ state }) =>
            state === "destroying" || state === "destroyed" ? alreadyGone : kept(`it is being changed: ${message}`)
          )
        ),
        // They belong to waits, and it does not wait.
        Effect.catchTags({
          SandboxFailed: ({ message }) => Effect.succeed<Outcome>({ outcome: "failed", detail: message }),
          SandboxWaitTimeout: () => Effect.succeed(removed)
        })
      )

    const lookAgainAtSandbox = (id: SandboxId, limits: Judge.Limits, { moment }: Ages) =>
      Effect.flatMap(Effect.zip(sandboxes.get(id), moment), ([found, now]): Due["remove"] => {
        if (found.state === "destroying" || found.state === "destroyed") return Effect.succeed(alreadyGone)
        if (!Judge.isOurs(application, found.labels)) return Effect.succeed(notOurs)
        return Judge.ofSandbox(found, limits, now) === undefined ? Effect.succeed(usedAgain) : deleteSandbox(id)
      })

    const lookAgainAtVolume = (id: VolumeId, limits: Judge.Limits, { moment }: Ages) =>
      Effect.flatMap(Effect.zip(volumes.get(id), moment), ([found, now]): Due["remove"] => {
        if (["pending_delete", "deleting", "deleted"].includes(found.state)) return Effect.succeed(alreadyGone)
        if (!Judge.isNamedByUs(application, found)) return Effect.succeed(notOurs)
        return Judge.ofVolume(found, limits, now) === undefined
          ? Effect.succeed(usedAgain)
          : volumes.delete(id).pipe(
              Effect.as(removed),
              Effect.catchTag("Conflict", ({ message }) => Effect.succeed(kept(message)))
            )
      })

    const lookAgainAtSnapshot = (id: SnapshotId, limits: Judge.Limits, { moment }: Ages) =>
      Effect.flatMap(Effect.zip(snapshots.get(id), moment), ([found, now]): Due["remove"] => {
        if (found.state === "removing") return Effect.succeed(alreadyGone)
        if (!Judge.isNamedByUs(application, found)) return Effect.succeed(notOurs)
        return Judge.ofSnapshot(found, limits, now) === undefined
          ? Effect.succeed(usedAgain)
          : Effect.as(snapshots.delete(id), removed)
      })

    /** Ours, each once: while pages are fetched, one may move from page to page. */
    const ours = <A extends { readonly id: string }>(all: Iterable<A>, isOurs: (each: A) => boolean) => [
      ...new Map(Array.from(all).flatMap((each) => (isOurs(each) ? [[each.id, each] as const] : []))).values()
    ]

    const survey = (limits: Judge.Limits, ages: Ages) =>
      Effect.gen(function* () {
        // Should a server ignore the filter, other sandboxes must not be touched.
        const listed = yield* Stream.runCollect(
          sandboxes.list({
            labels: { [labels.application]: application },
            sort: "createdAt",
            order: "asc",
            pageSize: 200
          })
        )
        const volumeList = limits.volumesUnusedFor === undefined ? [] : yield* volumes.list()
        const snapshotList =
          limits.snapshotsUnusedFor === undefined ? [] : yield* Stream.runCollect(snapshots.list({ pageSize: 200 }))
        const now = yield* ages.moment

        const found = {
          sandboxes: ours(listed, (each) => Judge.isOurs(application, each.labels)),
          volumes: ours(volumeList, (each) => Judge.isNamedByUs(application, each)),
          snapshots: ours(snapshotList, (each) => !each.general && Judge.isNamedByUs(application, each))
        }
        const due: ReadonlyArray<Due> = [
          ...found.sandboxes.flatMap((each) => {
            const reason = Judge.ofSandbox(each, limits, now)
            const remove = lookAgainAtSandbox(each.id, limits, ages)
            return reason ? [{ removal: planned("sandbox", each, each.labels[labels.key], reason), remove }] : []
          }),
          ...found.volumes.flatMap((each) => {
            const reason = Judge.ofVolume(each, limits, now)
            const remove = lookAgainAtVolume(each.id, limits, ages)
            return reason ? [{ removal: planned("volume", each, ownerOf(each.name)?.key, reason), remove }] : []
          }),
          ...found.snapshots.flatMap((each) => {
            const reason = Judge.ofSnapshot(each, limits, now)
            const remove = lookAgainAtSnapshot(each.id, limits, ages)
            return reason ? [{ removal: planned("snapshot", each, ownerOf(each.name)?.key, reason), remove }] : []
          })
        ]
        const report: ReaperReport = {
          application,
          startedAt: new Date(now.now).toISOString(),
          clock: ages.clock,
          seen: {
            sandboxes: found.sandboxes.length,
            volumes: found.volumes.length,
            snapshots: found.snapshots.length
          },
          removals: due.map(({ removal }) => removal)
        }
        return { due, report }
      })

    const surveyed = (settings: Settings) => Effect.flatMap(ages, (all) => survey(settings, all))

    const run: Reaper.Service["run"] = (options) =>
      Effect.gen(function* () {
        const settings = yield* settingsOf("Reaper.run", options)
        const { due, report } = yield* surveyed(settings)
        const removals = yield* Effect.forEach(due, outcomeOf, { concurrency: settings.concurrency })
        return { ...report, removals }
      }).pipe(patiently)

    return checked<Reaper.Service>({
      plan: (options) =>
        settingsOf("Reaper.plan", options).pipe(
          Effect.flatMap(surveyed),
          Effect.map(({ report }) => report),
          patiently
        ),
      run,
      repeat: (options) =>
        Effect.flatMap(settingsOfRepeat(options), () => {
          const { onReport = logReport, schedule = Schedule.spaced("5 minutes") } = options ?? {}
          return run(options).pipe(
            Effect.flatMap(onReport),
            Effect.catchAll(({ message }) => Effect.logWarning(`Reaper: nothing was removed: ${message}`)),
            Effect.repeat(schedule),
            Effect.zipRight(Effect.never)
          )
        })
    })
  })
