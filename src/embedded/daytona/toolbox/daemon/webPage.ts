/**
 * Whether a request may have been sent by a web page: one from elsewhere, or one that a name of its own leads here (DNS
 * rebinding). Such a request must never run a command, because every page that is open on this machine can send it.
 */
export const isFromWebPage = (headers: Readonly<Record<string, string>>): boolean => {
  const { host, origin } = headers
  return (
    (origin !== undefined && !isOfThisMachine(origin)) || (host !== undefined && !isOfThisMachine(`http://${host}`))
  )
}

const isOfThisMachine = (url: string): boolean =>
  URL.canParse(url) && /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(new URL(url).hostname)
