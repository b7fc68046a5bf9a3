/** A command of a session: its files, its streams and its exit code. */
import { appendFile, mkdir, open, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Refusal } from "../Refusal.js"
import { lineMarker, stderrMarker, stdoutMarker } from "./logMarkers.js"
import * as namedPipe from "./namedPipe.js"
import type { SessionShell } from "./SessionShell.js"

/** A command of a session. Its state is in files. */
export interface Command {
  readonly id: string
  readonly text: string
  readonly directory: string
  /** The input of others, which are synchronous, is empty. */
  readonly takesInput: boolean
  readonly echoesInput: boolean
  /** The exit code, once it has been requested. */
  known: number | undefined
  /** How often its exit code will still be found incomplete. */
  halfWritten: number
}

/** A file of a command could not be read or written. */
class FileFailed extends Data.TaggedError("FileFailed")<{ readonly message: string; readonly code: string }> {}

const file = <A>(run: () => Promise<A>): Effect.Effect<A, FileFailed> =>
  Effect.tryPromise({
    try: run,
    catch: (problem) =>
      new FileFailed({
        message: problem instanceof Error ? problem.message : String(problem),
        code: problem instanceof Error && "code" in problem ? String(problem.code) : "EIO"
      })
  })

const pathsOf = ({ directory }: Command) => ({
  script: join(directory, "cmd.sh"),
  log: join(directory, "output.log"),
  exitCode: join(directory, "exit_code"),
  input: join(directory, "input.pipe"),
  stdout: join(directory, "stdout.pipe"),
  stderr: join(directory, "stderr.pipe"),
  output: join(directory, "output.pipe"),
  errors: join(directory, "errors.pipe")
})

/** Writes the script for the shell, and an empty log. */
export const write = (command: Command): Effect.Effect<void, Refusal> => {
  const { log, script } = pathsOf(command)
  return file(async () => {
    await mkdir(command.directory, { recursive: true })
    await writeFile(script, command.text, { mode: 0o600 })
    await writeFile(log, "")
  }).pipe(
    Effect.mapError(
      ({ message }) =>
        new Refusal({ status: 500, message: `bad request: failed to create log file: ${message}`, old: "wrapped" })
    )
  )
}

const quoted = (path: string) => `'${path.replaceAll("'", "'\\''")}'`

/**
 * What the shell reads for a command. The real daemon, too, lets the session's own shell run what surrounds a command,
 * and so the two meet: variables, `cleanup` and the traps are overwritten, the command finds two jobs that read its
 * output (a bare `wait` never ends, and without them its output is a broken pipe), and `set -e`, a lost `PATH` or a
 * read-only variable end what surrounds it.
 */
const surrounded = (command: Command): string => {
  const { errors, input, log, output, script, stderr, stdout } = pathsOf(command)
  return `{
log=${quoted(log)}; dir=${quoted(command.directory)}
sp=${quoted(stdout)}; ep=${quoted(stderr)}; ip=${quoted(input)}
mkfifo "$sp" "$ep" "$ip" ${quoted(output)} ${quoted(errors)} || exit 1
cleanup() { rm -f "$sp" "$ep" "$ip"; }
trap cleanup EXIT HUP INT TERM
( exec cat ) > ${quoted(output)} < "$sp" & r1=$!
( exec cat ) > ${quoted(errors)} < "$ep" & r2=$!
( exit 1 ) ${command.takesInput ? "" : '> "$ip" '}&
ip_pid=$!
command printf '%s\\n' "started ${command.id} $r1 $r2"
{ . ${quoted(script)}; } < "$ip" > "$sp" 2> "$ep"
_ec=$?
command printf '%s\\n' 'left ${command.id}'
wait "$ip_pid" 2> /dev/null
wait "$r1" "$r2"
command printf '%s\\n' "ended ${command.id} $_ec"
}
`
}

/**
 * Runs a command in the shell. It has ended when the shell says so and every writer of its streams is gone; only then
 * is the exit code written. If the shell ends, there is no exit code.
 */
