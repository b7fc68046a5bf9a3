/** Stores uploaded objects in memory. */
import { createHash } from "node:crypto"

/** An uploaded object. */
export interface StoredObject {
  /** Without the bucket. */
  readonly key: string
  readonly body: Uint8Array
  readonly contentType: string
  readonly etag: string
  readonly lastModified: number
}

/** The bucket of build contexts. */
export interface ObjectStorage {
  readonly all: () => ReadonlyArray<StoredObject>
  readonly get: (key: string) => StoredObject | undefined
  readonly put: (key: string, body: Uint8Array, contentType: string, now: number) => StoredObject
  /** The size of a build context in bytes; 0 if there is none. */
  readonly contextSize: (organizationId: string, hash: string) => number
}

export const make = (): ObjectStorage => {
  const objects = new Map<string, StoredObject>()
  return {
    all: () => [...objects.values()].sort((a, b) => (a.key < b.key ? -1 : 1)),
    get: (key) => objects.get(key),
    put: (key, body, contentType, now) => {
      const etag = createHash("md5").update(body).digest("hex")
      const object = { key, body, contentType, etag, lastModified: now }
      objects.set(key, object)
      return object
    },
    contextSize: (organizationId, hash) => objects.get(`${organizationId}/${hash}/context.tar`)?.body.length ?? 0
  }
}
