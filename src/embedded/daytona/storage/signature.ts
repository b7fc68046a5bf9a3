/** Verifies AWS Signature Version 4. */
import { createHash, createHmac, timingSafeEqual } from "node:crypto"

/** What a signature is computed from. */
export interface SignedRequest {
  readonly method: string
  /** As sent, still encoded. */
  readonly rawPath: string
  /** Without the `?`, still encoded. */
  readonly rawQuery: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** The parts of an `AWS4-HMAC-SHA256` header. */
export interface Authorization {
  readonly accessKey: string
  readonly date: string
  readonly region: string
  readonly service: string
  readonly signedHeaders: ReadonlyArray<string>
  readonly signature: string
}

const pattern =
  /^AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)\/(\d{8})\/([^/,]+)\/([^/,]+)\/aws4_request\s*,\s*SignedHeaders=([^,\s]+)\s*,\s*Signature=([0-9a-f]{64})$/

/** Parses the header; `undefined` if it is not such a signature. */
export const parse = (header: string | undefined): Authorization | undefined => {
  const match = pattern.exec(header ?? "")
  if (match === null) return undefined
  const [, accessKey = "", date = "", region = "", service = "", signedHeaders = "", signature = ""] = match
  const names = signedHeaders.split(";")
  // Repeated names would repeat the values of those headers, without a limit.
  return new Set(names).size === names.length
    ? { accessKey, date, region, service, signedHeaders: names, signature }
    : undefined
}

/** Whether the signature is the one that this secret produces for the request. */
export const isValid = (request: SignedRequest, authorization: Authorization, secret: string): boolean => {
  const { date, region, service, signature, signedHeaders } = authorization
  const canonicalRequest = [
    request.method,
    canonicalPath(request.rawPath),
    canonicalQuery(request.rawQuery),
    ...signedHeaders.map((name) => `${name}:${(request.headers[name] ?? "").trim().replace(/\s+/g, " ")}`),
    "",
    signedHeaders.join(";"),
    request.headers["x-amz-content-sha256"] ?? sha256(request.body)
  ].join("\n")
  const scope = `${date}/${region}/${service}/aws4_request`
  const stringToSign = ["AWS4-HMAC-SHA256", request.headers["x-amz-date"] ?? "", scope, sha256(canonicalRequest)]
  const key = [date, region, service, "aws4_request"].reduce<string | Buffer>(
    (previous, part) => hmac(previous, part),
    `AWS4${secret}`
  )
  const expected = hmac(key, stringToSign.join("\n"))
  return timingSafeEqual(expected, Buffer.from(signature, "hex"))
}

/** Whether the body matches its signed hash; clients may sign that the body is unsigned. */
export const isBodySigned = ({ body, headers }: SignedRequest): boolean => {
  const declared = headers["x-amz-content-sha256"] ?? ""
  return !/^[0-9a-f]{64}$/.test(declared) || declared === sha256(body)
}

const sha256 = (data: string | Uint8Array) => createHash("sha256").update(data).digest("hex")
const hmac = (key: string | Buffer, data: string) => createHmac("sha256", key).update(data).digest()

// Decoded and encoded again, so that the client's choice of escapes does not matter.
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

const decode = (text: string) => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const canonicalPath = (rawPath: string) =>
  rawPath
    .split("/")
    .map((segment) => encode(decode(segment)))
    .join("/")

const canonicalQuery = (rawQuery: string) =>
  rawQuery
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [name = "", ...value] = pair.split("=")
      return [encode(decode(name)), encode(decode(value.join("=")))] as const
    })
    .sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&")
