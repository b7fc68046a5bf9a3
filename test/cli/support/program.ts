/** Runs the command line as a process of its own, in an environment with nothing but what a test puts there. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { inject } from "vitest"
import { watched } from "./watched.js"

/** The bundled program. */
export const program = inject("cli")

/** What a process printed, and how it ended. */
export interface Ended {
  readonly stdout: string
  readonly stderr: string
  readonly code: number | null
}

export type Variables = Readonly<Record<string, string>>

/** A home directory for one test. */
export const home: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "cli-home-"))),
  (directory) => Effect.promise(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }))
)

/** The environment of a process: no variable of whoever runs the tests. */
export const environment = (directory: string, variables: Variables = {}): Variables => ({
  PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
  HOME: directory,
  TMPDIR: tmpdir(),
  ...variables
})

/** A process that runs. */
export interface Running {
  readonly child: ChildProcessWithoutNullStreams
  readonly stdout: () => string
  readonly stderr: () => string
  /** Waits until stdout contains something. */
  readonly prints: (text: string | RegExp) => Effect.Effect<void>
  readonly notes: (text: string | RegExp) => Effect.Effect<void>
  readonly ended: Effect.Effect<Ended>
}

const has = (text: string, sought: string | RegExp) =>
  typeof sought === "string" ? text.includes(sought) : sought.test(text)

/** Starts the program. It is killed when the scope closes, unless it has ended. */
export const start = (
  args: ReadonlyArray<string>,
  options: { readonly home: string; readonly variables?: Variables; readonly cwd?: string }
): Effect.Effect<Running, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync((): Running => {
      const child = spawn(process.execPath, [program, ...args], {
        cwd: options.cwd ?? options.home,
        env: environment(options.home, options.variables)
      })
      const output = watched()
      const printed = { stdout: "", stderr: "" }
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        printed.stdout += text
        output.changed()
      })
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        printed.stderr += text
        output.changed()
      })
      const closed = once(child, "close")
      child.stdin.on("error", () => undefined)
      return {
        child,
        stdout: () => printed.stdout,
        stderr: () => printed.stderr,
        prints: (text) => output.until(() => has(printed.stdout, text)),
        notes: (text) => output.until(() => has(printed.stderr, text)),
        ended: Effect.promise(async () => {
          const [code] = await closed
          return { ...printed, code: typeof code === "number" ? code : null }
        })
      }
    }),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  )

/** Runs the program to its end. */
export const run = (
  args: ReadonlyArray<string>,
  options: { readonly home: string; readonly variables?: Variables; readonly input?: string }
): Effect.Effect<Ended> =>
  Effect.scoped(
    Effect.flatMap(start(args, options), ({ child, ended }) => {
      child.stdin.end(options.input ?? "")
      return ended
    })
  )

/** A command in a home of its own. */
export const cli = (
  args: ReadonlyArray<string>,
  options: { readonly variables?: Variables; readonly input?: string } = {}
): Effect.Effect<Ended> =>
  Effect.scoped(Effect.flatMap(home, (directory) => run(args, { ...options, home: directory })))
