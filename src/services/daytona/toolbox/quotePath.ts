/** Paths as words of a script. */
import { shellQuote } from "./shellText.js"

/** Quotes a path so that it is neither an option nor looked up in `CDPATH`. */
export const quotePath = (path: string): string => shellQuote(path.startsWith("/") ? path : `./${path}`)

/** A path without `.`, `..`, doubled and trailing slashes, as the daemon reads it: without looking at links. */
export const cleanPath = (path: string): string => {
  const root = path.startsWith("/") ? "/" : ""
  const parts: Array<string> = []
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue
    if (part !== "..") parts.push(part)
    else if (parts.length > 0 && parts[parts.length - 1] !== "..") parts.pop()
    else if (root === "") parts.push(part)
  }
  return `${root}${parts.join("/")}` || "."
}
