/** New snapshots: asking for one, waiting for it, and watching it being built. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { ApiError, Conflict, NotFound } from "../../../errors/ApiError.js"
import { BuildFailed, SnapshotWaitTimeout } from "../../../errors/daytona/controlPlane.js"
import { type PollOptions, pollUntil } from "../../../internal/poll.js"
import { RegionId, type SnapshotRef } from "../../../schema/daytona/Identifiers.js"
import type { Image } from "../../../schema/daytona/image/Image.js"
import { isActive, isFailed, type Snapshot, type SnapshotSettings } from "../../../schema/daytona/Snapshot.js"
import * as buildLogs from "../buildLogs/follow.js"
import type { DaytonaClient } from "../DaytonaClient.js"
import * as ImageBuild from "../image/build.js"
import { entrypoint as withEntrypoint } from "../image/instructions.js"
import type { ObjectStorage } from "../objectStorage/ObjectStorage.js"
import { operations } from "./operations.js"

/** What a new snapshot is made of. */
export interface CreateSnapshot<out R = never> extends SnapshotSettings {
  /** The name of an image with tag or digest, not `latest`, which the server fetches; or an image for it to build. */
  readonly image: string | Image<R>
  /** What its sandboxes start with; instead of that of the image. */
  readonly entrypoint?: ReadonlyArray<string> | undefined
}

export interface AwaitOptions extends PollOptions {
  /**
   * The time for the whole wait; default 65 minutes: the server itself gives up after 60, and reports why.
   * `Duration.infinity`: no limit.
   */
  readonly timeout?: Duration.DurationInput | undefined
  /** When to poll. Default: after half a second, then at growing intervals of up to 3 seconds. */
  readonly schedule?: Schedule.Schedule<unknown> | undefined
}

export type AwaitError = ApiError | NotFound | BuildFailed | SnapshotWaitTimeout

export type CreateError = AwaitError | Conflict

/** What happens while a snapshot is made, in this order. */
export type SnapshotEvent =
  /** The server has begun; the snapshot can be looked up by its id from now on. */
  | { readonly _tag: "Created"; readonly snapshot: Snapshot }
  /** A line of the build's log. */
  | { readonly _tag: "Log"; readonly line: string }
  /** The log cannot be read, or no further; what becomes of the snapshot is still told. */
  | { readonly _tag: "LogUnavailable"; readonly error: buildLogs.LogError }
  /** It can be used. Nothing follows. */
  | { readonly _tag: "Active"; readonly snapshot: Snapshot }

const defaultTimeout = Duration.minutes(65)

const defaultSchedule = Schedule.exponential("500 millis", 1.3).pipe(Schedule.union(Schedule.spaced("3 seconds")))

const failed = (operation: string, { errorReason, id, name, state }: Snapshot): BuildFailed =>
  new BuildFailed({
    system: "daytona",
    operation,
    id,
    state,
    ...(errorReason === undefined ? {} : { reason: errorReason }),
    message: `Snapshot ${name} (${id}) cannot be used: it is ${state}${errorReason === undefined ? "" : `: ${errorReason}`}`
  })

/** States that only somebody else's doing brings about while one waits. */
const lost: ReadonlyArray<string> = ["inactive", "removing"]

const isHopeless = (snapshot: Snapshot): boolean => isFailed(snapshot) || lost.includes(snapshot.state)

export const stateOf = (operation: string, snapshot: Snapshot): buildLogs.BuildState => {
  if (isActive(snapshot)) return { _tag: "Done" }
  return isHopeless(snapshot) ? { _tag: "Failed", error: failed(operation, snapshot) } : { _tag: "Going" }
}

const unfinished = (operation: string, snapshot: string, lastState: string, when: string): SnapshotWaitTimeout =>
  new SnapshotWaitTimeout({
    system: "daytona",
    operation,
    snapshot,
    lastState,
    admitted: "yes",
    message: `Snapshot ${snapshot} was still ${lastState} ${when}; the server goes on, and it can be awaited again`
  })

/** The files or the request were still on their way when the time was up. */
const unsent = (operation: string, name: string, limit: Duration.Duration): SnapshotWaitTimeout =>
  new SnapshotWaitTimeout({
    system: "daytona",
    operation,
    snapshot: name,
    lastState: "unknown",
    admitted: "unknown",
    message: `Snapshot ${name} was not known to be created after ${Duration.format(limit)}; look it up by its name`
  })

