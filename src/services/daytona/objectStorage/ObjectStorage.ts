/**
 * The object storage for build contexts: the local files that an image needs. `Sandboxes` and `Snapshots` use it;
 * programs rarely need it directly.
 */
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import * as SynchronizedRef from "effect/SynchronizedRef"
import type { ApiError, InvalidRequest } from "../../../errors/ApiError.js"
import * as Arguments from "../../../internal/arguments.js"
import { withMethodSpans } from "../../../internal/methodSpans.js"
import * as Operation from "../../../internal/Operation.js"
import { StorageAccess } from "../../../schema/daytona/ObjectStorage.js"
import { DaytonaClient } from "../DaytonaClient.js"
import * as Bucket from "./bucket.js"

/**
 * The object storage for build contexts: the local files that an image needs.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { ObjectStorage } from "effect-sandboxes/daytona"
 *
 * const program = Effect.gen(function* () {
 *   const storage = yield* ObjectStorage
 *   return yield* storage.access
 * })
 * ```
 */
export class ObjectStorage extends Context.Tag("effect-sandboxes/daytona/ObjectStorage")<
  ObjectStorage,
  ObjectStorage.Service
>() {
  /** The service over a `DaytonaClient`. Building the layer sends nothing. */
  static readonly layer: Layer.Layer<ObjectStorage, never, DaytonaClient | HttpClient.HttpClient> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

/** Local files that a build needs, as one archive. */
export interface BuildContext {
  /** The hash of the names, contents and permissions of the files: 64 hex digits. */
  readonly hash: string
  /** The names in the archive, `ctx/<hash>/…`, sorted. */
  readonly files: ReadonlyArray<string>
  /** The size of the archive in bytes. */
  readonly size: number
  /** The archive. Fails with `InvalidRequest` when a file changed after it was hashed. */
  readonly archive: Stream.Stream<Uint8Array, InvalidRequest>
}

export declare namespace ObjectStorage {
  interface Service {
    /**
     * Credentials for uploads, valid for one hour. Fails with `Unavailable` if the server has no object storage, and
     * with `Forbidden` for a key that can create neither sandboxes nor snapshots. `GET /object-storage/push-access`
     */
    readonly access: Effect.Effect<StorageAccess, ApiError>
    /**
     * Uploads the build contexts of an image that are not there yet, and returns the hashes of all. Each upload may
     * take up to 30 minutes. Expired credentials are renewed once.
     *
     * Fails with `InvalidRequest` when a file changed after it was hashed. An archive of more than 16 MiB is streamed
     * with a `Content-Length`, which the transport must send: `fetch` does not.
     */
    readonly upload: (
      contexts: ReadonlyArray<BuildContext>,
      options?: {
        /** How many archives to upload at the same time; default 4. */
        readonly concurrency?: number | undefined
      }
    ) => Effect.Effect<ReadonlyArray<string>, ApiError>
  }
}

export const operations = {
  access: Operation.make("ObjectStorage.access", "GET", "/object-storage/push-access", {
    success: StorageAccess,
    secretBody: true
  })
}

/**
 * Up to this size, an archive is sent from memory: every transport then sends the `Content-Length` that storage
 * requires.
 */
const inMemory = 16 * 1024 * 1024

const contentType = "application/x-tar"

/** Collects an archive of a known size. */
const collect = <E>(archive: Stream.Stream<Uint8Array, E>, size: number): Effect.Effect<Uint8Array, E> =>
  Effect.suspend(() => {
    const whole = new Uint8Array(size)
    let at = 0
    const add = (bytes: Uint8Array) =>
      Effect.sync(() => {
        whole.set(bytes, at)
        at += bytes.length
      })
    return Effect.as(Stream.runForEach(archive, add), whole)
  })

const { effect } = Arguments.methodsOf("daytona", "ObjectStorage")

const checked = (methods: ObjectStorage.Service): ObjectStorage.Service =>
  withMethodSpans(
    "Daytona.ObjectStorage",
    {
      ...methods,
      upload: effect(
        "upload",
        {
          contexts: Arguments.arrayOf(Arguments.struct({ hash: Arguments.text, size: Arguments.count })),
          options: Arguments.options({ concurrency: Arguments.positive })
        },
        methods.upload
      )
    },
    ["upload"]
  )

export const make: Effect.Effect<ObjectStorage.Service, never, DaytonaClient | HttpClient.HttpClient> = Effect.gen(
  function* () {
    const client = yield* DaytonaClient
    const http = yield* HttpClient.HttpClient
    const access = client.call(operations.access)
    const openBucket = Effect.flatMap(access, (granted) => Bucket.make(http, granted))

    const put = (bucket: Bucket.Bucket, { archive, hash, size }: BuildContext): Effect.Effect<void, ApiError> =>
      Effect.gen(function* () {
        if (size <= inMemory) {
          const whole = yield* collect(archive, size)
          return yield* bucket.put(hash, HttpBody.uint8Array(whole, contentType))
        }
        // The transport reports an unreadable file as an aborted body, so the reason is kept here.
        const broken = yield* Ref.make(Option.none<InvalidRequest>())
        const watched = Stream.tapError(archive, (error) => Ref.set(broken, Option.some(error)))
        yield* Effect.catchAll(bucket.put(hash, HttpBody.stream(watched, contentType, size)), (error) =>
          Effect.flatMap(Ref.get(broken), (reason) => Effect.fail(Option.getOrElse(reason, () => error)))
        )
      })

    return checked({
      access,
      upload: (contexts, { concurrency = 4 } = {}) =>
        Effect.gen(function* () {
          const first = yield* openBucket
          const current = yield* SynchronizedRef.make(first)
          const renewed = SynchronizedRef.updateAndGetEffect(current, (bucket) =>
            // When several uploads are refused at once, the first one renews the credentials for all.
            bucket === first ? openBucket : Effect.succeed(bucket)
          )
          const ensure = (context: BuildContext) => (bucket: Bucket.Bucket) =>
            Effect.flatMap(bucket.has(context.hash), (has) => (has ? Effect.void : put(bucket, context)))
          yield* Effect.forEach(
            contexts,
            (context) =>
              Effect.flatMap(SynchronizedRef.get(current), (bucket) =>
                Effect.catchIf(
                  ensure(context)(bucket),
                  (error) => bucket === first && Bucket.isRefusal(error),
                  () => Effect.flatMap(renewed, ensure(context))
                )
              ),
            { concurrency, discard: true }
          )
          return contexts.map(({ hash }) => hash)
        })
    })
  }
)
