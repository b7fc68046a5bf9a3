/** The embedded servers that `serve` keeps, found by the files that it leaves while it runs. */
import { connect } from "node:net"
import { join } from "node:path"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { stateDirectory } from "./directories.js"

/** A server that `serve` runs. */
const KeptServer = Schema.Struct({
  url: Schema.String,
  pid: Schema.Int.pipe(Schema.positive()),
  /** Milliseconds since 1970. */
  startedAt: Schema.Number,
  /** What clients have to send, if the server requires anything. */
  secret: Schema.optional(Schema.Redacted(Schema.String))
})
type KeptServer = typeof KeptServer.Type

const stored = Schema.parseJson(KeptServer)
const decode = Schema.decodeUnknownEither(stored)
const encode = Schema.encode(stored)

type System = "stromboli" | "daytona"

const folderOf = (system: System) => Effect.map(stateDirectory, (directory) => join(directory, system))

/** Makes a server known to other commands until the scope closes. Where that fails, it is only not found by itself. */
export const keep = (
  system: System,
  url: string,
  secret: string | undefined
): Effect.Effect<void, never, FileSystem.FileSystem | Scope.Scope> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* folderOf(system)
    const path = join(folder, `${process.pid}.json`)
    const text = yield* encode({
      url,
      pid: process.pid,
      startedAt: yield* Clock.currentTimeMillis,
      ...(secret === undefined ? {} : { secret: Redacted.make(secret) })
    })
    yield* fs.makeDirectory(folder, { recursive: true, mode: 0o700 })
    yield* Effect.acquireRelease(fs.writeFileString(path, text, { mode: 0o600 }), () => Effect.ignore(fs.remove(path)))
  }).pipe(Effect.ignore)

/** Whether anything listens there: a process id may belong to another process by now. */
const listens = (url: string): Effect.Effect<boolean> =>
  Effect.async<boolean>((resume) => {
    const { hostname, port } = new URL(url)
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) })
    const found = (answer: boolean) => {
      socket.destroy()
      resume(Effect.succeed(answer))
    }
    socket.once("connect", () => found(true))
    socket.once("error", () => found(false))
    return Effect.sync(() => socket.destroy())
  }).pipe(Effect.timeoutTo({ duration: "2 seconds", onSuccess: (found) => found, onTimeout: () => false }))

const isAlive = (pid: number): boolean =>
  Either.match(
    Either.try(() => process.kill(pid, 0)),
    // Without permission to signal it, it exists.
    { onRight: () => true, onLeft: (problem) => String(problem).includes("EPERM") }
  )

const readServer = (path: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const server = Either.getOrUndefined(decode(yield* fs.readFileString(path)))
    const usable =
      server !== undefined && URL.canParse(server.url) && isAlive(server.pid) && (yield* listens(server.url))
    if (usable) return Option.some(server)
    // Left behind by a process that was killed.
    yield* fs.remove(path)
    return Option.none<KeptServer>()
  }).pipe(Effect.orElseSucceed(() => Option.none<KeptServer>()))

/** The server that was started last and still runs. Files of servers that do not are removed. */
export const findServer = (system: System): Effect.Effect<KeptServer | undefined, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* folderOf(system)
    const files = yield* Effect.orElseSucceed(fs.readDirectory(folder), () => [])
    const found = yield* Effect.forEach(
      files.filter((file) => /^\d+\.json$/.test(file)),
      (file) => readServer(join(folder, file))
    )
    return found
      .flatMap(Option.toArray)
      .reduce<KeptServer | undefined>(
        (newest, server) => (newest === undefined || server.startedAt > newest.startedAt ? server : newest),
        undefined
      )
  })
