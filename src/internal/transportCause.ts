/** What failed below HTTP, and whether the request may have arrived. */

export interface TransportCause {
  /** The transport's code, such as `ECONNREFUSED`. */
  readonly code: string | undefined
  readonly summary: string
  /** The connection was never established, so nothing of the request has arrived. */
  readonly unsent: boolean
  /** The connection is well, but what arrived is not what the headers announced. */
  readonly unreadable?: boolean
}

/** What prevented a connection, where the cause does not say so itself. */
export class NothingSent extends Error {
  readonly isUnsent = true
  constructor(cause: unknown) {
    super("no connection was established", { cause })
  }
}

/** A body that is not what its `Content-Encoding` says, or in an encoding that nobody decodes. */
export class ContentEncodingError extends Error {
  /** The connection is not to blame. */
  readonly isUnreadable = true
}

/** Node has no code of its own for a connection that ends before its TLS handshake does. */
const endedInHandshake = "before secure TLS connection was established"

const unsentCodes = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EAI_FAIL",
  "EADDRNOTAVAIL",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  "ERR_INVALID_URL",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "ConnectionRefused",
  "FailedToOpenSocket"
])

/**
 * Why a server refuses a TLS handshake, in the words of OpenSSL. A server that refuses a certificate may say so after
 * the request was sent, but acts on none of it. "Wrong version number" is not among them: it may also be said of a
 * connection that worked until something else wrote into it.
 */
const handshakeRefused =
  /unsupported protocol|no shared cipher|unrecognized name|certificate required|alert (protocol version|handshake failure|no application protocol|insufficient security|unknown ca|bad certificate|unsupported certificate|certificate (revoked|expired|unknown))/

const isRefusedHandshake = (error: object): boolean => {
  const code = text(error, "code") ?? ""
  if (code !== "EPROTO" && !code.startsWith("ERR_SSL_")) return false
  return handshakeRefused.test(`${code} ${text(error, "message") ?? ""}`.toLowerCase().replaceAll("_", " "))
}

const unsentSystemCalls = new Set(["connect", "getaddrinfo"])

/**
 * Transports wrap errors: fetch puts the socket's error into `cause`, dual-stack connects put one per address into
 * `errors`.
 */
const chain = (error: unknown, depth = 0): ReadonlyArray<object> => {
  if (typeof error !== "object" || error === null || depth > 4) return []
  const inner: ReadonlyArray<unknown> = "errors" in error && Array.isArray(error.errors) ? error.errors : []
  return [
    error,
    ...inner.flatMap((each) => chain(each, depth + 1)),
    ...("cause" in error ? chain(error.cause, depth + 1) : [])
  ]
}

const text = (error: object, key: string): string | undefined => {
  const value: unknown = Reflect.get(error, key)
  return typeof value === "string" && value !== "" ? value : undefined
}

export const describe = (cause: unknown): TransportCause => {
  const errors = chain(cause)
  const coded = errors.find((error) => text(error, "code") !== undefined)
  const code = coded && text(coded, "code")
  const unsent = errors.some(
    (error) =>
      Reflect.get(error, "isUnsent") === true ||
      unsentCodes.has(text(error, "code") ?? "") ||
      unsentSystemCalls.has(text(error, "syscall") ?? "") ||
      isRefusedHandshake(error) ||
      text(error, "message")?.includes(endedInHandshake) === true
  )
  const message =
    (coded && text(coded, "message")) ?? errors.map((error) => text(error, "message")).findLast(Boolean) ?? "no details"
  const isUnreadable = errors.some((error) => Reflect.get(error, "isUnreadable") === true)
  return {
    code,
    unsent,
    ...(isUnreadable ? { unreadable: true } : {}),
    summary: code === undefined || message.includes(code) ? message : `${code}: ${message}`
  }
}
