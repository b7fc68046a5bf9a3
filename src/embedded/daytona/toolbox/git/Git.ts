/** Runs git in a machine. */
import { spawn } from "node:child_process"
import { dirname, join } from "node:path"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type { Machine } from "../Machine.js"
import { signal } from "../processTree.js"

/** The `git` of a machine, restricted to what the daemon's own implementation does: no hooks, no prompts, no ssh. */
export interface Git {
  /**
   * Runs git in a directory, which need not be a repository, and returns its output. Parent directories are not
   * searched.
   */
  readonly run: (
    directory: string,
    args: ReadonlyArray<string>,
    options?: RunOptions
  ) => Effect.Effect<string, GitFailed>
  /** The output, or `undefined` if git fails. */
  readonly tryRun: (directory: string, args: ReadonlyArray<string>) => Effect.Effect<string | undefined>
}

/** A user name and password, for one operation. */
export interface Credentials {
  readonly username: string
  readonly password: string
}

export interface RunOptions {
  readonly input?: string
  readonly credentials?: Credentials | undefined
  readonly environment?: Readonly<Record<string, string>>
  /** Configuration for this run only. */
  readonly settings?: ReadonlyArray<readonly [string, string]>
}

/** Git failed or could not be started. */
export class GitFailed extends Data.TaggedError("GitFailed")<{
  readonly output: string
  /** The end of standard error. */
  readonly stderr: string
}> {}

/** How much of standard error is kept, in characters. */
const stderrLimit = 16_384

/** What the daemon's git never does, whatever the user's configuration. */
const fixedSettings: ReadonlyArray<readonly [string, string]> = [
  ["core.hooksPath", "/dev/null"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  ["commit.gpgSign", "false"],
  ["protocol.ssh.allow", "never"],
  ["protocol.ext.allow", "never"],
  ["safe.directory", "*"],
  ["color.ui", "false"]
]

/**
 * `programs` is the `PATH` to find git in: the daemon has it built in, and does not need the program of the sandbox.
 */
export const make = (machine: Machine, programs: string): Git => {
  const run: Git["run"] = (directory, args, options = {}) =>
    Effect.async((resume) => {
      const child = start(environmentOf(machine, programs, directory, options), machine.home, directory, args)
      if (child instanceof GitFailed) return resume(Effect.fail(child))
      const output: Array<Buffer> = []
      let stderr = ""
      child.stdout.on("data", (bytes: Buffer) => output.push(bytes))
      child.stderr.on("data", (bytes: Buffer) => {
        stderr = (stderr + bytes.toString("utf8")).slice(-stderrLimit)
      })
      // A git that fails may not read its input.
      child.stdin.on("error", () => undefined)
      child.stdin.end(options.input ?? "")
      child.once("error", (error) => resume(Effect.fail(new GitFailed({ output: "", stderr: error.message }))))
      child.once("close", (code) => {
        const text = Buffer.concat(output).toString("utf8")
        resume(code === 0 ? Effect.succeed(text) : Effect.fail(new GitFailed({ output: text, stderr })))
      })
      machine.adopt(child)
      return child.pid === undefined ? Effect.void : signal(-child.pid, "SIGKILL")
    })
  return {
    run,
    tryRun: (directory, args) => Effect.orElseSucceed(run(directory, args), () => undefined)
  }
}

const start = (env: Readonly<Record<string, string>>, cwd: string, directory: string, args: ReadonlyArray<string>) => {
  try {
    return spawn("git", ["-C", directory, ...args], { cwd, env, stdio: "pipe", detached: true })
  } catch (error) {
    // An argument contains NUL.
    return new GitFailed({ output: "", stderr: String(error) })
  }
}

const environmentOf = (
  machine: Machine,
  programs: string,
  directory: string,
  options: RunOptions
): Record<string, string> => {
  const settings = [
    ...fixedSettings,
    // The older daemon does not use stored credentials.
    ...(machine.generation === "0.190" ? [["credential.helper", ""] as const] : []),
    // Passwords must appear neither on a command line nor in the URL of a remote.
    ...(options.credentials === undefined ? [] : [["http.extraHeader", authorization(options.credentials)] as const]),
    ...(options.settings ?? [])
  ]
  return {
    ...Object.fromEntries(Object.entries(machine.environment()).filter(([name]) => !name.startsWith("GIT_"))),
    PATH: programs,
    HOME: machine.home,
    LC_ALL: "C",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "",
    SSH_ASKPASS: "",
    GIT_LITERAL_PATHSPECS: "1",
    GIT_CONFIG_GLOBAL: join(machine.home, ".gitconfig"),
    GIT_CONFIG_SYSTEM: systemSettings(machine),
    GIT_CEILING_DIRECTORIES: dirname(directory),
    ...options.environment,
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(
      settings.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value]
      ])
    )
  }
}

/** The `/etc/gitconfig` of a machine, below its own directory. */
export const systemSettings = (machine: Machine): string => join(machine.root, "etc", "gitconfig")

const authorization = ({ password, username }: Credentials): string =>
  `Authorization: Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`
