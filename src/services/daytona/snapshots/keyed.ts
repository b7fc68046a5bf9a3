/**
 * Snapshots with a key. The key becomes the name, and names are unique: of all that ask at once, one creates the
 * snapshot, and the others find it. So a request whose answer was lost may be sent again.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type { ApiError, Conflict, InvalidRequest, NotFound } from "../../../errors/ApiError.js"
import type { KeyConflict } from "../../../errors/daytona/controlPlane.js"
import { invalidRequest } from "../../../internal/failure.js"
import type { CreateSnapshot } from "../../../schema/daytona/CreateSnapshot.js"
import { SnapshotName } from "../../../schema/daytona/Identifiers.js"
import { isActive, isFailed, type Snapshot } from "../../../schema/daytona/Snapshot.js"
import type { DaytonaClient } from "../DaytonaClient.js"
import * as ImageBuild from "../image/build.js"
import { entrypoint as withEntrypoint } from "../image/instructions.js"
import { conflictOf, nameOf, problemOf } from "../ownership.js"
import * as Creation from "./creation.js"
import { operations } from "./operations.js"

/** A snapshot with a key in place of a name. `R` is what building its image requires. */
export interface KeyedSnapshot<out R = never> extends Omit<CreateSnapshot<R>, "name"> {
  /** What it is for. At most 256 bytes of UTF-8; it is not a secret. */
  readonly key: string
}

export interface GetOrCreateOptions extends Creation.AwaitOptions {
  /**
   * When there is one whose build or pull failed. `fail` (the default): fail with `BuildFailed`. `replace`: delete it,
   * and create another one. One that was created just now and failed is always reported.
   */
  readonly ifFailed?: "fail" | "replace" | undefined
}

export type GetOrCreateError = Creation.CreateError | KeyConflict

const operation = "Snapshots.getOrCreate"

/** How often the request is sent when its answers are lost. */
const mostSent = 4

/** The snapshot may have changed: look at it again. */
const again = "again"

type CreationError = ApiError | NotFound | Conflict

/** Another one created it at the same time. */
const isTaken = (error: CreationError): boolean => error._tag === "Conflict" && !error.retryable

/** What is asked for, where it can be compared: the name of an image, or the Dockerfile of one to build. */
const imageOf = <R>({
  entrypoint,
  image
}: KeyedSnapshot<R>): Effect.Effect<Option.Option<string>, InvalidRequest, R> =>
  typeof image === "string"
    ? Effect.succeedNone
    : Effect.asSome(ImageBuild.dockerfile(entrypoint === undefined ? image : withEntrypoint(image, entrypoint)))

/** The parameters that were given and differ from those of a snapshot, as far as the server shows them. */
const differing = <R>(asked: KeyedSnapshot<R>, dockerfile: Option.Option<string>, seen: Snapshot) => {
  const isOther = (given: unknown, shown: unknown) =>
    given !== undefined && shown !== undefined && JSON.stringify(given) !== JSON.stringify(shown)
  const differs = {
    image: Option.match(dockerfile, {
      // Local files are part of the Dockerfile, by their hashes.
      onSome: (text) => seen.buildInfo?.dockerfileContent !== text,
      onNone: () => seen.imageName !== asked.image
    }),
    entrypoint: Option.isNone(dockerfile) && isOther(asked.entrypoint, seen.entrypoint),
    cpu: isOther(asked.cpu, seen.cpu),
    memory: isOther(asked.memory, seen.memory),
    disk: isOther(asked.disk, seen.disk),
    gpu: isOther(asked.gpu, seen.gpu),
    gpuType: isOther(asked.gpuType?.[0], seen.gpuType),
    sandboxClass: isOther(asked.sandboxClass, seen.sandboxClass),
    regionId: asked.regionId !== undefined && seen.regionIds?.includes(asked.regionId) === false
  }
  return Object.entries(differs).flatMap(([name, isDifferent]) => (isDifferent ? [name] : []))
}

