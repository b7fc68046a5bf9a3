/** Daytona's push-access and an S3 bucket, in this process. The bucket checks every signature for itself. */
import { createHash, createHmac } from "node:crypto"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"

export interface Grant {
  readonly accessKey: string
  readonly secret: string
  readonly sessionToken: string
}

export const grant = (number: number): Grant => ({
  accessKey: `AKIA-${number}`,
  secret: `secret/canary+${number}`,
  sessionToken: `session-canary-${number}==`
})

interface Seen {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
}

const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest()
const hex = (text: string) => createHash("sha256").update(text).digest("hex")
const encoded = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`)

/** The signature that AWS documents for a request, from what arrived of it. */
export const signatureOf = ({ headers, method, url }: Seen, secret: string, region: string): string => {
  const signedNames = /SignedHeaders=([^,]+)/.exec(headers["authorization"] ?? "")?.[1] ?? ""
  const date = headers["x-amz-date"] ?? ""
  const query = [...url.searchParams].map(([name, value]) => `${encoded(name)}=${encoded(value)}`).sort()
  const canonical = [
    method,
    url.pathname
      .split("/")
      .map((part) => encoded(decodeURIComponent(part)))
      .join("/"),
    query.join("&"),
    ...signedNames.split(";").map((name) => `${name}:${name === "host" ? url.host : (headers[name] ?? "").trim()}`),
    "",
    signedNames,
    headers["x-amz-content-sha256"]
  ].join("\n")
  const scope = `${date.slice(0, 8)}/${region}/s3/aws4_request`
  const key = ["s3", "aws4_request"].reduce<Buffer>(hmac, hmac(hmac(`AWS4${secret}`, date.slice(0, 8)), region))
  return hmac(key, `AWS4-HMAC-SHA256\n${date}\n${scope}\n${hex(canonical)}`).toString("hex")
}

const failure = (status: number, code: string, more = "") =>
  new Response(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>Because.</Message>${more}</Error>`, {
    status,
    headers: { "content-type": "application/xml" }
  })

export interface Options {
  /** What the server tells of its storage, beside the credentials. */
  readonly told?: Readonly<Record<string, unknown>>
  readonly region?: string
  /** How many sets of credentials, from the first, storage does not accept any more. */
  readonly expired?: number
  /** How it refuses them. */
  readonly refusal?: readonly [status: number, code: string]
}

export const storage = (options: Options = {}) => {
  const { expired = 0, refusal = [400, "ExpiredToken"] } = options
  const objects = new Map<string, Uint8Array>()
  const seen: Array<Seen> = []
  const problems: Array<string> = []
  let granted = 0

  const pushAccess = () =>
    Response.json({
      ...grant(++granted),
      storageUrl: "https://s3.test:9000",
      organizationId: "org-1",
      bucket: "builds",
      region: options.region,
      ...options.told
    })

  const check = (request: Seen): Response | undefined => {
    const { headers } = request
    const number = Number(/Credential=AKIA-(\d+)\//.exec(headers["authorization"] ?? "")?.[1])
    const { secret, sessionToken } = grant(number)
    const region = options.region ?? "us-east-1"
    const signature = /Signature=([0-9a-f]+)$/.exec(headers["authorization"] ?? "")?.[1]
    if (headers["x-amz-security-token"] !== sessionToken) problems.push("session token")
    if (
      !/SignedHeaders=[^,]*host;[^,]*x-amz-content-sha256;x-amz-date;x-amz-security-token/.test(
        headers["authorization"] ?? ""
      )
    ) {
      problems.push("signed headers")
    }
    if (signature !== signatureOf(request, secret, region)) problems.push("signature")
    if (number > expired) return undefined
    // Real storage repeats the request in such an answer, with all that is in it.
    return failure(...refusal, `<StringToSign>${sessionToken} ${secret}</StringToSign>`)
  }

  const bucket = (request: Seen): Response => {
    const refused = check(request)
    if (refused !== undefined) return refused
    const { method, url } = request
    const key = decodeURIComponent(url.pathname).replace(/^\/builds\//, "")
    if (method === "GET") {
      const prefix = url.searchParams.get("prefix") ?? ""
      const found = [...objects.keys()].filter((each) => each.startsWith(prefix)).slice(0, 1)
      return new Response(
        `<ListBucketResult><KeyCount>${found.length}</KeyCount>${found.map((each) => `<Contents><Key>${each}</Key></Contents>`).join("")}</ListBucketResult>`,
        { headers: { "content-type": "application/xml" } }
      )
    }
    if (Number(request.headers["content-length"]) !== request.body.length) return failure(411, "MissingContentLength")
    objects.set(key, request.body)
    return new Response(null, { status: 200 })
  }

  const client = HttpClient.make((request, url) =>
    Effect.gen(function* () {
      const { body } = request
      const bytes =
        body._tag === "Uint8Array"
          ? body.body
          : body._tag === "Stream"
            ? yield* Stream.runFold(body.stream, new Uint8Array(0), (all, part) => Buffer.concat([all, part])).pipe(
                Effect.mapError((cause) => new HttpClientError.RequestError({ request, reason: "Transport", cause }))
              )
            : new Uint8Array(0)
      const asked = { method: request.method, url, headers: request.headers, body: bytes }
      seen.push(asked)
      return HttpClientResponse.fromWeb(request, url.host === "s3.test:9000" ? bucket(asked) : pushAccess())
    })
  )
  return { objects, seen, problems, layer: Layer.succeed(HttpClient.HttpClient, client) }
}
