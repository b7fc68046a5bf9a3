import { createHash } from "node:crypto"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import { describe, expect, it } from "@effect/vitest"
import { AwsV4Signer } from "aws4fetch"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { EmbeddedDaytona } from "../../../src/embedded/daytona/index.js"
import { get, post, send, server, stateOf, textAt } from "./support.js"

interface Access {
  readonly accessKey: string
  readonly secret: string
  readonly sessionToken: string
  readonly storageUrl: string
  readonly organizationId: string
  readonly bucket: string
  readonly region: string
}

const access = Effect.map(
  get("/object-storage/push-access"),
  ({ json }): Access => ({
    accessKey: textAt(json, "accessKey"),
    secret: textAt(json, "secret"),
    sessionToken: textAt(json, "sessionToken"),
    storageUrl: textAt(json, "storageUrl"),
    organizationId: textAt(json, "organizationId"),
    bucket: textAt(json, "bucket"),
    region: textAt(json, "region")
  })
)

/** A request signed by an independent library. */
const signed = (
  granted: Access,
  method: HttpMethod,
  path: string,
  body?: string,
  headers: Record<string, string> = {}
) =>
  Effect.gen(function* () {
    const signer = new AwsV4Signer({
      method,
      url: `${granted.storageUrl}/${granted.bucket}/${path}`,
      accessKeyId: granted.accessKey,
      secretAccessKey: granted.secret,
      sessionToken: granted.sessionToken,
      service: "s3",
      region: granted.region,
      headers: {
        ...(body === undefined ? {} : { "x-amz-content-sha256": createHash("sha256").update(body).digest("hex") }),
        ...headers
      },
      ...(body === undefined ? {} : { body })
    })
    const { headers: all, url } = yield* Effect.promise(() => signer.sign())
    const request = HttpClientRequest.make(method)(url, { headers: Object.fromEntries(all) })
    return yield* send(body === undefined ? request : HttpClientRequest.bodyText(request, body, "application/x-tar"))
  })

const codeOf = (xml: string) => /<Code>(.*?)<\/Code>/.exec(xml)?.[1]