export const run = (command: Command, shell: SessionShell): Effect.Effect<void> => {
  const { errors, exitCode, input, log, output, stderr, stdout } = pathsOf(command)
  const pipes = [input, stdout, stderr, output, errors]
  return Effect.gen(function* () {
    yield* shell.write(surrounded(command))
    const readers = yield* Effect.raceFirst(shell.awaitLine(`started ${command.id} `), Effect.as(shell.ended, ""))
    shell.readers = readers.split(" ").map(Number)
    const held = command.takesInput ? [input, output, errors] : [output, errors]
    const releases = yield* Effect.forEach(held, namedPipe.hold)
    const streams = yield* Effect.all([namedPipe.read(output), namedPipe.read(errors)])
    const marking = yield* Effect.fork(
      Effect.all([appendToLog(streams[0], stdoutMarker, log), appendToLog(streams[1], stderrMarker, log)], {
        concurrency: 2
      })
    )
    // The jobs have opened what is held here: otherwise the command would not have begun.
    yield* Effect.raceFirst(shell.awaitLine(`left ${command.id}`), shell.ended)
    yield* Effect.all(releases)
    const code = yield* Effect.raceFirst(
      Effect.asSome(shell.awaitLine(`ended ${command.id} `)),
      Effect.as(shell.ended, Option.none<string>())
    )
    yield* Fiber.join(marking)
    yield* file(() => Promise.all(pipes.map((path) => rm(path, { force: true }))))
    if (Option.isSome(code)) yield* file(() => writeFile(exitCode, `${code.value}\n`))
    // Anything may delete its files; the command then never ends.
  }).pipe(Effect.scoped, Effect.ignore)
}

/** Appends a stream to the log, line by line. */
const appendToLog = (stream: Stream.Stream<Uint8Array>, marker: Uint8Array, log: string) =>
  Effect.acquireUseRelease(
    file(() => open(log, "a")),
    (handle) => {
      const { end, push } = lineMarker(marker)
      const append = (bytes: Uint8Array) => (bytes.length === 0 ? Effect.void : file(() => handle.appendFile(bytes)))
      return Effect.zipRight(
        Stream.runForEach(stream, (chunk) => append(push(chunk))),
        Effect.suspend(() => append(end()))
      )
    },
    (handle) => Effect.promise(() => handle.close())
  )

/** The exit code, once it is written; requesting it makes the command known to have ended. */
export const exitCode = (command: Command): Effect.Effect<number | undefined, Refusal> =>
  Effect.gen(function* () {
    if (command.known !== undefined) return command.known
    const written = yield* file(() => readFile(pathsOf(command).exitCode, "utf8")).pipe(
      Effect.asSome,
      Effect.catchIf(
        ({ code }) => code === "ENOENT",
        () => Effect.succeedNone
      ),
      Effect.mapError(({ message }) => failed(`failed to read exit code file: ${message}`))
    )
    if (Option.isNone(written)) return undefined
    const text = command.halfWritten > 0 ? "" : written.value.trim()
    command.halfWritten -= 1
    if (!/^\d+$/.test(text)) {
      const problem = `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`
      return yield* failed(`failed to convert exit code to int: ${problem}`)
    }
    command.known = Number(text)
    return command.known
  })

const failed = (message: string) => new Refusal({ status: 500, message, old: "envelope" })

/** The log so far. */
export const log = (command: Command): Effect.Effect<Uint8Array, Refusal> =>
  Effect.mapError(
    file(() => readFile(pathsOf(command).log)),
    unreadable
  )

/** Opens the log until the scope closes. */
export const openLog = (command: Command) =>
  Effect.acquireRelease(
    Effect.mapError(
      file(() => open(pathsOf(command).log, "r")),
      unreadable
    ),
    (handle) => Effect.promise(() => handle.close())
  )

/** The file that exists once the command has ended. */
export const exitCodeFile = (command: Command): string => pathsOf(command).exitCode

/** The refusal for a log that cannot be read, by the system's error. */
const unreadable = ({ code, message }: { readonly code: string; readonly message: string }): Refusal =>
  new Refusal({ status: code === "ENOENT" ? 404 : code === "EACCES" ? 403 : 400, message, old: "envelope" })

/** Sends a line to a running command. It also appears in the log, as if the command had printed it. */
export const input = (command: Command, data: string): Effect.Effect<void, Refusal> =>
  Effect.gen(function* () {
    if (command.known !== undefined) {
      return yield* new Refusal({
        status: 410,
        message: `command has already completed with exit code ${command.known}`,
        old: "envelope",
        code: "COMMAND_ALREADY_COMPLETED"
      })
    }
    const line = Buffer.from(data.endsWith("\n") ? data : `${data}\n`)
    const { input, log } = pathsOf(command)
    yield* Effect.mapError(namedPipe.write(input, line), ({ code, doing }) =>
      failed(
        doing === "open"
          ? `failed to open input pipe: open ${input}: ${code}`
          : `failed to write to input pipe: ${code}`
      )
    )
    if (command.echoesInput) yield* Effect.ignore(file(() => appendFile(log, Buffer.concat([stdoutMarker, line]))))
  })
