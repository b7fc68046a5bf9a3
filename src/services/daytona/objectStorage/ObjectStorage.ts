/** Where the files of builds go before they are built. `Image` and `Snapshots` use it; a program rarely needs it itself. */
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
import * as Operation from "../../../internal/Operation.js"
import { StorageAccess } from "../../../schema/daytona/ObjectStorage.js"
import { DaytonaClient } from "../DaytonaClient.js"
import type { BuildContext } from "../image/context.js"
import * as Bucket from "./bucket.js"

/**
 * Where the files of builds go before they are built.
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
  /** The service on top of the connection to the server. Building it sends nothing. */
  static readonly layer: Layer.Layer<ObjectStorage, never, DaytonaClient | HttpClient.HttpClient> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export declare namespace ObjectStorage {
  interface Service {
    /**
     * Permission to put files, for one hour. Fails with `Unavailable` where the server has no storage, and with `Forbidden`
     * for a key that may create neither sandboxes nor snapshots. `GET /object-storage/push-access`
     */
    readonly access: Effect.Effect<StorageAccess, ApiError>
    /**
     * Puts the archives of an image where the builder finds them, and gives their hashes. What is there already is not sent
     * again. Each has up to 30 minutes. Credentials that storage does not accept any more are fetched anew, once.
     *
     * Fails with `InvalidRequest` when a file is not what it was when it was hashed. An archive of more than 16 MiB is
     * streamed with its length declared, which needs a transport that sends it along: `fetch` does not.
     */
    readonly upload: (
      contexts: ReadonlyArray<BuildContext>,
      options?: {
        /** How many archives are sent at the same time; default 4. */
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

/** Up to this size an archive is sent from memory, which every transport does with a length; storage insists on one. */
const inMemory = 16 * 1024 * 1024

const contentType = "application/x-tar"

/** All of an archive of a known size. */
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
        // To the transport, a file that cannot be read is a body that breaks off.
        const broken = yield* Ref.make(Option.none<InvalidRequest>())
        const watched = Stream.tapError(archive, (error) => Ref.set(broken, Option.some(error)))
        yield* Effect.catchAll(bucket.put(hash, HttpBody.stream(watched, contentType, size)), (error) =>
          Effect.flatMap(Ref.get(broken), (reason) => Effect.fail(Option.getOrElse(reason, () => error)))
        )
      })

    return ObjectStorage.of({
      access,
      upload: (contexts, { concurrency = 4 } = {}) =>
        Effect.gen(function* () {
          const first = yield* openBucket
          const current = yield* SynchronizedRef.make(first)
          const renewed = SynchronizedRef.updateAndGetEffect(current, (bucket) =>
            // Several uploads are refused at once; the first of them fetches for all.
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
