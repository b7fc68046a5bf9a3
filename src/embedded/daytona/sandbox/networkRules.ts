/** The rules for a sandbox's network settings. */
import * as Effect from "effect/Effect"
import { badRequest, type HttpError } from "../http/HttpError.js"
import type { Sandbox } from "./Sandbox.js"

const most = 10

const entries = (list: string | undefined): ReadonlyArray<string> =>
  list === undefined || list.trim() === "" ? [] : list.split(",").map((entry) => entry.trim())

const isNetwork = (entry: string): boolean => {
  const [address = "", prefix, ...rest] = entry.split("/")
  const bytes = address.split(".")
  return (
    rest.length === 0 &&
    prefix !== undefined &&
    /^\d{1,2}$/.test(prefix) &&
    Number(prefix) <= 32 &&
    bytes.length === 4 &&
    bytes.every((byte) => /^\d{1,3}$/.test(byte) && Number(byte) <= 255)
  )
}

const isDomain = (entry: string): boolean =>
  entry.length <= 253 && /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/i.test(entry)

/** At most ten IPv4 CIDR blocks. */
export const checkNetworks = (list: string | undefined): Effect.Effect<void, HttpError> =>
  Effect.suspend(() => {
    const networks = entries(list)
    const wrong = networks.find((network) => !isNetwork(network))
    if (networks.length > most) return badRequest(`Network allow list cannot contain more than ${most} networks`)
    return wrong === undefined
      ? Effect.void
      : badRequest(`Invalid network in network allow list: ${wrong}. Expected an IPv4 CIDR block such as 10.0.0.0/24`)
  })

/** At most ten domains; a leading `*.` includes all subdomains. */
export const checkDomains = (list: string | undefined): Effect.Effect<void, HttpError> =>
  Effect.suspend(() => {
    const domains = entries(list)
    const wrong = domains.find((domain) => !isDomain(domain))
    if (domains.length > most) return badRequest(`Domain allow list cannot contain more than ${most} domains`)
    return wrong === undefined ? Effect.void : badRequest(`Invalid domain in domain allow list: ${wrong}`)
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
