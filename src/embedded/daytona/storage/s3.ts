/** The object storage: the part of the S3 API that uploads of build contexts use. */
import { createHash } from "node:crypto"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { IncomingRequest } from "../http/IncomingRequest.js"
import * as responses from "../http/responses.js"
import * as identifiers from "../identifiers.js"
import type { ObjectStorageSettings } from "../Settings.js"
import * as access from "./access.js"
import * as awsChunked from "./awsChunked.js"
import type { Credential, Credentials } from "./Credentials.js"
import type { ObjectStorage, StoredObject } from "./ObjectStorage.js"
import * as s3Errors from "./S3Error.js"

type Answer = Effect.Effect<HttpServerResponse.HttpServerResponse, s3Errors.S3Error>

interface Upload {
  readonly key: string
  readonly contentType: string
  readonly parts: Map<number, Uint8Array>
}

const mostKeys = 1_000

/**
 * The object storage as an S3 client sees it: path-style URLs, one bucket, and for each organization only what is below
 * its id. Supports list, get and put, including multipart uploads.
 */
export const make = (dependencies: {
  readonly settings: ObjectStorageSettings | undefined
  readonly credentials: Credentials
  readonly objects: ObjectStorage
}) => {
  const { credentials, objects, settings } = dependencies
  const uploads = new Map<string, Upload>()

  const list = (credential: Credential, bucket: string, query: URLSearchParams): Answer =>
    Effect.suspend(() => {
      const prefix = query.get("prefix") ?? ""
      if (!access.mayList(credential, prefix)) return s3Errors.accessDenied
      const after = query.get("continuation-token") ?? query.get("start-after") ?? ""
      const most = Math.min(Number(query.get("max-keys") ?? mostKeys) || 0, mostKeys)
      const matching = objects.all().filter(({ key }) => key.startsWith(prefix) && key > after)
      const page = matching.slice(0, most)
      const next = matching.length > page.length ? page.at(-1)?.key : undefined
      return Effect.succeed(responses.xml(200, listDocument(bucket, prefix, most, page, next)))
    })

  const put = (key: string, content: Uint8Array, contentType: string): Answer =>
    Effect.map(Clock.currentTimeMillis, (now) =>
      HttpServerResponse.empty({
        status: 200,
        headers: { etag: `"${objects.put(key, content, contentType, now).etag}"` }
      })
    )

  const get = (key: string): Answer =>
    Effect.suspend(() => {
      const object = objects.get(key)
      return object === undefined
        ? s3Errors.noSuchKey
        : Effect.succeed(
            HttpServerResponse.uint8Array(object.body, {
              contentType: object.contentType,
              headers: { etag: `"${object.etag}"`, "last-modified": new Date(object.lastModified).toUTCString() }
            })
          )
    })

  const beginUpload = (bucket: string, key: string, contentType: string): Answer =>
    Effect.map(identifiers.token(32), (id) => {
      uploads.set(id, { key, contentType, parts: new Map() })
      const fields = element("Bucket", bucket) + element("Key", key) + element("UploadId", id)
      return responses.xml(200, document("InitiateMultipartUploadResult", fields))
    })

  const uploadOf = (id: string, key: string): Effect.Effect<Upload, s3Errors.S3Error> =>
    Effect.suspend(() => {
      const upload = uploads.get(id)
      return upload?.key === key ? Effect.succeed(upload) : s3Errors.noSuchUpload
    })

  const putPart = (id: string, key: string, number: number, content: Uint8Array): Answer =>
    Effect.map(uploadOf(id, key), ({ parts }) => {
      parts.set(number, content)
      const etag = createHash("md5").update(content).digest("hex")
      return HttpServerResponse.empty({ status: 200, headers: { etag: `"${etag}"` } })
    })

  const finishUpload = (bucket: string, id: string, key: string): Answer =>
    Effect.gen(function* () {
      const { contentType, parts } = yield* uploadOf(id, key)
      const now = yield* Clock.currentTimeMillis
      const whole = Buffer.concat([...parts.entries()].sort(([a], [b]) => a - b).map(([, part]) => part))
      const { etag } = objects.put(key, whole, contentType, now)
      uploads.delete(id)
      const fields = element("Bucket", bucket) + element("Key", key) + element("ETag", `"${etag}"`)
      return responses.xml(200, document("CompleteMultipartUploadResult", fields))
    })

  const onObject = (incoming: IncomingRequest, bucket: string, key: string, body: Uint8Array): Answer =>
    Effect.suspend(() => {
      const { headers, method, query } = incoming
      const isChunked =
        (headers["content-encoding"] ?? "").includes("aws-chunked") ||
        (headers["x-amz-content-sha256"] ?? "").startsWith("STREAMING-")
      const content = isChunked ? awsChunked.decode(body) : body
      const contentType = headers["content-type"] ?? "binary/octet-stream"
      const uploadId = query.get("uploadId")
      if (content === undefined) return s3Errors.incompleteBody
      switch (method) {
        case "PUT":
          return uploadId === null
            ? put(key, content, contentType)
            : putPart(uploadId, key, Number(query.get("partNumber")), content)
        case "POST":
          return uploadId === null ? beginUpload(bucket, key, contentType) : finishUpload(bucket, uploadId, key)
        case "GET":
          return get(key)
        default:
          // The credentials allow neither deleting nor aborting an upload.
          return method === "DELETE" || method === "HEAD" ? s3Errors.accessDenied : s3Errors.methodNotAllowed
      }
    })

  return (
    path: string,
    incoming: IncomingRequest,
    body: Uint8Array
  ): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
    Effect.gen(function* () {
      if (settings === undefined) return yield* s3Errors.noSuchBucket
      const credential = yield* access.authenticate(credentials, settings, incoming, body)
      const [, bucket = "", ...segments] = path.split("/")
      const key = segments.map(decode).join("/")
      if (bucket !== settings.bucket) return yield* s3Errors.accessDenied
      if (key === "") {
        return incoming.method === "GET"
          ? yield* list(credential, bucket, incoming.query)
          : yield* s3Errors.accessDenied
      }
      return access.mayAccess(credential, key)
        ? yield* onObject(incoming, bucket, key, body)
        : yield* s3Errors.accessDenied
    }).pipe(
      Effect.catchTag("S3Error", ({ code, message, status }) =>
        Effect.succeed(
          responses.xml(
            status,
            `<Error>${element("Code", code)}${element("Message", message)}${element("Resource", path)}</Error>`
          )
        )
      )
    )
}

const listDocument = (
  bucket: string,
  prefix: string,
  most: number,
  page: ReadonlyArray<StoredObject>,
  next: string | undefined
) =>
  document(
    "ListBucketResult",
    [
      element("Name", bucket),
      element("Prefix", prefix),
      element("KeyCount", `${page.length}`),
      element("MaxKeys", `${most}`),
      element("IsTruncated", `${next !== undefined}`),
      ...(next === undefined ? [] : [element("NextContinuationToken", next)]),
      ...page.map(({ body, etag, key, lastModified }) =>
        group("Contents", [
          element("Key", key),
          element("LastModified", new Date(lastModified).toISOString()),
          element("ETag", `"${etag}"`),
          element("Size", `${body.length}`),
          element("StorageClass", "STANDARD")
        ])
      )
    ].join("")
  )

const document = (name: string, content: string) =>
  `<${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</${name}>`

const group = (name: string, children: ReadonlyArray<string>) => `<${name}>${children.join("")}</${name}>`

const element = (name: string, text: string) => `<${name}>${escape(text)}</${name}>`

const escape = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")

const decode = (segment: string) => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