export const make = (client: DaytonaClient.Service, storage: ObjectStorage.Service) => {
  const get = (id: string) => client.call(operations.get, { path: { id } })

  const awaitActive = (
    operation: string,
    snapshot: SnapshotRef,
    { maxFailures, schedule = defaultSchedule, timeout = defaultTimeout }: AwaitOptions = {},
    seen?: Snapshot
  ): Effect.Effect<Snapshot, AwaitError> =>
    Effect.suspend(() => {
      let last = seen
      const judge = (found: Snapshot): Effect.Effect<Option.Option<Snapshot>, BuildFailed> => {
        last = found
        if (isActive(found)) return Effect.succeedSome(found)
        return isHopeless(found) ? Effect.fail(failed(operation, found)) : Effect.succeedNone
      }
      const asking = pollUntil(
        // By its id, once that is known: the name may go to another one.
        Effect.flatMap(
          Effect.suspend(() => get(last?.id ?? snapshot)),
          judge
        ),
        {
          timeout,
          schedule,
          maxFailures,
          onEnd: (when) => unfinished(operation, last?.id ?? snapshot, last?.state ?? "unknown", when)
        }
      )
      return seen !== undefined && stateOf(operation, seen)._tag !== "Going"
        ? Effect.map(judge(seen), () => seen)
        : asking
    })

  const send = <R>({ entrypoint, image, regionId, ...settings }: CreateSnapshot<R>) => {
    const region = regionId ?? (client.target === undefined ? undefined : RegionId.make(client.target))
    const body = { ...settings, regionId: region }
    if (typeof image === "string") {
      return client.call(operations.create, { body: { ...body, imageName: image, entrypoint } })
    }
    // A build takes no entrypoint beside the Dockerfile.
    const whole = entrypoint === undefined ? image : withEntrypoint(image, entrypoint)
    return Effect.flatMap(ImageBuild.upload(storage, whole), (buildInfo) =>
      client.call(operations.create, { body: { ...body, buildInfo } })
    )
  }

  /** The snapshot as it was begun, and how much of the time is left. */
  const begin = <R>(operation: string, snapshot: CreateSnapshot<R>, options: AwaitOptions) => {
    const limit = Duration.decode(options.timeout ?? defaultTimeout)
    const sent = Duration.isFinite(limit)
      ? Effect.timeoutFail(send(snapshot), {
          duration: limit,
          onTimeout: () => unsent(operation, snapshot.name, limit)
        })
      : send(snapshot)
    return Effect.map(Effect.timed(sent), ([spent, created]) => ({
      created,
      limit,
      left: Duration.subtract(limit, spent)
    }))
  }

  const create = <R>(
    snapshot: CreateSnapshot<R>,
    options: AwaitOptions = {}
  ): Effect.Effect<Snapshot, CreateError, R> =>
    Effect.flatMap(begin(operations.create.name, snapshot, options), ({ created, left }) =>
      awaitActive(operations.create.name, created.id, { ...options, timeout: left }, created)
    )

  const logsOf = (operation: string, { id }: Snapshot, options?: buildLogs.LogOptions) =>
    buildLogs.follow(
      client,
      {
        operation,
        url: Effect.map(client.call(operations.buildLogsUrl, { path: { id } }), ({ url }) => url),
        state: Effect.map(get(id), (snapshot) => stateOf(operation, snapshot))
      },
      options
    )

  const watch = (
    operation: string,
    created: Snapshot,
    options: AwaitOptions
  ): Stream.Stream<SnapshotEvent, CreateError> => {
    // An image that is fetched, or was built before, has nothing to tell.
    const silent = created.buildInfo === undefined || isActive(created)
    const log: Stream.Stream<SnapshotEvent, BuildFailed> = silent
      ? Stream.empty
      : logsOf(operation, created).pipe(
          Stream.map((line): SnapshotEvent => ({ _tag: "Log", line })),
          Stream.catchAll((error) =>
            error._tag === "BuildFailed"
              ? Stream.fail(error)
              : Stream.make<[SnapshotEvent]>({ _tag: "LogUnavailable", error })
          )
        )
    const active = Effect.map(
      awaitActive(operation, created.id, { ...options, timeout: Duration.infinity }, created),
      (snapshot): SnapshotEvent => ({ _tag: "Active", snapshot })
    )
    return Stream.make<[SnapshotEvent]>({ _tag: "Created", snapshot: created }).pipe(
      Stream.concat(log),
      Stream.concat(Stream.fromEffect(active))
    )
  }

  const createWithLogs = <R>(
    snapshot: CreateSnapshot<R>,
    options: AwaitOptions = {}
  ): Stream.Stream<SnapshotEvent, CreateError, R> => {
    const operation = "Snapshots.createWithLogs"
    return Stream.unwrap(
      Effect.map(begin(operation, snapshot, options), ({ created, left, limit }) => {
        const events = watch(operation, created, options)
        if (!Duration.isFinite(left)) return events
        const deadline = Effect.zipRight(
          Effect.sleep(left),
          Effect.flatMap(
            // What it is by now is worth more than what it was at the beginning.
            Effect.orElseSucceed(get(created.id), () => created),
            ({ id, state }) => unfinished(operation, id, state, `after ${Duration.format(limit)}`)
          )
        )
        return Stream.interruptWhen(events, deadline)
      })
    )
  }

  return { awaitActive, create, createWithLogs, logsOf }
}
