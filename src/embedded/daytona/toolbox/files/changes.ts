/** The endpoints that create, move and remove files and change their permissions. */
import { createReadStream, createWriteStream } from "node:fs"
import { chmod, chown, lstat, mkdir, readdir, readFile, rename, rm, stat, unlink } from "node:fs/promises"
import { basename, dirname, join, resolve } from "node:path"
import { pipeline } from "node:stream/promises"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as responses from "../../http/responses.js"
import * as daemonResponses from "../daemon/daemonResponses.js"
import type { Machine } from "../Machine.js"
import { Refusal } from "../Refusal.js"
import type { Handler } from "../Route.js"
import { attempt, attemptOr400, badRequest, codeOf, invalidPath, notFound } from "./failures.js"

const done = daemonResponses.empty(200)

/** A required query parameter. */
const required = (query: URLSearchParams, name: string): Effect.Effect<string, Refusal> => {
  const value = query.get(name) ?? ""
  return value === "" ? badRequest(`${name} is required`) : Effect.succeed(value)
}

/** Parses an octal mode. */
const modeOf = (text: string): Effect.Effect<number, Refusal> =>
  /^[0-7]+$/.test(text) ? Effect.succeed(Number.parseInt(text, 8)) : badRequest(`invalid mode: ${text}`)

/** Go has bits of its own for set-user-ID and the like, so the daemon drops these. */
const permissionBits = 0o777

// Moving or removing a link affects the link itself, not its target, so only its directory has to be inside the
// sandbox.
const entry = (machine: Machine, path: string): Effect.Effect<string, Refusal> => {
  const absolute = resolve(machine.workDir, path)
  return Effect.map(machine.resolve(dirname(absolute)), (parent) => join(parent, basename(absolute)))
}

/** `POST /files/folder`: creates a directory and its parents. */
export const folder =
  (machine: Machine): Handler =>
  ({ query }) =>
    Effect.gen(function* () {
      const path = yield* required(query, "path")
      const bits = yield* modeOf(query.get("mode") || "0755")
      const absolute = yield* machine.resolve(path)
      yield* attemptOr400(`mkdir ${path}`, () => mkdir(absolute, { recursive: true, mode: bits & permissionBits }))
      return daemonResponses.empty(201)
    })

/** `DELETE /files`. */
export const remove =
  (machine: Machine): Handler =>
  ({ query }) =>
    Effect.gen(function* () {
      const path = yield* required(query, "path")
      const absolute = yield* entry(machine, path)
      const stats = yield* attempt(`stat ${path}`, () => stat(absolute))
      const recursive = query.get("recursive") === "true"
      if (stats.isDirectory() && !recursive) return yield* invalidPath("cannot delete directory without recursive flag")
      yield* attempt(`remove ${path}`, () => (recursive ? rm(absolute, { recursive }) : unlink(absolute)))
      return HttpServerResponse.empty({ status: 204 })
    })

/** `POST /files/move`: fails if the destination exists. */
export const move =
  (machine: Machine): Handler =>
  ({ query }) =>
    Effect.gen(function* () {
      const [from, to] = yield* Effect.all([required(query, "source"), required(query, "destination")])
      const [source, destination] = yield* Effect.all([entry(machine, from), entry(machine, to)])
      yield* attempt(`stat ${from}`, () => stat(source))
      const parent = yield* Effect.option(attempt(`stat ${to}`, () => stat(dirname(destination))))
      if (parent._tag === "None") return yield* notFound(`destination parent directory does not exist: ${dirname(to)}`)
      if (yield* Effect.isSuccess(attempt(`stat ${to}`, () => stat(destination)))) {
        return yield* new Refusal({ status: 409, message: `destination already exists: ${to}`, old: "empty" })
      }
      const problem = yield* Effect.promise(() => rename(source, destination).then(() => undefined, codeOf))
      switch (problem) {
        case undefined:
          return done
        case "EXDEV":
          return yield* copy(source, destination)
        case "EINVAL":
          // The destination is in the source. The daemon copies the source into itself, and then removes it.
          yield* attemptOr400(`remove ${from}`, () => rm(source, { recursive: true }))
          return done
        default:
          return yield* badRequest(`rename ${from} ${to}: ${problem}`)
      }
    })

// What cannot be renamed across file systems is copied. A copy that fails stays there as far as it came. If the source
// cannot be removed after copying, the response says so but is a success.
const copy = (source: string, destination: string) =>
  Effect.gen(function* () {
    yield* attemptOr400("failed to move file", () => copyAll(source, destination))
    const removed = yield* Effect.either(attempt(`remove ${source}`, () => rm(source, { recursive: true })))
    return removed._tag === "Right"
      ? done
      : responses.json(200, { message: "copied, but the source could not be removed", error: removed.left.message })
  })

/**
 * Copies a file, or a directory in order. Links become what they lead to, so that one to a directory cannot be read.
 */
const copyAll = async (source: string, destination: string): Promise<void> => {
  const stats = await lstat(source)
  if (!stats.isDirectory()) return copyContent(source, destination)
  await mkdir(destination, { recursive: true, mode: stats.mode })
  for (const name of (await readdir(source)).sort()) await copyAll(join(source, name), join(destination, name))
}

const copyContent = async (source: string, destination: string): Promise<void> => {
  const { mode } = await lstat(source)
  // Opening a pipe waits for a writer.
  if ((await stat(source)).isFIFO()) return new Promise(() => undefined)
  await pipeline(createReadStream(source), createWriteStream(destination, { mode }))
}

/** `POST /files/permissions`: changes the mode, then the owner. */
export const permissions =
  (machine: Machine): Handler =>
  ({ query }) =>
    Effect.gen(function* () {
      const path = yield* required(query, "path")
      const absolute = yield* machine.resolve(path)
      yield* attempt(`stat ${path}`, () => stat(absolute))
      const mode = query.get("mode") ?? ""
      if (mode !== "") {
        const bits = yield* modeOf(mode)
        yield* attemptOr400(`chmod ${path}`, () => chmod(absolute, bits & permissionBits))
      }
      const [owner, group] = [query.get("owner") ?? "", query.get("group") ?? ""]
      if (owner !== "" || group !== "") {
        const own = basename(machine.home)
        const [user, members] = yield* Effect.all([
          owner === own ? Effect.succeed(process.getuid?.() ?? unchanged) : idOf("/etc/passwd", owner),
          // The user's own group has the same name.
          group === own ? Effect.succeed(process.getgid?.() ?? unchanged) : idOf("/etc/group", group)
        ])
        yield* attemptOr400(`chown ${path}`, () => chown(absolute, user, members))
      }
      return done
    })

const unchanged = -1

/** The id of a user or group, looked up by name in this table. */
const idOf = (table: string, name: string): Effect.Effect<number, Refusal> => {
  if (name === "") return Effect.succeed(unchanged)
  return Effect.flatMap(
    Effect.promise(() => readFile(table, "utf8").catch(() => "")),
    (text) => {
      const rows = text.split("\n").map((line) => line.split(":"))
      const id = rows.find(([first]) => first === name)?.[2] ?? (/^\d+$/.test(name) ? name : undefined)
      return id === undefined ? badRequest(`unknown user or group: ${name}`) : Effect.succeed(Number(id))
    }
  )
}
