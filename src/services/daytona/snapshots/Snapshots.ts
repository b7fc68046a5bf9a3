/** Snapshots: images that the server keeps ready, from which sandboxes are created within a second. */
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type ApiError, NotFound } from "../../../errors/ApiError.js"
import type { BuildFailed } from "../../../errors/daytona/controlPlane.js"
import type { CreateSnapshot } from "../../../schema/daytona/CreateSnapshot.js"
import type { SnapshotRef } from "../../../schema/daytona/Identifiers.js"
import type { Snapshot, SnapshotFilter, SnapshotPage } from "../../../schema/daytona/Snapshot.js"
import type { SnapshotEvent } from "../../../schema/daytona/SnapshotEvent.js"
import type { FollowOptions, LogError } from "../buildLogs.js"
import { DaytonaClient } from "../DaytonaClient.js"
import { isUuid } from "../isUuid.js"
import { contains } from "../nameFilter.js"
import { ObjectStorage } from "../objectStorage/ObjectStorage.js"
import { checked } from "./arguments.js"
import * as Creation from "./creation.js"
import * as Keyed from "./keyed.js"
import { operations } from "./operations.js"

/**
 * Snapshots: images that the server keeps ready, from which sandboxes are created within a second.
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
  /** The service over a `DaytonaClient`. Building the layer sends nothing. */
  static readonly layer: Layer.Layer<Snapshots, never, DaytonaClient | ObjectStorage> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export declare namespace Snapshots {
  /** How long to wait for a snapshot, and how to poll. */
  type AwaitOptions = Creation.AwaitOptions
  /** How to follow a build log. */
  type BuildLogsOptions = FollowOptions
  /** A snapshot with a key in place of a name. */
  type Keyed<R = never> = Keyed.KeyedSnapshot<R>
  /** How long to wait for the snapshot of a key, and what to do with one that failed. */
  type GetOrCreateOptions = Keyed.GetOrCreateOptions

  interface Service {
    /**
     * Creates a snapshot from a registry image or from an image to build, and waits until it is active: immediately, if
     * the same image was built before. Transient failures do not end the wait, and interrupting it does not stop the
     * server.
     *
     * Fails with `InvalidRequest` for an invalid name, image (without tag or digest, or tagged `latest`) or image step;
     * with `Conflict` when the name is taken; with `NotFound` for an unknown region; with `BuildFailed`, which has the
     * server's reason; and with `SnapshotWaitTimeout`, which has the id, when the wait times out. `POST /snapshots`
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
      snapshot: CreateSnapshot<R>,
      options?: AwaitOptions
    ) => Effect.Effect<Snapshot, Creation.CreateError, NoInfer<R>>
    /**
     * As `create`, with its progress: first the snapshot as it was created, then the lines of the build log, and
     * finally the active snapshot. A failed build fails the stream after the last line of its log. If the log cannot be
     * read, that is an event, and the wait continues.
     */
    readonly createWithLogs: <R = never>(
      snapshot: CreateSnapshot<R>,
      options?: AwaitOptions
    ) => Stream.Stream<SnapshotEvent, Creation.CreateError, NoInfer<R>>
    /**
     * The snapshot with this key, which is created if it does not exist; waits until it is active. The same key of the
     * same application gives the same snapshot, from any process, until it is deleted: also when several ask at once,
     * and when an answer is lost. The key becomes its name, as that of a sandbox does (`Sandboxes.getOrCreate`).
     *
     * A snapshot has no labels. What is known of one that exists is compared with what is asked for: the name of the
     * image or the Dockerfile (with the hashes of local files), and those of entrypoint, resources, class and region
     * that are given. If something differs, it fails with `KeyConflict`, and touches nothing.
     *
     * An inactive snapshot is activated: one that was deactivated less than ten minutes ago is `BadRequest`. One that
     * is being removed is waited for, and then created again. Fails with `InvalidRequest` for a key that is empty or
     * too long. Otherwise as `create`. `GET /snapshots/{id}`, `POST /snapshots`, `POST /snapshots/{id}/activate`
     */
    readonly getOrCreate: <R = never>(
      snapshot: Keyed.KeyedSnapshot<R>,
      options?: Keyed.GetOrCreateOptions
    ) => Effect.Effect<Snapshot, Keyed.GetOrCreateError, NoInfer<R>>
    /**
     * One snapshot, by id or name. A snapshot of the organization takes precedence over a general one. Fails with
     * `NotFound`.
     * `GET /snapshots/{id}`
     */
    readonly get: (snapshot: SnapshotRef) => Effect.Effect<Snapshot, ApiError | NotFound>
    /** The matching snapshots, fetched page by page as they are consumed, general ones last. `GET /snapshots` */
    readonly list: (
      filter?: SnapshotFilter & {
        /** How many to fetch per request, 1 to 200; default 100. */
        readonly pageSize?: number | undefined
      }
    ) => Stream.Stream<Snapshot, ApiError>
    /** One page of `list`. `GET /snapshots` */
    readonly listPage: (
      page?: SnapshotFilter & {
        /** From 1; default 1. */
        readonly page?: number | undefined
        /** 1 to 200; default 100. */
        readonly limit?: number | undefined
      }
    ) => Effect.Effect<SnapshotPage, ApiError>
    /**
     * Deletes a snapshot, by id or name; it disappears a little later. Fails with `NotFound`, also for a snapshot of
     * another organization. `DELETE /snapshots/{id}`
     */
    readonly delete: (snapshot: SnapshotRef) => Effect.Effect<void, ApiError | NotFound>
    /**
     * Activates a snapshot that is inactive: because it was not used for long, or was deactivated, at least ten minutes
     * ago. It is not `active` yet when this succeeds: see `awaitActive`. One that is active already is `BadRequest`.
     * `POST /snapshots/{id}/activate`
     */
    readonly activate: (snapshot: SnapshotRef) => Effect.Effect<Snapshot, ApiError | NotFound>
    /** Deactivates a snapshot without deleting it. Can be repeated safely. `POST /snapshots/{id}/deactivate` */
    readonly deactivate: (snapshot: SnapshotRef) => Effect.Effect<void, ApiError | NotFound>
    /**
     * Waits until a snapshot is active. Fails with `BuildFailed` when it cannot become active, and with
     * `SnapshotWaitTimeout` when the wait times out.
     */
    readonly awaitActive: (
      snapshot: SnapshotRef,
      options?: AwaitOptions
    ) => Effect.Effect<Snapshot, Creation.AwaitError>
    /**
     * The build log of a snapshot, line by line, until the build ends. Broken connections are reopened, and no line is
     * lost or repeated.
     *
     * Fails with `BuildFailed` after the last line of a failed build, with `NotFound` for a snapshot that was not
     * built, and with `InvalidRequest` when the log is on a host that is not trusted (`trustedHosts`).
     * `GET /snapshots/{id}/build-logs-url`, then the log at the URL it returns
     */
    readonly buildLogs: (
      snapshot: SnapshotRef,
      options?: BuildLogsOptions
    ) => Stream.Stream<string, LogError | BuildFailed>
  }
}

