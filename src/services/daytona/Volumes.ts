/** Volumes: storage that outlives sandboxes, and that several sandboxes can mount at once. */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { type ApiError, Conflict, type InvalidRequest, NotFound } from "../../errors/ApiError.js"
import { VolumeFailed, VolumeWaitTimeout } from "../../errors/daytona/controlPlane.js"
import * as Arguments from "../../internal/arguments.js"
import { invalidRequest } from "../../internal/failure.js"
import { withMethodSpans } from "../../internal/methodSpans.js"
import * as Operation from "../../internal/Operation.js"
import { type PollOptions, pollUntil } from "../../internal/poll.js"
import { type VolumeId, VolumeName } from "../../schema/daytona/Identifiers.js"
import { CreateVolumeBody, ListVolumesQuery, Volume, VolumeList } from "../../schema/daytona/Volume.js"
import { DaytonaClient } from "./DaytonaClient.js"
import { isUuid } from "./isUuid.js"
import { nameOf, problemOf } from "./ownership.js"

/**
 * Volumes: storage that outlives sandboxes, and that several sandboxes can mount at once.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { VolumeName, Volumes } from "effect-sandboxes/daytona"
 *
 * const program = Effect.gen(function* () {
 *   const volumes = yield* Volumes
 *   const volume = yield* volumes.getOrCreate(VolumeName.make("datasets"))
 *   return yield* volumes.awaitReady(volume.id)
 * })
 * ```
 */
