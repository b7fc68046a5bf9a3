/** A Postgres of its own: in a temporary folder, on a socket there, for as long as this process wants it. */
import { execFile, spawn } from "node:child_process"
import { existsSync, readdirSync } from "node:fs"
import { chown, mkdtemp } from "node:fs/promises"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { promisify } from "node:util"

export interface Postgres {
  /** For `DATABASE_URL`. */
  readonly url: string
  /** Ends it, and removes its folder. */
  readonly stop: () => Promise<void>
}

const run = promisify(execFile)

/** Debian has the programs of the server outside the path. */
const debian = "/usr/lib/postgresql"

const folders = (): ReadonlyArray<string> => [
  ...(process.env["PATH"] ?? "").split(delimiter),
  ...(existsSync(debian) ? readdirSync(debian).map((version) => join(debian, version, "bin")) : [])
]

/** Where `initdb` and `postgres` are; `undefined` when this machine has none. */
export const postgresPrograms = (): string | undefined =>
  folders().find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")))

/** It refuses to run as root. */
const user = async (): Promise<{ readonly uid: number; readonly gid: number } | undefined> => {
  if (process.getuid?.() !== 0) return undefined
  const idOf = async (what: string, name: string) => Number((await run("id", [what, name])).stdout)
  const name = await idOf("-u", "postgres").then(
    () => "postgres",
    () => "nobody"
  )
  return { uid: await idOf("-u", name), gid: await idOf("-g", name) }
}

/** Ends the server when its input ends: so it does not outlive the process that started it, whatever ends that. */
const guarded = '"$0" "$@" & server=$!; cat > /dev/null; kill -INT $server; wait $server; rm -rf "$FOLDER"'

/** In milliseconds. */
const patience = 60_000

/** Starts it with these settings: `fsync=off`. */
export const startPostgres = async (settings: ReadonlyArray<string> = []): Promise<Postgres> => {
  const programs = postgresPrograms()
  if (programs === undefined) throw new Error("There are no `initdb` and `postgres` on this machine")
  const folder = await mkdtemp(join(tmpdir(), "postgres-"))
  const as = await user()
  if (as !== undefined) await chown(folder, as.uid, as.gid)
  const data = join(folder, "data")
  await run(join(programs, "initdb"), ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"], {
    cwd: folder,
    ...as
  })
  const options = ["listen_addresses=", `unix_socket_directories=${folder}`, ...settings].flatMap((each) => [
    "-c",
    each
  ])
  const server = spawn("sh", ["-c", guarded, join(programs, "postgres"), "-D", data, ...options], {
    cwd: folder,
    env: { ...process.env, FOLDER: folder },
    stdio: ["pipe", "ignore", "pipe"],
    // An interrupt of the terminal is for this process.
    detached: true,
    ...as
  })
  const log: Array<string> = []
  server.stderr.setEncoding("utf8").on("data", (text: string) => log.push(text))
  const exited = new Promise<void>((resolve) => server.once("exit", () => resolve()))
  const stop = async () => {
    server.stdin.end()
    await exited
  }
  for (const end = performance.now() + patience; !log.join("").includes("ready to accept connections"); ) {
    if (server.exitCode !== null || performance.now() > end) {
      await stop()
      throw new Error(`Postgres did not start:\n${log.join("")}`)
    }
    await setTimeout(50)
  }
  return { url: `postgres://postgres@localhost/postgres?host=${encodeURIComponent(folder)}`, stop }
}
