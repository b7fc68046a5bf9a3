/** Creates snapshots, waits for them, and streams their build logs. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { ApiError, Conflict, NotFound } from "../../../errors/ApiError.js"
import { BuildFailed, SnapshotWaitTimeout } from "../../../errors/daytona/controlPlane.js"
import { type PollOptions, pollUntil } from "../../../internal/poll.js"
import type { CreateSnapshot, CreateSnapshotBody } from "../../../schema/daytona/CreateSnapshot.js"
import { RegionId, type SnapshotRef } from "../../../schema/daytona/Identifiers.js"
import { isActive, isFailed, type Snapshot } from "../../../schema/daytona/Snapshot.js"
import type { SnapshotEvent } from "../../../schema/daytona/SnapshotEvent.js"
import { explainBodySize } from "../bodySize.js"
import * as BuildLogs from "../buildLogs.js"
import type { DaytonaClient } from "../DaytonaClient.js"
import * as ImageBuild from "../image/build.js"
import { entrypoint as withEntrypoint } from "../image/instructions.js"
import type { ObjectStorage } from "../objectStorage/ObjectStorage.js"
import { operations } from "./operations.js"

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

export const defaultTimeout = Duration.minutes(65)

export const defaultSchedule = Schedule.exponential("500 millis", 1.3).pipe(
  Schedule.union(Schedule.spaced("3 seconds"))
)

export const failed = (operation: string, { errorReason, id, name, state }: Snapshot): BuildFailed =>
  new BuildFailed({
    system: "daytona",
    operation,
    id,
    state,
    ...(errorReason === undefined ? {} : { reason: errorReason }),
    message: `Snapshot ${name} (${id}) cannot become active; its state is ${state}${errorReason === undefined ? "" : `: ${errorReason}`}`
  })

/** States that a snapshot only enters meanwhile when someone else deactivates or deletes it. */
const withdrawn: ReadonlyArray<string> = ["inactive", "removing"]

const cannotBecomeActive = (snapshot: Snapshot): boolean => isFailed(snapshot) || withdrawn.includes(snapshot.state)

export const stateOf = (operation: string, snapshot: Snapshot): BuildLogs.BuildState => {
  if (isActive(snapshot)) return { _tag: "Done" }
  return cannotBecomeActive(snapshot) ? { _tag: "Failed", error: failed(operation, snapshot) } : { _tag: "Going" }
}

export const timedOut = (operation: string, snapshot: string, lastState: string, when: string): SnapshotWaitTimeout =>
  new SnapshotWaitTimeout({
    system: "daytona",
    operation,
    snapshot,
    lastState,
    admitted: "yes",
    message: `Snapshot ${snapshot} was still ${lastState} ${when}; the server continues, and the snapshot can be awaited again`
  })

/** The wait timed out during the upload or the request. */
export const timedOutBeforeCreation = (
  operation: string,
  name: string,
  limit: Duration.Duration
): SnapshotWaitTimeout =>
  new SnapshotWaitTimeout({
    system: "daytona",
    operation,
    snapshot: name,
    lastState: "unknown",
    admitted: "unknown",
    message: `Creating snapshot ${name} timed out after ${Duration.format(limit)}; it may have been created, so look it up by its name`
  })

export const make = (client: DaytonaClient.Service, storage: ObjectStorage.Service) => {
  const get = (id: string) => client.call(operations.get, { path: { id } })

  const awaitActive = (
    operation: string,
    snapshot: SnapshotRef,
    { maxFailures, schedule = defaultSchedule, timeout = defaultTimeout }: AwaitOptions = {},
    seen?: Snapshot,
    spent: Duration.Duration = Duration.zero
  ): Effect.Effect<Snapshot, AwaitError> =>
    Effect.suspend(() => {
      let last = seen
      const judge = (found: Snapshot): Effect.Effect<Option.Option<Snapshot>, BuildFailed> => {
        last = found
        if (isActive(found)) return Effect.succeedSome(found)
        return cannotBecomeActive(found) ? Effect.fail(failed(operation, found)) : Effect.succeedNone
      }
      const atEnd = (when: string) => timedOut(operation, last?.id ?? snapshot, last?.state ?? "unknown", when)
      const polling = pollUntil(
        // By id once it is known: the name may be reused by another snapshot.
        Effect.flatMap(
          Effect.suspend(() => get(last?.id ?? snapshot)),
          judge
        ),
        {
          timeout: Duration.infinity,
          schedule,
          maxFailures,
          onEnd: atEnd
        }
      )
      const limit = Duration.decode(timeout)
      const limited = Duration.isFinite(limit)
        ? Effect.timeoutFail(polling, {
            duration: Duration.subtract(limit, spent),
            onTimeout: () => atEnd(`after ${Duration.format(limit)}`)
          })
        : polling
      return seen !== undefined && stateOf(operation, seen)._tag !== "Going"
        ? Effect.map(judge(seen), () => seen)
        : limited
    })

  const post = (body: typeof CreateSnapshotBody.Type) =>
    client.call(operations.create, { body }).pipe(explainBodySize(operations.create, body))

  const send = <R>({ entrypoint, image, regionId, ...settings }: CreateSnapshot<R>) => {
    const region = regionId ?? (client.target === undefined ? undefined : RegionId.make(client.target))
    const body = { ...settings, regionId: region }
    if (typeof image === "string") return post({ ...body, imageName: image, entrypoint })
    // The request for a build has no separate entrypoint.
    const whole = entrypoint === undefined ? image : withEntrypoint(image, entrypoint)
    return Effect.flatMap(ImageBuild.upload(storage, whole), (buildInfo) => post({ ...body, buildInfo }))
  }

  /** Sends the request. Returns the created snapshot, how much time that took, and how much is left. */
  const begin = <R>(operation: string, snapshot: CreateSnapshot<R>, options: AwaitOptions) => {
    const limit = Duration.decode(options.timeout ?? defaultTimeout)
    const sent = Duration.isFinite(limit)
      ? Effect.timeoutFail(send(snapshot), {
          duration: limit,
          onTimeout: () => timedOutBeforeCreation(operation, snapshot.name, limit)
        })
      : send(snapshot)
    return Effect.map(Effect.timed(sent), ([spent, created]) => ({
      created,
      limit,
      spent,
      left: Duration.subtract(limit, spent)
    }))
  }

  const create = <R>(
    snapshot: CreateSnapshot<R>,
    options: AwaitOptions = {}
  ): Effect.Effect<Snapshot, CreateError, R> =>
    Effect.flatMap(begin(operations.create.name, snapshot, options), ({ created, spent }) =>
      awaitActive(operations.create.name, created.id, options, created, spent)
    )

  const logsOf = (operation: string, { id }: Snapshot, options?: BuildLogs.FollowOptions) =>
    BuildLogs.follow(
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
    // There is no log when the image is pulled or was built before.
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
            // The current state is more useful than that from the creation.
            Effect.orElseSucceed(get(created.id), () => created),
            ({ id, state }) => timedOut(operation, id, state, `after ${Duration.format(limit)}`)
          )
        )
        return Stream.interruptWhen(events, deadline)
      })
    )
  }

  return { awaitActive, create, createWithLogs, logsOf, send }
}

export type SnapshotCreation = ReturnType<typeof make>
