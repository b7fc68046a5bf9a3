/**
 * Which hosts may see the credentials. The control plane names others, for build logs and for the toolbox; it must not be
 * able to send them anywhere.
 */

/** The cloud's own domain: its proxies are `proxy.<region>.daytona.io` and the like. */
const cloudDomain = "daytona.io"

const isLoopback = (host: string): boolean =>
  host === "localhost" || host.endsWith(".localhost") || /^127(\.\d{1,3}){3}$/.test(host) || host === "[::1]"

const isWithin = (host: string, domain: string): boolean => host === domain || host.endsWith(`.${domain}`)

/** `proxy.example.com` names that host, `*.example.com` every host below that domain. */
const isNamed = (host: string, pattern: string): boolean => {
  const lower = pattern.toLowerCase()
  return lower.startsWith("*.") ? host.endsWith(lower.slice(1)) : host === lower
}

/**
 * Trusted are: the origin of `apiUrl`; its host and the hosts below it; for the cloud, every host of `daytona.io`; for a
 * server on this machine, this machine; and what `trustedHosts` names. Never over plain HTTP where `apiUrl` is HTTPS.
 */
export const isTrusted = (apiUrl: URL, trustedHosts: ReadonlyArray<string>, url: URL): boolean => {
  if (url.origin === apiUrl.origin) return true
  if (apiUrl.protocol === "https:" && url.protocol !== "https:") return false
  const host = url.hostname
  return (
    isWithin(host, apiUrl.hostname) ||
    (isWithin(apiUrl.hostname, cloudDomain) && isWithin(host, cloudDomain)) ||
    (isLoopback(apiUrl.hostname) && isLoopback(host)) ||
    trustedHosts.some((pattern) => isNamed(host, pattern))
  )
}
