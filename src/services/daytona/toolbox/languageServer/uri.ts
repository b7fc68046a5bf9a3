/** Files as language servers name them. */

/** Without `.`, `..` and doubled slashes. */
const normalised = (path: string): string => {
  const parts: Array<string> = []
  for (const part of path.split("/")) {
    if (part === "..") parts.pop()
    else if (part !== "" && part !== ".") parts.push(part)
  }
  return `/${parts.join("/")}`
}

/**
 * The URI of a file, of which a relative path is relative to the project. The daemon opens what follows `file://` as it
 * stands, so nothing in it is percent-encoded; a URI that is given stays what it is.
 */
export const uriOf = (project: string, path: string): string =>
  path.startsWith("file://") ? path : `file://${normalised(path.startsWith("/") ? path : `${project}/${path}`)}`