export class Volumes extends Context.Tag("effect-sandboxes/daytona/Volumes")<Volumes, Volumes.Service>() {
  /** The service over a `DaytonaClient`. Building the layer sends nothing. */
  static readonly layer: Layer.Layer<Volumes, never, DaytonaClient> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export declare namespace Volumes {
  interface Service {
    /** All volumes, the most recently used first. `GET /volumes` */
    readonly list: (options?: {
      /** Default `false`. */
      readonly includeDeleted?: boolean | undefined
    }) => Effect.Effect<ReadonlyArray<Volume>, ApiError>
    /**
     * One volume, by id or name. A UUID is looked up as an id first. Fails with `NotFound`.
     * `GET /volumes/{volumeId}`, `GET /volumes/by-name/{name}`
     */
    readonly get: (volume: VolumeId | VolumeName) => Effect.Effect<Volume, ApiError | NotFound>
    /**
     * Creates a volume, which is not ready yet: see `awaitReady`. A name that is taken is `BadRequest`: see
     * `getOrCreate`. Fails with `Unavailable` if the server has no storage for volumes. `POST /volumes`
     */
    readonly create: (name: VolumeName) => Effect.Effect<Volume, ApiError>
    /**
     * The volume with this name or key, which is created if it does not exist. The same name gives the same volume,
     * from any process, until it is deleted: also when several ask at once, and when an answer is lost. It may not be
     * ready yet: see `awaitReady`. One that is being deleted is waited for, for up to `timeout`, and then created
     * again.
     *
     * A key of at most 256 bytes of UTF-8 becomes the name, as that of a sandbox does (`Sandboxes.getOrCreate`). A
     * volume has neither labels nor parameters, so its name is all that says that it belongs to the key. Fails with
     * `InvalidRequest` for a key that is empty or too long. `GET /volumes/by-name/{name}`, `POST /volumes`
     */
    readonly getOrCreate: (
      volume: VolumeName | { readonly key: string },
      options?: AwaitOptions
    ) => Effect.Effect<Volume, ApiError | NotFound | VolumeWaitTimeout>
    /**
     * Deletes a volume and its contents. Fails with `NotFound`, and with `Conflict` while a sandbox uses it; one whose
     * state is neither `ready` nor `error` is `BadRequest`. `DELETE /volumes/{volumeId}`
     */
    readonly delete: (volume: VolumeId) => Effect.Effect<void, ApiError | NotFound | Conflict>
    /**
     * Waits until a volume can be mounted, and tolerates transient failures. Fails with `VolumeFailed` when it is in
     * error or being deleted, and with `VolumeWaitTimeout` when the wait times out.
     */
    readonly awaitReady: (
      volume: VolumeId | VolumeName,
      options?: AwaitOptions
    ) => Effect.Effect<Volume, ApiError | NotFound | VolumeFailed | VolumeWaitTimeout>
  }

  /** How long to wait for a volume, and how to poll. */
  interface AwaitOptions extends PollOptions {
    /** The time for the whole wait; default 60 seconds. */
    readonly timeout?: Duration.DurationInput | undefined
    /** When to poll. Default: every second. */
    readonly schedule?: Schedule.Schedule<unknown> | undefined
  }
}

export const operations = {
  list: Operation.make("Volumes.list", "GET", "/volumes", { query: ListVolumesQuery, success: VolumeList }),
  get: Operation.make("Volumes.get", "GET", "/volumes/{volumeId}", { success: Volume, fails: [NotFound] }),
  getByName: Operation.make("Volumes.getByName", "GET", "/volumes/by-name/{name}", {
    success: Volume,
    fails: [NotFound]
  }),
  create: Operation.make("Volumes.create", "POST", "/volumes", { body: CreateVolumeBody, success: Volume }),
  delete: Operation.make("Volumes.delete", "DELETE", "/volumes/{volumeId}", {
    success: Schema.Void,
    fails: [NotFound, Conflict]
  })
}

const everySecond = Schedule.spaced("1 second")

const { effect } = Arguments.methodsOf("daytona", "Volumes")

const volume = Arguments.text
const options = Arguments.options({ ...Arguments.polling, timeout: Arguments.duration })

const checked = (methods: Volumes.Service): Volumes.Service =>
  withMethodSpans(
    "Daytona.Volumes",
    {
      ...methods,
      get: effect("get", { volume }, methods.get),
      getOrCreate: effect(
        "getOrCreate",
        { volume: Arguments.textOr(Arguments.unnamed(Arguments.struct({ key: Arguments.text }))), options },
        methods.getOrCreate
      ),
      awaitReady: effect("awaitReady", { volume, options }, methods.awaitReady)
    },
    ["get", "getOrCreate", "awaitReady"]
  )

export const make: Effect.Effect<Volumes.Service, never, DaytonaClient> = Effect.map(DaytonaClient, (client) => {
  const getByName = (name: string) => client.call(operations.getByName, { path: { name } })
  const get: Volumes.Service["get"] = (volume) =>
    isUuid(volume)
      ? Effect.catchTag(client.call(operations.get, { path: { volumeId: volume } }), "NotFound", () =>
          getByName(volume)
        )
      : getByName(volume)
  const create: Volumes.Service["create"] = (name) => client.call(operations.create, { body: { name } })

  /** None while the one with this name is being deleted: only then the name is free. */
  const present = (name: VolumeName) =>
    Effect.map(getByName(name), (found) => (goingStates.includes(found.state) ? Option.none() : Option.some(found)))

  const ensure = (name: VolumeName): Effect.Effect<Option.Option<Volume>, ApiError | NotFound> =>
    Effect.catchTag(present(name), "NotFound", () =>
      Effect.catchAll(Effect.asSome(create(name)), (error) =>
        // Another client may have created it meanwhile, which the server reports with a 400; or the answer was lost.
        error.admitted !== "no" || (error._tag === "BadRequest" && error.detail?.includes("already exists") === true)
          ? Effect.mapError(present(name), () => error)
          : Effect.fail(error)
      )
    )

  const getOrCreate = (
    name: VolumeName,
    { maxFailures, schedule = everySecond, timeout = "60 seconds" }: Volumes.AwaitOptions = {}
  ) =>
    Effect.flatMap(
      ensure(name),
      Option.match({
        onSome: Effect.succeed,
        onNone: () =>
          pollUntil(ensure(name), {
            timeout,
            schedule,
            maxFailures,
            onEnd: (when) => {
              const message = `Volume ${name} was still being deleted ${when}, and none was created; try again later`
              return new VolumeWaitTimeout({ volume: name, lastState: "deleting", message })
            }
          })
      })
    )

  return checked({
    list: (query = {}) => client.call(operations.list, { query }),
    get,
    create,
    getOrCreate: (volume, options) =>
      Effect.flatMap(nameOfVolume(volume, client.application), (name) => getOrCreate(name, options)),
    delete: (volumeId) => client.call(operations.delete, { path: { volumeId } }),
    awaitReady: (volume, options) => awaitReady(volume, get, options)
  })
})

const nameOfVolume = (
  volume: VolumeName | { readonly key: string },
  application: string
): Effect.Effect<VolumeName, InvalidRequest> => {
  if (typeof volume === "string") return Effect.succeed(volume)
  const { key } = volume
  const problem = problemOf("key", key)
  return problem === undefined
    ? Effect.succeed(VolumeName.make(nameOf({ application, key })))
    : Effect.fail(invalidRequest({ system: "daytona", operation: "Volumes.getOrCreate" }, "key", problem))
}

const awaitReady = (
  volume: VolumeId | VolumeName,
  get: Volumes.Service["get"],
  { maxFailures, schedule = everySecond, timeout = "60 seconds" }: Volumes.AwaitOptions = {}
): ReturnType<Volumes.Service["awaitReady"]> =>
  Effect.suspend(() => {
    let last: Volume | undefined
    // By id once it is known: the name may be reused by another volume.
    const poll = Effect.flatMap(
      Effect.suspend(() => get(last?.id ?? volume)),
      (found): Effect.Effect<Option.Option<Volume>, VolumeFailed> => {
        last = found
        if (found.state === "ready") return Effect.succeedSome(found)
        return lostStates.includes(found.state) ? Effect.fail(failed(found)) : Effect.succeedNone
      }
    )
    return pollUntil(poll, {
      timeout,
      schedule,
      maxFailures,
      onEnd: (when) => {
        const lastState = last?.state ?? "unknown"
        const message = `Volume ${volume} was still ${lastState} ${when}; it can be awaited again`
        return new VolumeWaitTimeout({ volume, lastState, message })
      }
    })
  })

const goingStates: ReadonlyArray<string> = ["pending_delete", "deleting", "deleted"]

const lostStates: ReadonlyArray<string> = ["error", ...goingStates]

const failed = ({ errorReason, id, name, state }: Volume) =>
  new VolumeFailed({
    volumeId: id,
    name,
    state,
    ...(errorReason === undefined ? {} : { reason: errorReason }),
    message: `Volume ${name} should be ready, but its state is ${state}${errorReason === undefined ? "" : `: ${errorReason}`}`
  })
