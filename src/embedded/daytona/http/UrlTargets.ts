/** Which part of the server a URL belongs to: one process is the API, the proxy and the object storage. */
import * as Data from "effect/Data"
import type { Settings } from "../Settings.js"
import type { IncomingRequest } from "./IncomingRequest.js"

/** The part of the server that a request is for, with the path below it, still encoded. */
export type UrlTarget = Data.TaggedEnum<{
  Api: { readonly path: string }
  Proxy: { readonly path: string }
  Storage: { readonly path: string }
  /** Everything else, where the real server has its dashboard. */
  Dashboard: {}
}>

const urlTarget = Data.taggedEnum<UrlTarget>()

/** The URLs of the parts of the server. */
export interface UrlTargets {
  readonly of: (incoming: IncomingRequest) => UrlTarget
  /** The proxy in front of the sandboxes of a region. */
  readonly proxyUrl: (origin: string, regionId: string) => string
  readonly storageUrl: (origin: string) => string
  /** The preview of a port; `label` is `<port>-<sandbox id or token>`. */
  readonly previewUrl: (origin: string, regionId: string, label: string) => string
}

export const make = (settings: Settings): UrlTargets => {
  const regionProxy = (id: string) => settings.regions.find((region) => region.id === id)?.proxyUrl
  const proxies = [settings.proxyUrl, ...settings.regions.map((region) => region.proxyUrl)].flatMap((url) => url ?? [])
  const storage = settings.objectStorage?.url

  return {
    of: (incoming) => {
      const { rawPath } = incoming
      for (const base of proxies) {
        const path = below(base, incoming)
        if (path !== undefined) return urlTarget.Proxy({ path })
      }
      const stored = storage === undefined ? undefined : below(storage, incoming)
      if (stored !== undefined) return urlTarget.Storage({ path: stored })
      if (rawPath === "/api" || rawPath.startsWith("/api/")) {
        return urlTarget.Api({ path: rawPath.slice("/api".length) })
      }
      if (rawPath.startsWith("/proxy/")) return urlTarget.Proxy({ path: rawPath.slice("/proxy".length) })
      return rawPath.startsWith("/storage/")
        ? urlTarget.Storage({ path: rawPath.slice("/storage".length) })
        : urlTarget.Dashboard()
    },
    proxyUrl: (origin, regionId) => regionProxy(regionId) ?? settings.proxyUrl ?? `${origin}/proxy`,
    storageUrl: (origin) => storage ?? `${origin}/storage`,
    previewUrl: (origin, regionId, label) => {
      const base = new URL(regionProxy(regionId) ?? settings.proxyUrl ?? origin)
      const port = base.port === "" ? "" : `:${base.port}`
      // An IP address cannot have subdomains, but every name below `localhost` resolves to this machine.
      const host = /^[\d.]+$|^\[|^localhost$/.test(base.hostname) ? "proxy.localhost" : base.hostname
      return `${base.protocol}//${label}.${host}${port}`
    }
  }
}

const below = (base: string, { origin, rawPath }: IncomingRequest): string | undefined => {
  const url = new URL(base)
  const prefix = url.pathname === "/" ? "" : url.pathname
  const matches = url.origin === origin && (rawPath === prefix || rawPath.startsWith(`${prefix}/`))
  return matches ? rawPath.slice(prefix.length) : undefined
}
