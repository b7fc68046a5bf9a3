/** The rules for a sandbox's network settings. */
import { isIPv4 } from "node:net"
import * as Effect from "effect/Effect"
import { badRequest, type HttpError } from "../http/HttpError.js"
import type { Sandbox } from "./Sandbox.js"

const most = 10

const entries = (list: string | undefined): ReadonlyArray<string> =>
  list === undefined || list.trim() === "" ? [] : list.split(",").map((entry) => entry.trim())

const isDomain = (entry: string): boolean => /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$/i.test(entry)

const problemOfNetwork = (network: string): string | undefined => {
  const [address = "", prefix = ""] = network.split("/")
  if (!isIPv4(address)) return `Invalid IP address: "${address}" in network "${network}". Must be a valid IPv4 address`
  if (prefix === "") return `Invalid network format: "${network}". Missing CIDR prefix length (e.g., /24)`
  const length = Number.parseInt(prefix, 10)
  return length < 0 || length > 32
    ? `Invalid CIDR prefix length: ${network}. Prefix must be between 0 and 32`
    : undefined
}

/** At most ten IPv4 CIDR blocks. */
export const checkNetworks = (list: string | undefined): Effect.Effect<void, HttpError> =>
  Effect.suspend(() => {
    const networks = entries(list)
    const problem = networks
      .filter((network) => network !== "")
      .map(problemOfNetwork)
      .find((found) => found !== undefined)
    if (problem !== undefined) return badRequest(problem)
    return networks.length > most
      ? badRequest(`Network allow list cannot contain more than ${most} networks`)
      : Effect.void
  })

/** At most ten domains; a leading `*.` includes all subdomains. */
export const checkDomains = (list: string | undefined): Effect.Effect<void, HttpError> =>
  Effect.suspend(() => {
    const domains = entries(list)
    const wrong = domains.find((domain) => domain !== "" && !isDomain(domain))
    if (wrong !== undefined) return badRequest(`Invalid domain: "${wrong}". Must be a valid domain name`)
    return domains.length > most
      ? badRequest(`Domain allow list cannot contain more than ${most} domains`)
      : Effect.void
  })

/** The network settings of a request. */
export interface NetworkChange {
  readonly networkBlockAll: boolean | undefined
  readonly networkAllowList: string | undefined
  readonly domainAllowList: string | undefined
}

/** Blocking everything and an allow list exclude each other: the one that is requested clears the other. */
export const networkChanges = ({
  domainAllowList,
  networkAllowList,
  networkBlockAll
}: NetworkChange): Partial<Sandbox> => {
  const domains = domainAllowList === undefined ? {} : { domainAllowList: orNull(domainAllowList) }
  if (networkBlockAll === true) return { networkBlockAll: true, networkAllowList: null, ...domains }
  if (networkAllowList !== undefined && networkAllowList !== "") {
    return { networkBlockAll: false, networkAllowList, ...domains }
  }
  if (networkBlockAll === false) return { networkBlockAll: false, networkAllowList: null, ...domains }
  return networkAllowList === undefined ? domains : { networkAllowList: null, ...domains }
}

const orNull = (text: string) => (text === "" ? null : text)
