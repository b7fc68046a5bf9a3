/** Verifies signed URLs of files. */
import { createHmac, timingSafeEqual } from "node:crypto"
import type { IncomingRequest } from "../http/IncomingRequest.js"

/** The paths below the toolbox that accept signed URLs, with their methods. */
const methods: Readonly<Record<string, string>> = { "/files/download": "GET", "/files/upload-v2": "POST" }

/**
 * Whether a request carries a valid signature, made with the sandbox's key, of its method, the file's path and its
 * expiry in seconds, where 0 means never.
 */
export const isSigned = (
  signingKey: string,
  path: string,
  { method, query }: Pick<IncomingRequest, "method" | "query">,
  now: number
): boolean => {
  const expires = query.get("expires") ?? ""
  const isTimely = /^\d+$/.test(expires) && (Number(expires) === 0 || now < Number(expires) * 1000)
  if (methods[path] !== method || !isTimely) return false
  const message = `v1:files:${method}:${query.get("path") ?? ""}:${expires}`
  const expected = Buffer.from(`v1_${createHmac("sha256", signingKey).update(message).digest("base64url")}`)
  const given = Buffer.from(query.get("signature") ?? "")
  return given.length === expected.length && timingSafeEqual(given, expected)
}
