/** Snapshots: images that the server keeps ready, and that sandboxes are made from within a second. */
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type ApiError, NotFound } from "../../../errors/ApiError.js"
import type { BuildFailed } from "../../../errors/daytona/controlPlane.js"
import type { SnapshotRef } from "../../../schema/daytona/Identifiers.js"
import type { Snapshot, SnapshotFilter, SnapshotPage } from "../../../schema/daytona/Snapshot.js"
import type * as buildLogs from "../buildLogs/follow.js"
import { DaytonaClient } from "../DaytonaClient.js"
import { ObjectStorage } from "../objectStorage/ObjectStorage.js"
import * as Creation from "./creation.js"
import { operations } from "./operations.js"

/**
 * Snapshots: images that the server keeps ready, and that sandboxes are made from within a second.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Image, SnapshotName, Snapshots } from "effect-sandboxes/daytona"
 *
 * const program = Effect.gen(function* () {
 *   const snapshots = yield* Snapshots
 *   const image = Image.debianSlim("3.12").pipe(Image.pipInstall(["numpy>=1.26"]))
 *   yield* snapshots
 *     .createWithLogs({ name: SnapshotName.make("app:1"), image })
 *     .pipe(Stream.runForEach((event) => (event._tag === "Log" ? Effect.log(event.line) : Effect.void)))
 * })
 * ```
 */
