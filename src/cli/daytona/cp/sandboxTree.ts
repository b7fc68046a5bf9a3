/** The files of a sandbox. */
import { posix } from "node:path"
import * as Effect from "effect/Effect"
import type { FileInfo, Sandbox } from "../../../daytona.js"
import { type Entry, NotCopied, type Tree } from "./Tree.js"

const entryOf = ({ isDirectory, name, size }: FileInfo): Entry => ({
  name,
  isFolder: isDirectory,
  size: isDirectory ? 0 : size
})

/** A name that would lead out of its folder on this machine. */
const isTreacherous = (name: string): boolean =>
  name === "" ||
  name === "." ||
  name === ".." ||
  /[/\\\0]/.test(process.platform === "win32" ? name : name.replaceAll("\\", ""))

/** How many files the sandbox reads with one command. */
const atOnce = 200

export const sandboxTree = ({ files, name: sandbox, process }: Sandbox.ConnectedSandbox): Tree => ({
  look: (path) =>
    files.info(path).pipe(
      Effect.map(entryOf),
      Effect.catchTag("NotFound", () => Effect.succeed(undefined))
    ),
  list: (path) =>
    Effect.flatMap(files.list(path), (found) => {
      const odd = found.find(({ name }) => isTreacherous(name))
      return odd === undefined
        ? Effect.succeed(found.map(entryOf).sort((left, right) => (left.name < right.name ? -1 : 1)))
        : new NotCopied({
            message: `${sandbox}:${path} has an entry that is no name of a file: ${JSON.stringify(odd.name)}. Nothing below it was copied`
          })
    }),
  join: posix.join,
  basename: (path) => posix.basename(posix.resolve("/", path)),
  makeFolder: (path) => files.createFolder(path),
  digests: (paths) =>
    Effect.gen(function* () {
      const digests = new Map<string, string>()
      for (let at = 0; at < paths.length; at += atOnce) {
        const some = paths.slice(at, at + atOnce)
        // One line for each, in order, whatever the names are.
        const script = 'for f; do sha256sum < "$f" 2> /dev/null || echo -; done'
        const { stdout } = yield* process.execute(["sh", "-c", script, "sh", ...some])
        stdout.split("\n").forEach((line, index) => {
          const [digest = ""] = line.split(" ", 1)
          const path = some[index]
          if (path !== undefined && /^[0-9a-f]{64}$/.test(digest)) digests.set(path, digest)
        })
      }
      return digests
    })
})