export const make =
  (client: DaytonaClient.Service, creation: Creation.SnapshotCreation) =>
  <R>(
    asked: KeyedSnapshot<R>,
    { ifFailed = "fail", ...options }: GetOrCreateOptions
  ): Effect.Effect<Snapshot, GetOrCreateError, R> =>
    Effect.gen(function* () {
      const { key, ...settings } = asked
      const problem = problemOf("key", key)
      if (problem !== undefined) return yield* invalidRequest({ system: "daytona", operation }, "key", problem)
      const owner = { application: client.application, key }
      const name = SnapshotName.make(nameOf(owner))
      const dockerfile = yield* imageOf(asked)

      const driver = yield* Schedule.driver(options.schedule ?? Creation.defaultSchedule)
      const awaitActive = (seen: Snapshot) =>
        Effect.suspend(() => {
          last = seen
          return creation.awaitActive(operation, seen.id, { ...options, timeout: Duration.infinity }, seen)
        })
      const look = client.call(operations.get, { path: { id: name } }).pipe(
        // One that everybody has leaves the name free.
        Effect.map((found) => (found.general ? Option.none() : Option.some(found))),
        Effect.catchTag("NotFound", () => Effect.succeedNone)
      )

      let last: Snapshot | undefined
      let sent = 0
      let lost: CreationError | undefined
      let hasReplaced = false

      /** Before looking again. A schedule that has ended ends the wait. */
      const pause = <E>(reason: E): Effect.Effect<typeof again, E> =>
        Effect.mapBoth(driver.next(undefined), { onFailure: () => reason, onSuccess: () => again })

      const create = Effect.gen(function* () {
        if (lost !== undefined) {
          if (!isTaken(lost) && (!lost.retryable || sent >= mostSent)) return yield* lost
          yield* pause(lost)
        }
        sent++
        const answer = yield* Effect.either(creation.send({ ...settings, name }))
        if (answer._tag === "Right") return yield* awaitActive(answer.right)
        lost = answer.left
        return lost.admitted === "no" && !isTaken(lost) ? yield* lost : again
      })

      const bring = (snapshot: Snapshot): Effect.Effect<Snapshot | typeof again, GetOrCreateError> =>
        Effect.gen(function* () {
          last = snapshot
          const { id, state } = snapshot
          if (state === "removing") {
            return yield* pause(Creation.timedOut(operation, id, state, "when the schedule of the wait ended"))
          }
          const others = differing(asked, dockerfile, snapshot)
          if (others.length > 0) {
            const about = { ...owner, operation, kind: "snapshot", id, name, reason: "parameters" } as const
            return yield* conflictOf({ ...about, differing: others })
          }
          if (isActive(snapshot)) return snapshot
          if (isFailed(snapshot)) {
            if (ifFailed === "fail" || sent > 0 || hasReplaced) return yield* Creation.failed(operation, snapshot)
            yield* Effect.catchTag(client.call(operations.delete, { path: { id } }), "NotFound", () => Effect.void)
            hasReplaced = true
            return again
          }
          if (state !== "inactive") return yield* awaitActive(snapshot)
          const activated = yield* Effect.either(client.call(operations.activate, { path: { id } }))
          if (activated._tag === "Right") return yield* awaitActive(activated.right)
          // Another one may have activated it already. One that was deactivated a moment ago cannot be activated yet.
          return activated.left._tag === "BadRequest" ? yield* unlessInactive(activated.left) : yield* activated.left
        })

      const unlessInactive = (error: ApiError) =>
        Effect.flatMap(look, (found) =>
          Option.isSome(found) && found.value.state === "inactive" ? Effect.fail(error) : pause(error)
        )

      const asking = Effect.gen(function* () {
        while (true) {
          const found = yield* Effect.mapError(look, (error) => (lost === undefined || isTaken(lost) ? error : lost))
          const snapshot = Option.isSome(found) ? yield* bring(found.value) : yield* create
          if (snapshot !== again) return snapshot
        }
      })
      const limit = Duration.decode(options.timeout ?? Creation.defaultTimeout)
      if (!Duration.isFinite(limit)) return yield* asking
      const result = yield* Effect.timeoutOption(asking, limit)
      if (Option.isSome(result)) return result.value
      const seen = last
      if (seen === undefined) return yield* Creation.timedOutBeforeCreation(operation, name, limit)
      const current = yield* Effect.orElseSucceed(client.call(operations.get, { path: { id: seen.id } }), () => seen)
      return yield* Creation.timedOut(operation, seen.id, current.state, `after ${Duration.format(limit)}`)
    })
