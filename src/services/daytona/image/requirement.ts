/** Requirements of pip that name files of this machine, which the builder does not have. */

/** A requirement and its marker, which says where it is needed. In a URL, only a space ends the requirement. */
export const splitMarker = (requirement: string): readonly [requirement: string, marker: string | undefined] => {
  const end = requirement.search(/@|:\/\//.test(requirement.split(";", 1).join("")) ? /\s;/ : /;/)
  return end < 0
    ? [requirement.trim(), undefined]
    : [requirement.slice(0, end).trim(), requirement.slice(requirement.indexOf(";", end) + 1).trim()]
}

const archive = /\.(?:whl|zip|tar|tgz|tbz2?|txz|tar\.(?:gz|bz2|xz|lzma))$/i

const scheme = /^(?:[a-z][a-z0-9]*\+)?([a-z][a-z0-9.-]+):/i

/** Whether a location is a path, or a `file:` URL. A variable may be anything. */
export const isLocalPath = (location: string): boolean => {
  const [, name] = scheme.exec(location) ?? []
  return name === undefined ? !location.startsWith("${") : name.toLowerCase() === "file"
}

/** Whether a requirement is installed from a path: `./package`, `package @ file:///…`, `dist/package.whl`. */
export const isLocalRequirement = (requirement: string): boolean => {
  const [text] = splitMarker(requirement)
  const [, location] = /^[A-Za-z0-9._-]+\s*(?:\[[^\]]*\]\s*)?@\s*(.*)$/s.exec(text) ?? []
  if (location !== undefined) return isLocalPath(location)
  return (
    (/^[.~]|[\\/]/.test(text) || archive.test(text.replace(/\[[^[\]]*\]$/, "")) || scheme.test(text)) &&
    isLocalPath(text)
  )
}