export const make: Effect.Effect<Snapshots.Service, never, DaytonaClient | ObjectStorage> = Effect.gen(function* () {
  const client = yield* DaytonaClient
  const creation = Creation.make(client, yield* ObjectStorage)
  const getOrCreate = Keyed.make(client, creation)

  const get: Snapshots.Service["get"] = (snapshot) => client.call(operations.get, { path: { id: snapshot } })

  const listPage: Snapshots.Service["listPage"] = (query = {}) =>
    Effect.map(client.call(operations.list, { query }), (page) => ({
      ...page,
      items: page.items.filter(contains("name", query.name))
    }))

  /** For endpoints that only take ids. A name may look like an id. */
  const byId = <A, E>(snapshot: SnapshotRef, request: (id: string) => Effect.Effect<A, E | NotFound>) => {
    const lookedUp = Effect.flatMap(get(snapshot), ({ id }) => request(id))
    return isUuid(snapshot)
      ? Effect.catchAll(request(snapshot), (error) => (error instanceof NotFound ? lookedUp : Effect.fail(error)))
      : lookedUp
  }

  return checked<Snapshots.Service>({
    create: creation.create,
    createWithLogs: creation.createWithLogs,
    getOrCreate: (snapshot, options = {}) => getOrCreate(snapshot, options),
    get,
    list: ({ pageSize, ...filter } = {}) =>
      Stream.paginateChunkEffect(1, (page) =>
        Effect.map(listPage({ ...filter, page, limit: pageSize }), ({ items, totalPages }) => [
          Chunk.unsafeFromArray(items),
          page < totalPages ? Option.some(page + 1) : Option.none()
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
            ? // This request fails with the reason why there is no log.
              Effect.as(client.call(operations.buildLogsUrl, { path: { id: found.id } }), Stream.empty)
            : Effect.succeed(creation.logsOf("Snapshots.buildLogs", found, options))
        )
      )
  })
})
