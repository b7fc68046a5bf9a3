/** Runs a script in a shell. */
import { type ChildProcess, spawn } from "node:child_process"
import { closeSync } from "node:fs"
import { access, stat } from "node:fs/promises"
import { Socket } from "node:net"
import { resolve } from "node:path"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type { Machine } from "../Machine.js"
import * as pipes from "./pipes.js"

/** A shell script and what it runs with. */
export interface Script {
  readonly text: string
  /** Default: the machine's. Any directory is allowed, as the script itself is not confined either. */
  readonly cwd: string | undefined
  readonly envs: Readonly<Record<string, string>>
  /** When its group is killed; 0 for never. */
  readonly seconds: number
}

/** The result of a script. */
export interface ScriptResult {
  /** −1 if it could not be started or was killed. */
  readonly exitCode: number
  /** Stdout and stderr in the order of writing, or why it could not be started. */
  readonly output: string
  /** Its group was killed because of the time that it took, or that something took which held its output open. */
  readonly timedOut: boolean
}

/** The output of a script that may still be written to. */
interface Output {
  /** Resolves when no process holds it open. */
  readonly closed: Promise<void>
  readonly text: () => string
  /** Stops reading: a process that still writes to it gets SIGPIPE. */
  readonly close: () => void
}

/** How long the daemon, as process 1, waits for the processes that a script has left behind with its output. */
const longestWait = Duration.seconds(30)

/**
 * Runs a script in a new shell, which reads it from its standard input; a program in it that reads stdin gets the
 * following lines. Completes when the shell has ended and no process holds its output open, or 30 seconds after the
 * shell has ended, also when its time is over: what has left the group is not killed. Interruption kills the group.
 */
export const run = (machine: Machine, script: Script): Effect.Effect<ScriptResult> =>
  Effect.suspend(() => {
    let child: ChildProcess | undefined
    let unwanted = false
    const kill = Effect.sync(() => {
      unwanted = true
      killGroup(child)
    })
    const killInTime = script.seconds === 0 ? Effect.void : Effect.delay(kill, Duration.seconds(script.seconds))
    const shell = Effect.async<{ readonly exit: Exit; readonly output: Output | undefined }>((resume) => {
      start(machine, script).then(
        (started) => {
          child = started.child
          if (unwanted) killGroup(child)
          started.exit.then((exit) => resume(Effect.succeed({ exit, output: started.output })))
        },
        (problem: unknown) =>
          resume(Effect.succeed({ exit: { exitCode: -1, problem: reasonOf(problem) }, output: undefined }))
      )
    })
    const completed = Effect.flatMap(shell, ({ exit: { exitCode, problem }, output }) =>
      output === undefined
        ? Effect.succeed({ exitCode, output: problem ?? "" })
        : Effect.promise(() => output.closed).pipe(
            Effect.timeoutOption(longestWait),
            Effect.map(() => ({ exitCode, output: problem ?? output.text() })),
            Effect.ensuring(Effect.sync(output.close))
          )
    )
    return Effect.raceFirst(completed, Effect.zipRight(killInTime, Effect.never)).pipe(
      Effect.map((result) => ({ ...result, timedOut: unwanted })),
      Effect.onInterrupt(() => kill)
    )
  })

const start = async (
  machine: Machine,
  { cwd, envs, text }: Script
): Promise<{ readonly child: ChildProcess; readonly exit: Promise<Exit>; readonly output: Output }> => {
  const directory = resolve(machine.workDir, cwd ?? ".")
  const obstacle = await obstacleIn(directory)
  if (obstacle !== undefined) {
    // Go does not look for the directory of a process with a group of its own, and blames the program.
    const what = machine.generation === "0.190" ? `fork/exec ${machine.shell}` : `chdir ${directory}`
    return Promise.reject(new Error(`${what}: ${obstacle}`))
  }
  const pipeEnds = await pipes.make()
  try {
    const child = spawn(machine.shell, [], {
      cwd: directory,
      env: { ...machine.environment(), PWD: directory, ...envs },
      // Makes it the leader of its own group, so that the whole group can be killed.
      detached: true,
      stdio: [pipeEnds.input, pipeEnds.output, pipeEnds.output]
    })
    machine.adopt(child)
    return { child, exit: exitOf(child), output: read(pipeEnds.fromOutput) }
  } catch (problem) {
    // A variable contains NUL: there is no child to read or write.
    closeSync(pipeEnds.fromOutput)
    return Promise.reject(problem)
  } finally {
    closeSync(pipeEnds.input)
    closeSync(pipeEnds.output)
    writeInput(pipeEnds.toInput, text)
  }
}

const obstacleIn = async (directory: string): Promise<string | undefined> => {
  const found = await stat(directory).catch(() => undefined)
  if (found === undefined) return "no such file or directory"
  if (!found.isDirectory()) return "not a directory"
  return access(directory).then(
    () => undefined,
    () => "permission denied"
  )
}

interface Exit {
  readonly exitCode: number
  /** Why the shell could not be started. */
  readonly problem?: string
}

const exitOf = (child: ChildProcess): Promise<Exit> =>
  new Promise((done) => {
    child.once("error", (error) => done({ exitCode: -1, problem: error.message }))
    child.once("exit", (code) => done({ exitCode: code ?? -1 }))
  })

// A shell that ends before it has read everything breaks the pipe, which is not an error.
const writeInput = (fd: number, text: string) => {
  const socket = new Socket({ fd, readable: false, writable: true })
  socket.on("error", () => socket.destroy())
  socket.end(text)
}

const read = (fd: number): Output => {
  const parts: Array<Uint8Array> = []
  const socket = new Socket({ fd, readable: true, writable: false })
  socket.on("data", (part: Uint8Array) => parts.push(part))
  socket.on("error", () => socket.destroy())
  return {
    closed: new Promise((done) => socket.once("close", () => done())),
    // Invalid UTF-8 becomes U+FFFD, as in the daemon's JSON.
    text: () => new TextDecoder("utf-8", { ignoreBOM: true }).decode(Buffer.concat(parts)),
    close: () => socket.destroy()
  }
}

const killGroup = (child: ChildProcess | undefined) => {
  if (child?.pid !== undefined) {
    try {
      process.kill(-child.pid, "SIGKILL")
    } catch {
      // It has already ended.
    }
  }
}

const reasonOf = (problem: unknown): string =>
  Predicate.hasProperty(problem, "message") ? String(problem.message) : String(problem)
