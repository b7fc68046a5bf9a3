/** A bucket of an S3 API, with temporary credentials: checks whether objects exist, and uploads them. */
import * as Headers from "@effect/platform/Headers"
import type * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { ApiError, InvalidRequest, InvalidResponse } from "../../../errors/ApiError.js"
import type { ErrorBody } from "../../../errors/ErrorBody.js"
import * as ApiClient from "../../../internal/ApiClient.js"
import { parseBaseUrl } from "../../../internal/clientOptions.js"
import * as failure from "../../../internal/failure.js"
import * as Operation from "../../../internal/Operation.js"
import type { StorageAccess } from "../../../schema/daytona/ObjectStorage.js"
import { system } from "../DaytonaClient.js"

/** The operations of S3, not of Daytona, with path-style addresses. */
export const operations = {
  list: Operation.make("ObjectStorage.find", "GET", "/{bucket}/", {
    query: Schema.Struct({ "list-type": Schema.Number, "max-keys": Schema.Number, prefix: Schema.String }),
    success: Schema.Void
  }),
  put: Operation.make("ObjectStorage.put", "PUT", "/{bucket}/{organizationId}/{hash}/context.tar", {
    success: Schema.Void,
    timeout: "30 minutes"
  })
}

/** The bucket that the server uses when it names none. */
const defaultBucket = "daytona-volume-builds"

/**
 * The region in the name of an AWS host. For other servers any region will do, as long as it is signed consistently.
 */
const regionOf = ({ region, storageUrl }: StorageAccess): string =>
  region !== undefined && region !== ""
    ? region
    : (/\bs3[.-](?:dualstack\.)?([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com/.exec(storageUrl)?.[1] ?? "us-east-1")

/** Reads `<Error><Code>…</Code><Message>…</Message>…`. The rest is left out, since it may repeat credentials. */
const readErrorBody = (_status: number, _contentType: string, body: string): ErrorBody => {
  const element = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1]
  const code = element("Code")
  const message = element("Message")
  return {
    detail: code === undefined ? undefined : message === undefined ? code : `${code}: ${message}`,
    fromServer: code !== undefined,
    routeMissing: false,
    notYet: false,
    ...(code === undefined ? {} : { serverCode: code })
  }
}

const refusals = new Set(["ExpiredToken", "InvalidToken", "TokenRefreshRequired"])

/** Whether the credentials were refused, so that new ones may be accepted. */
export const isRefusal = (error: ApiError): boolean =>
  error._tag === "Forbidden" || (error._tag === "BadRequest" && refusals.has(error.serverCode ?? ""))

const amzDate = (now: number): string => new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, "")

/** Signs a request with the current time; storage accepts the signature for 15 minutes. */
const signed =
  (access: StorageAccess) =>
  (
    request: HttpClientRequest.HttpClientRequest
  ): Effect.Effect<HttpClientRequest.HttpClientRequest, HttpClientError.RequestError> => {
    const unusable = (cause: unknown) => new HttpClientError.RequestError({ request, reason: "InvalidUrl", cause })
    return Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const url = yield* Either.mapLeft(
        Either.fromOption(HttpClientRequest.toUrl(request), () => undefined),
        unusable
      )
      const { headers } = yield* Effect.tryPromise({
        // Loaded here, because only images with local files need it.
        try: async () => {
          const { AwsV4Signer } = await import("aws4fetch")
          return new AwsV4Signer({
            method: request.method,
            url: url.toString(),
            // Hashing the archive would require it in memory, and TLS protects it anyway.
            headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
            accessKeyId: Redacted.value(access.accessKey),
            secretAccessKey: Redacted.value(access.secret),
            sessionToken: Redacted.value(access.sessionToken),
            service: "s3",
            region: regionOf(access),
            datetime: amzDate(now)
          }).sign()
        },
        catch: unusable
      })
      return HttpClientRequest.setHeaders(request, Object.fromEntries(headers))
    })
  }

/** A bucket, with one set of credentials. */
export interface Bucket {
  readonly has: (hash: string) => Effect.Effect<boolean, ApiError>
  readonly put: (hash: string, body: HttpBody.HttpBody) => Effect.Effect<void, ApiError>
}

/** Some storage answers an upload with an empty body of type `text/html`; a body that has content is a stranger's. */
const expectNoPage = ({
  bytes,
  context,
  headers,
  status
}: ApiClient.OpenedStream): Stream.Stream<never, InvalidResponse> =>
  (headers["content-type"] ?? "").toLowerCase().includes("html")
    ? bytes.pipe(
        // The status has said that the object is stored; the body cannot take that back.
        Stream.catchAll(() => Stream.empty),
        Stream.decodeText(),
        Stream.filter((text) => text.trim() !== ""),
        Stream.take(1),
        Stream.flatMap(() =>
          Stream.fail(
            failure.unreadable(context, status, {
              what: "it is an HTML page where an empty answer was due: is a proxy or a login page in front of the object storage?",
              admitted: "unknown"
            })
          )
        )
      )
    : Stream.empty

/** A list of at most one object is always shorter than this. */
const listLimit = 64 * 1024

export const make = (http: HttpClient.HttpClient, access: StorageAccess): Effect.Effect<Bucket, InvalidRequest> =>
  Effect.gen(function* () {
    const named = access.storageUrl.includes("://") ? access.storageUrl : `https://${access.storageUrl}`
    const address = yield* Either.mapLeft(parseBaseUrl(named), (problem) =>
      failure.invalidRequest(
        { system: "daytona", operation: "ObjectStorage.upload" },
        "storageUrl",
        `that the server named ${problem}`
      )
    )
    const clientOver = (body?: HttpBody.HttpBody) =>
      ApiClient.make({
        system,
        baseUrl: address,
        headers: { accept: "*/*" },
        credentials: ApiClient.fixedToken(Option.none()),
        policy: {},
        slashInPath: "encode",
        readErrorBody
      }).pipe(
        Effect.provideService(
          HttpClient.HttpClient,
          http.pipe(
            HttpClient.mapRequest((request) =>
              body === undefined ? request : HttpClientRequest.setBody(request, body)
            ),
            HttpClient.mapRequestEffect(signed(access)),
            // Object storage is a third party, so it gets no trace ids.
            HttpClient.withTracerPropagation(false),
            HttpClient.transform((sent) =>
              Effect.locallyWith(sent, Headers.currentRedactedNames, (names) => [...names, "x-amz-security-token"])
            )
          )
        )
      )
    const client = yield* clientOver()
    const bucket = access.bucket === "" ? defaultBucket : access.bucket
    const { organizationId } = access
    const list = (hash: string) =>
      client.stream(
        operations.list,
        {
          path: { bucket },
          query: { "list-type": 2, "max-keys": 1, prefix: `${organizationId}/${hash}/` }
        },
        ({ bytes }) => bytes
      )
    return {
      has: (hash) =>
        Effect.suspend(() => {
          let size = 0
          return list(hash).pipe(
            Stream.takeWhile((bytes) => {
              size += bytes.length
              return size <= listLimit
            }),
            Stream.decodeText(),
            Stream.mkString,
            Effect.map((xml) => /<Contents[\s>]/.test(xml)),
            // A truncated response is inconclusive; uploading an existing object again is harmless.
            Effect.catchTag("StreamInterrupted", () => Effect.succeed(false))
          )
        }),
      put: (hash, body) =>
        Effect.flatMap(clientOver(body), (over) =>
          Stream.runDrain(over.stream(operations.put, { path: { bucket, organizationId, hash } }, expectNoPage))
        )
    }
  })
