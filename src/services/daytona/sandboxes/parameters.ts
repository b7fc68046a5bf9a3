/**
 * Compares the parameters of a sandbox that exists with those that are asked for. A label has a digest of them, since
 * the server does not show all of them. Labels are in every list, and a digest of a short secret can be guessed: so
 * the values of environment variables and the credentials of a proxy are not part of it, and are compared with what
 * the server returns for the sandbox itself.
 */
import { sha256 } from "@noble/hashes/sha2.js"
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type { InvalidRequest } from "../../../errors/ApiError.js"
import { describeParseError, invalidRequest } from "../../../internal/failure.js"
import type { CreateSandboxBody } from "../../../schema/daytona/CreateSandbox.js"
import type { Sandbox } from "../../../schema/daytona/Sandbox.js"
import { operations } from "./operations.js"

type Body = typeof CreateSandboxBody.Type

/** A URL without user name, password and query. */
const withoutCredentials = (url: string): string => {
  if (!URL.canParse(url)) return ""
  const { host, pathname, protocol } = new URL(url)
  return `${protocol}//${host}${pathname}`
}

const inOrder = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).sort(([left], [right]) => (left < right ? -1 : 1)))

/** The parameters of a body as it is sent, with the fields of every object in the same order, and without secrets. */
const describe = ({ env, name: _, outboundProxyUrl, secrets, ...others }: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(
    {
      ...others,
      env: Object.keys(env ?? {}).sort(),
      proxy: typeof outboundProxyUrl === "string" ? withoutCredentials(outboundProxyUrl) : undefined,
      // A list of objects with one field each, in the order of the caller's fields.
      secrets: Array.isArray(secrets) ? Object.assign({}, ...secrets) : undefined
    },
    (__, value: unknown) => (Predicate.isRecord(value) ? inOrder(value) : value)
  )

/**
 * The digest of what determines a sandbox, in hex. `body` is without our labels. WebCrypto is asynchronous outside
 * Effect's clock, so that a program could not be tested with `TestClock`, and browsers have it only over HTTPS.
 */
export const digestOf = (operation: string, body: Body): Either.Either<string, InvalidRequest> => {
  const at = { system: "daytona", operation, method: operations.create.method } as const
  return Either.mapBoth(operations.create.encodeBody?.(body) ?? Either.right({}), {
    onLeft: (error) => {
      const { expected, field } = describeParseError(error)
      return invalidRequest(at, field, expected)
    },
    onRight: (sent) => bytesToHex(sha256(utf8ToBytes(describe({ ...Object(sent) }))))
  })
}

const valueOf = (text: string | Redacted.Redacted): string => (Redacted.isRedacted(text) ? Redacted.value(text) : text)

/** The secret parameters that differ from those of a sandbox, where the server shows them. */
export const differingSecrets = ({ env = {}, outboundProxyUrl }: Body, seen: Sandbox): ReadonlyArray<string> => {
  const current = Redacted.value(seen.env)
  const proxy = seen.outboundProxyUrl
  const differs = {
    env: Object.entries(env).some(([name, value]) => current[name] !== valueOf(value)),
    outboundProxyUrl:
      outboundProxyUrl !== undefined && proxy !== undefined && Redacted.value(proxy) !== valueOf(outboundProxyUrl)
  }
  return Object.entries(differs).flatMap(([name, isOther]) => (isOther ? [name] : []))
}
