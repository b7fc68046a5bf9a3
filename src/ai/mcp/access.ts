/** Who may use an MCP server over HTTP. */
import type * as Headers from "@effect/platform/Headers"
import { sha256 } from "@noble/hashes/sha2.js"
import { utf8ToBytes } from "@noble/hashes/utils.js"
import * as Redacted from "effect/Redacted"

export interface AccessOptions {
  /** What clients send as `Authorization: Bearer …`; not empty. */
  readonly token: Redacted.Redacted
  /**
   * The host names, without port, under which clients reach the server. Default: those of this machine only, such as
   * `localhost` and `127.0.0.1`. A web page can give any server a name of its own (DNS rebinding), so a request for
   * another name, or from a page of another, is refused.
   */
  readonly allowedHosts?: ReadonlyArray<string> | undefined
}

/** Why a request is refused. */
export interface Refusal {
  readonly status: 401 | 403
  readonly message: string
}

const ofThisMachine = /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** A host name as URLs have it: without a port. */
export const isHostName = (name: unknown): boolean => hostOf(`http://${name}`) === String(name).toLowerCase()

const hostOf = (url: string): string | undefined => (URL.canParse(url) ? new URL(url).hostname : undefined)

/** Compares digests, so that the time tells neither where the texts differ nor how long they are. */
const isSame = (one: Uint8Array, other: Uint8Array): boolean =>
  one.reduce((difference, byte, index) => difference | (byte ^ (other[index] ?? 0)), 0) === 0

const digestOf = (text: string): Uint8Array => sha256(utf8ToBytes(text))

/** Decides by the headers of a request; `undefined` if it may pass. */
export const accessCheck = ({ allowedHosts, token }: AccessOptions) => {
  const expected = digestOf(Redacted.value(token))
  const names = allowedHosts?.map((name) => name.toLowerCase())
  const isAllowed = (host: string | undefined): boolean =>
    host !== undefined && (names?.includes(host) ?? ofThisMachine.test(host))
  return ({ authorization = "", host = "", origin }: Headers.Headers): Refusal | undefined => {
    if (!isAllowed(hostOf(`http://${host}`))) {
      return { status: 403, message: `the host name of the request (${host}) is not in allowedHosts of the server` }
    }
    if (origin !== undefined && !isAllowed(hostOf(origin))) {
      return { status: 403, message: `the web page of the request (${origin}) is not in allowedHosts of the server` }
    }
    const [, given = ""] = /^Bearer +(.*)$/i.exec(authorization) ?? []
    return isSame(expected, digestOf(given))
      ? undefined
      : { status: 401, message: "the request needs the token of the server: `Authorization: Bearer …`" }
  }
}
