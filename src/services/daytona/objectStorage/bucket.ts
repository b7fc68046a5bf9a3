/** One bucket of an S3 API, with credentials of the moment: is there something, put something. */

import * as Headers from "@effect/platform/Headers"
import type * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { AwsV4Signer } from "aws4fetch"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { ApiError, InvalidRequest } from "../../../errors/ApiError.js"
import type { ErrorBody } from "../../../errors/ErrorBody.js"
import * as ApiClient from "../../../internal/ApiClient.js"
import { parseBaseUrl } from "../../../internal/clientOptions.js"
import { invalidRequest } from "../../../internal/failure.js"
import * as Operation from "../../../internal/Operation.js"
import type { StorageAccess } from "../../../schema/daytona/ObjectStorage.js"
import { system } from "../DaytonaClient.js"

/** Not of Daytona's API: the paths are those of S3, with the bucket in front. */
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

/** What the server uses where it names no bucket. */
const defaultBucket = "daytona-volume-builds"

/** The region in the name of an AWS host; elsewhere any name will do, as long as both sides use it. */
const regionOf = ({ region, storageUrl }: StorageAccess): string =>
  region !== undefined && region !== ""
    ? region
    : (/\bs3[.-](?:dualstack\.)?([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com/.exec(storageUrl)?.[1] ?? "us-east-1")

/** `<Error><Code>…</Code><Message>…</Message>…`. The rest may repeat the request with its credentials, so it is left out. */
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

/** The credentials are the reason: new ones may be accepted. */
export const isRefusal = (error: ApiError): boolean =>
  error._tag === "Forbidden" || (error._tag === "BadRequest" && refusals.has(error.serverCode ?? ""))

const amzDate = (now: number): string => new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, "")

/** The request as it is, with a signature of now; storage accepts it for a quarter of an hour. */
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
        try: () =>
          new AwsV4Signer({
            method: request.method,
            url: url.toString(),
            // The archive would have to be in memory for its hash, and TLS protects it anyway.
            headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
            accessKeyId: Redacted.value(access.accessKey),
            secretAccessKey: Redacted.value(access.secret),
            sessionToken: Redacted.value(access.sessionToken),
            service: "s3",
            region: regionOf(access),
            datetime: amzDate(now)
          }).sign(),
        catch: unusable
      })
      return HttpClientRequest.setHeaders(request, Object.fromEntries(headers))
    })
  }

/** What the bucket can be asked for, with one set of credentials. */
export interface Bucket {
  readonly has: (hash: string) => Effect.Effect<boolean, ApiError>
  readonly put: (hash: string, body: HttpBody.HttpBody) => Effect.Effect<void, ApiError>
}

/** The length of an answer that cannot be a list of one object any more. */
const listLimit = 64 * 1024

export const make = (http: HttpClient.HttpClient, access: StorageAccess): Effect.Effect<Bucket, InvalidRequest> =>
  Effect.gen(function* () {
    const named = access.storageUrl.includes("://") ? access.storageUrl : `https://${access.storageUrl}`
    const address = yield* Either.mapLeft(parseBaseUrl(named), (problem) =>
      invalidRequest(
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
            // Storage is not ours, nor Daytona's: our trace ids are no business of it.
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
    const first = (hash: string) =>
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
          return first(hash).pipe(
            Stream.takeWhile((bytes) => {
              size += bytes.length
              return size <= listLimit
            }),
            Stream.decodeText(),
            Stream.mkString,
            Effect.map((xml) => /<Contents[\s>]/.test(xml)),
            // An answer that broke off says nothing; what is there already can be put once more.
            Effect.catchTag("StreamInterrupted", () => Effect.succeed(false))
          )
        }),
      put: (hash, body) =>
        Effect.flatMap(clientOver(body), (over) =>
          over.call(operations.put, { path: { bucket, organizationId, hash } })
        )
    }
  })
