/**
 * Which hosts are trusted with the credentials. The control plane names other hosts, for build logs and for the
 * toolbox; it must not be able to direct the credentials to arbitrary ones.
 */

/** The domain of the cloud, whose proxies are `proxy.<region>.daytona.io` and the like. */
const cloudDomain = "daytona.io"

const isLoopback = (host: string): boolean =>
  host === "localhost" || host.endsWith(".localhost") || /^127(\.\d{1,3}){3}$/.test(host) || host === "[::1]"

const isWithin = (host: string, domain: string): boolean => host === domain || host.endsWith(`.${domain}`)

/** `proxy.example.com` matches that host, `*.example.com` every subdomain. */
const isNamed = (host: string, pattern: string): boolean => {
  const lower = pattern.toLowerCase()
  return lower.startsWith("*.") ? host.endsWith(lower.slice(1)) : host === lower
}

/**
 * Whether a URL is trusted: it has the origin of `apiUrl`, its host or a subdomain of it; for the cloud, any host of
 * `daytona.io`; for a server on this machine, any loopback address; or a host that `trustedHosts` names. Plain HTTP is
 * never trusted when `apiUrl` uses HTTPS.
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