export class Snapshots extends Context.Tag("effect-sandboxes/daytona/Snapshots")<Snapshots, Snapshots.Service>() {
  /** The service on top of the connection to the server. Building it sends nothing. */
  static readonly layer: Layer.Layer<Snapshots, never, DaytonaClient | ObjectStorage> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export declare namespace Snapshots {
  /** How long to wait for a snapshot, and how to ask. */
  type AwaitOptions = Creation.AwaitOptions
  /** How the log of a build is followed. */
  type LogOptions = buildLogs.LogOptions

  interface Service {
    /**
     * Makes a snapshot from an image of a registry, or from one that is built, and waits until it can be used: at once when
     * the same was built before. Passing failures do not end the wait; interrupting it leaves the server to its work.
     *
     * Fails with `InvalidRequest` for a name, an image (without tag or digest, or tagged `latest`) or a step of an image that
     * cannot be, with `Conflict` when the name is taken, with `NotFound` for an unknown region, with `BuildFailed`, which has
     * the server's reason, and with `SnapshotWaitTimeout`, which has the id, when the time is up. `POST /snapshots`
     *
     * @example
     * ```ts
     * import * as Effect from "effect/Effect"
     * import { Image, SnapshotName, Snapshots } from "effect-sandboxes/daytona"
     *
     * const program = Effect.flatMap(Snapshots, (snapshots) =>
     *   snapshots.create({
     *     name: SnapshotName.make("science:1"),
     *     image: Image.debianSlim("3.12").pipe(Image.pipInstall(["numpy", "pandas"])),
     *     cpu: 2,
     *     memory: 4
     *   })
     * )
     * ```
     */
    readonly create: <R = never>(
      snapshot: Creation.CreateSnapshot<R>,
      options?: AwaitOptions
    ) => Effect.Effect<Snapshot, Creation.CreateError, NoInfer<R>>
    /**
     * As `create`, with what happens meanwhile: the snapshot as it was begun, the lines of the build's log, and at last the
     * snapshot that can be used. A failed build fails the stream after the last line of its log. A log that cannot be read
     * is an event, and does not end the wait.
     */
    readonly createWithLogs: <R = never>(
      snapshot: Creation.CreateSnapshot<R>,
      options?: AwaitOptions
    ) => Stream.Stream<Creation.SnapshotEvent, Creation.CreateError, NoInfer<R>>
    /** One snapshot, by id or by name; an own one is found before one for everybody. Fails with `NotFound`. `GET /snapshots/{id}` */
    readonly get: (snapshot: SnapshotRef) => Effect.Effect<Snapshot, ApiError | NotFound>
    /** All snapshots that match, fetched page by page as they are read, those for everybody last. `GET /snapshots` */
    readonly list: (
      filter?: SnapshotFilter & {
        /** How many to fetch at a time, 1 to 200; default 100. */
        readonly pageSize?: number | undefined
      }
    ) => Stream.Stream<Snapshot, ApiError>
    /** One page of `list`. `GET /snapshots` */
    readonly listPage: (
      page?: SnapshotFilter & {
        /** From 1, the default. */
        readonly page?: number | undefined
        /** 1 to 200; default 100. */
        readonly limit?: number | undefined
      }
    ) => Effect.Effect<SnapshotPage, ApiError>
    /** Deletes a snapshot, by id or by name; it is gone a little later. Fails with `NotFound`, also for those that are not ours. `DELETE /snapshots/{id}` */
    readonly delete: (snapshot: SnapshotRef) => Effect.Effect<void, ApiError | NotFound>
    /**
     * Makes a snapshot usable again that was not used for long, or deactivated (ten minutes ago or more). It is not `active`
     * yet when this succeeds: see `awaitActive`. Of one that is active already it is `BadRequest`.
     * `POST /snapshots/{id}/activate`
     */
    readonly activate: (snapshot: SnapshotRef) => Effect.Effect<Snapshot, ApiError | NotFound>
    /** Puts a snapshot out of use, and keeps it; harmless to repeat. `POST /snapshots/{id}/deactivate` */
    readonly deactivate: (snapshot: SnapshotRef) => Effect.Effect<void, ApiError | NotFound>
    /**
     * Waits until a snapshot can be used. Fails with `BuildFailed` when that is not to be expected any more, and with
     * `SnapshotWaitTimeout` when the time is up.
     */
    readonly awaitActive: (
      snapshot: SnapshotRef,
      options?: AwaitOptions
    ) => Effect.Effect<Snapshot, Creation.AwaitError>
    /**
     * The log of a snapshot's build from its beginning, line by line, until the build ends. A connection that breaks is made
     * anew, and no line is lost or given twice.
     *
     * Fails with `BuildFailed` after the last line of a build that failed, with `NotFound` for a snapshot that was not built,
     * and with `InvalidRequest` when the log is at a host that `trustedHosts` does not name.
     * `GET /snapshots/{id}/build-logs-url`, and what that names
     */
    readonly buildLogs: (
      snapshot: SnapshotRef,
      options?: LogOptions
    ) => Stream.Stream<string, buildLogs.LogError | BuildFailed>
  }
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export const make: Effect.Effect<Snapshots.Service, never, DaytonaClient | ObjectStorage> = Effect.gen(function* () {
  const client = yield* DaytonaClient
  const creation = Creation.make(client, yield* ObjectStorage)

  const get: Snapshots.Service["get"] = (snapshot) => client.call(operations.get, { path: { id: snapshot } })

  const listPage: Snapshots.Service["listPage"] = (query = {}) => client.call(operations.list, { query })

  /** These requests take ids only. What looks like one may be a name all the same. */
  const byId = <A, E>(snapshot: SnapshotRef, request: (id: string) => Effect.Effect<A, E | NotFound>) => {
    const lookedUp = Effect.flatMap(get(snapshot), ({ id }) => request(id))
    return uuid.test(snapshot)
      ? Effect.catchAll(request(snapshot), (error) => (error instanceof NotFound ? lookedUp : Effect.fail(error)))
      : lookedUp
  }

  return Snapshots.of({
    create: creation.create,
    createWithLogs: creation.createWithLogs,
    get,
    list: ({ pageSize, ...filter } = {}) =>
      Stream.paginateChunkEffect(1, (page) =>
        Effect.map(listPage({ ...filter, page, limit: pageSize }), ({ items, totalPages }) => [
          Chunk.unsafeFromArray(items),
          page < totalPages && items.length > 0 ? Option.some(page + 1) : Option.none()
        ])
      ),
    listPage,
    delete: (snapshot) => byId(snapshot, (id) => client.call(operations.delete, { path: { id } })),
    activate: (snapshot) => byId(snapshot, (id) => client.call(operations.activate, { path: { id } })),
    deactivate: (snapshot) => byId(snapshot, (id) => client.call(operations.deactivate, { path: { id } })),
    awaitActive: (snapshot, options) => creation.awaitActive("Snapshots.awaitActive", snapshot, options),
    buildLogs: (snapshot, options) =>
      Stream.unwrap(
        Effect.flatMap(get(snapshot), (found) =>
          found.buildInfo === undefined
            ? // The server has the words for why there is no log.
              Effect.as(client.call(operations.buildLogsUrl, { path: { id: found.id } }), Stream.empty)
            : Effect.succeed(creation.logsOf("Snapshots.buildLogs", found, options))
        )
      )
  })
})
