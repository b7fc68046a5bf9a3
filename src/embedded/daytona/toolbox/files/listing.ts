/** The endpoints that list directories and report metadata. */
import { isUtf8 } from "node:buffer"
import { lstat, readdir, stat } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as responses from "../../http/responses.js"
import type { Machine } from "../Machine.js"
import type { Refusal } from "../Refusal.js"
import type { Handler } from "../Route.js"
import * as FileInfo from "./FileInfo.js"
import { attempt, badRequest } from "./failures.js"

/** `GET /files`: the entries of a directory; the newer daemon also recurses. */
export const list =
  (machine: Machine): Handler =>
  ({ query }) =>
    Effect.gen(function* () {
      const path = query.get("path") || "."
      const depth = machine.generation === "current" ? Number(query.get("depth") ?? "1") : 1
      if (!Number.isInteger(depth) || depth < 1) return yield* badRequest("depth must be at least 1")
      const absolute = yield* machine.resolve(path)
      return responses.json(200, yield* entries(machine, absolute, depth))
    })

const entries = (
  machine: Machine,
  directory: string,
  depth: number
): Effect.Effect<ReadonlyArray<FileInfo.FileInfo>, Refusal> =>
  Effect.gen(function* () {
    const names = yield* attempt(`open ${directory}`, () => readdir(directory, { encoding: "buffer" }))
    const found = yield* Effect.forEach(names.sort(Buffer.compare), (bytes) =>
      Effect.gen(function* () {
        const name = bytes.toString()
        const path = join(directory, name)
        // A link that is dangling or leads out of the sandbox is omitted.
        const info = yield* Effect.option(
          isUtf8(bytes)
            ? infoOf(machine, name, path)
            : Effect.map(
                attempt(`stat ${path}`, () =>
                  lstat(Buffer.concat([Buffer.from(`${directory}/`), bytes]), { bigint: true })
                ),
                (stats) => FileInfo.make(name, path, stats, machine.generation)
              )
        )
        if (info._tag === "None") return []
        const isEntered = depth > 1 && info.value.isDir
        return isEntered
          ? [info.value, ...(yield* Effect.orElseSucceed(entries(machine, path, depth - 1), () => []))]
          : [info.value]
      })
    )
    return found.flat()
  })

/** `GET /files/info`. */
export const info =
  (machine: Machine): Handler =>
  ({ query }) =>
    Effect.gen(function* () {
      const path = query.get("path") ?? ""
      if (path === "") return yield* badRequest("path is required")
      return responses.json(200, yield* infoOf(machine, path, path))
    })

const infoOf = (machine: Machine, name: string, path: string): Effect.Effect<FileInfo.FileInfo, Refusal> =>
  Effect.gen(function* () {
    const absolute = yield* machine.resolve(path)
    const stats = yield* attempt(`stat ${path}`, () => stat(absolute, { bigint: true }))
    return FileInfo.make(name, absolute, stats, machine.generation)
  })