describe("the object storage", () => {
  it.effect("stores contexts, lists them by prefix and returns them", () =>
    Effect.gen(function* () {
      const granted = yield* access
      expect(granted.storageUrl).toBe("http://daytona.test/storage")
      const org = granted.organizationId
      const listing = `?list-type=2&max-keys=1&prefix=${org}%2Fabc%2F`
      const before = yield* signed(granted, "GET", listing)
      expect([before.status, before.text.includes("<KeyCount>0</KeyCount>")]).toEqual([200, true])
      const stored = yield* signed(granted, "PUT", `${org}/abc/context.tar`, "a tar")
      expect([stored.status, stored.headers["etag"]]).toEqual([
        200,
        `"${createHash("md5").update("a tar").digest("hex")}"`
      ])
      const after = yield* signed(granted, "GET", listing)
      expect(after.text).toContain(`<Key>${org}/abc/context.tar</Key>`)
      expect((yield* signed(granted, "GET", `${org}/abc/context.tar`)).text).toBe("a tar")
      const { objects } = yield* EmbeddedDaytona
      expect(
        (yield* objects).map(({ body, contentType, key }) => [key, new TextDecoder().decode(body), contentType])
      ).toEqual([[`${org}/abc/context.tar`, "a tar", "application/x-tar"]])
    }).pipe(Effect.provide(server()))
  )

  it.effect("provides the contexts of builds", () =>
    Effect.gen(function* () {
      const granted = yield* access
      yield* signed(granted, "PUT", `${granted.organizationId}/abc/context.tar`, "a tar")
      yield* post("/sandbox", { name: "box", buildInfo: { dockerfileContent: "FROM a:1\n", contextHashes: ["abc"] } })
      expect(stateOf(yield* get("/sandbox/box"))).toBe("started")
    }).pipe(Effect.provide(server()))
  )

  it.effect("accepts a multipart upload", () =>
    Effect.gen(function* () {
      const granted = yield* access
      const key = `${granted.organizationId}/abc/context.tar`
      const begun = yield* signed(granted, "POST", `${key}?uploads=`)
      const id = /<UploadId>(.*?)<\/UploadId>/.exec(begun.text)?.[1]
      yield* signed(granted, "PUT", `${key}?partNumber=2&uploadId=${id}`, "tar")
      yield* signed(granted, "PUT", `${key}?partNumber=1&uploadId=${id}`, "a ")
      expect((yield* signed(granted, "POST", `${key}?uploadId=${id}`, "<CompleteMultipartUpload/>")).status).toBe(200)
      expect((yield* signed(granted, "GET", key)).text).toBe("a tar")
    }).pipe(Effect.provide(server()))
  )

  it.effect("accepts a body in the encoding of the AWS SDKs", () =>
    Effect.gen(function* () {
      const granted = yield* access
      const key = `${granted.organizationId}/abc/context.tar`
      const chunked = "2\r\na \r\n3\r\ntar\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"
      yield* signed(granted, "PUT", key, chunked, {
        "content-encoding": "aws-chunked",
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
      })
      expect((yield* signed(granted, "GET", key)).text).toBe("a tar")
    }).pipe(Effect.provide(server()))
  )

  it.effect("refuses requests that are unsigned, wrongly signed, or for another organization", () =>
    Effect.gen(function* () {
      const granted = yield* access
      const key = `${granted.organizationId}/abc/context.tar`
      const unsigned = yield* send(HttpClientRequest.get(`${granted.storageUrl}/${granted.bucket}/${key}`))
      const lie = { "x-amz-content-sha256": "0".repeat(64) }
      const answers = [
        unsigned,
        yield* signed({ ...granted, secret: "wrong" }, "PUT", key, "x"),
        yield* signed({ ...granted, region: "mars-1" }, "PUT", key, "x"),
        yield* signed({ ...granted, accessKey: "nobody" }, "PUT", key, "x"),
        yield* signed({ ...granted, sessionToken: "wrong" }, "PUT", key, "x"),
        yield* signed(granted, "PUT", key, "x", lie),
        yield* signed(granted, "PUT", "other-org/abc/context.tar", "x"),
        yield* signed(granted, "GET", "?list-type=2&prefix=other-org%2F"),
        yield* signed(granted, "GET", "?list-type=2"),
        yield* signed(granted, "DELETE", key),
        yield* signed({ ...granted, bucket: "other" }, "PUT", key, "x")
      ]
      expect(answers.map(({ status, text }) => [status, codeOf(text)])).toEqual([
        [403, "AccessDenied"],
        [403, "SignatureDoesNotMatch"],
        [403, "SignatureDoesNotMatch"],
        [403, "InvalidAccessKeyId"],
        [403, "InvalidToken"],
        [400, "XAmzContentSHA256Mismatch"],
        [403, "AccessDenied"],
        [403, "AccessDenied"],
        [403, "AccessDenied"],
        [403, "AccessDenied"],
        [403, "AccessDenied"]
      ])
      expect(yield* Effect.flatMap(EmbeddedDaytona, ({ objects }) => objects)).toEqual([])
    }).pipe(Effect.provide(server()))
  )

  it.effect("lets credentials expire after an hour", () =>
    Effect.gen(function* () {
      const granted = yield* access
      yield* TestClock.adjust("1 hour")
      const answer = yield* signed(granted, "PUT", `${granted.organizationId}/abc/context.tar`, "x")
      expect([answer.status, codeOf(answer.text)]).toEqual([403, "ExpiredToken"])
    }).pipe(Effect.provide(server()))
  )

  it.effect("checks the date of a signature if configured to", () =>
    Effect.gen(function* () {
      const granted = yield* access
      const answer = yield* signed(granted, "PUT", `${granted.organizationId}/abc/context.tar`, "x")
      expect([answer.status, codeOf(answer.text)]).toEqual([403, "RequestTimeTooSkewed"])
    }).pipe(Effect.provide(server({ objectStorage: { clockSkew: "15 minutes" } })))
  )

  it.effect("can have a host of its own", () =>
    Effect.gen(function* () {
      const granted = yield* access
      expect(granted.storageUrl).toBe("http://s3.test")
      const stored = yield* signed(granted, "PUT", `${granted.organizationId}/abc/context.tar`, "x")
      expect(stored.status).toBe(200)
    }).pipe(Effect.provide(server({ objectStorage: { url: "http://s3.test/" } })))
  )

  it.effect("can be missing", () =>
    Effect.gen(function* () {
      const answers = [yield* get("/object-storage/push-access"), yield* post("/volumes", { name: "v" })]
      expect(answers.map(({ json }) => textAt(json, "message"))).toEqual([
        "Object storage is not configured",
        "Object storage is not configured"
      ])
      expect(answers.map(({ status }) => status)).toEqual([503, 503])
    }).pipe(Effect.provide(server({ objectStorage: false })))
  )
})
