/** `logs`. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { LogText, type ProcessSession, type Sandbox, Sandboxes, SandboxName } from "../../../daytona.js"
import { UsageError } from "../../frame/failures.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { type Terminal, write } from "../../frame/streams.js"
import { cyan, green, red, type Text } from "../../frame/text.js"
import { connect } from "../connect.js"
import { commandIdOf, parseCommandId } from "../exec/commandId.js"
import { logText } from "./logText.js"

/** What the options are read as. */
export interface Values {
  readonly follow: boolean
  readonly build: boolean
  readonly entrypoint: boolean
  readonly name: string
  readonly command: Option.Option<string>
}

const Listed = Schema.Struct({
  /** For `logs` and `kill`. */
  id: Schema.String,
  command: Schema.String,
  /** Absent while it runs. */
  exitCode: Schema.optional(Schema.Number)
})
type Listed = typeof Listed.Type

const statusText = ({ exitCode }: Listed): Text => {
  if (exitCode === undefined) return cyan("running")
  return exitCode === 0 ? green("ended") : red(`exit code ${exitCode}`)
}

const listedOf = ({ commands, sessionId }: ProcessSession): ReadonlyArray<Listed> =>
  commands.map(({ command, exitCode, id }) => ({ id: commandIdOf({ sessionId, commandId: id }), command, exitCode }))

const list = ({ processSessions }: Sandbox.ConnectedSandbox) =>
  Effect.gen(function* () {
    const sessions = yield* during("Listing commands")(processSessions.list)
    yield* Output.showList(Listed, sessions.flatMap(listedOf), {
      columns: [
        { head: "COMMAND", cell: ({ id }) => id, whole: true },
        { head: "STATUS", cell: statusText },
        { head: "TEXT", cell: ({ command }) => command }
      ],
      empty: "No commands run in the background."
    })
  })

/** Pipes get the output as it is, terminals without what could disturb them. */
const writeText = (stream: NodeJS.WriteStream, terminal: Terminal, text: string) =>
  write(stream, terminal.isTerminal ? logText(text, terminal.colours) : text)

const show = (text: LogText) =>
  Effect.flatMap(Output.Output, ({ json, stderr, stdout }) => {
    if (json) return Output.show(LogText, text, () => "")
    return text._tag === "Stdout"
      ? writeText(process.stdout, stdout, text.text)
      : writeText(process.stderr, stderr, text.text)
  })

const soFar = ({ stderr, stdout }: { readonly stdout: string; readonly stderr: string }) =>
  Effect.zipRight(
    stdout === "" ? Effect.void : show({ _tag: "Stdout", text: stdout }),
    stderr === "" ? Effect.void : show({ _tag: "Stderr", text: stderr })
  )

const showEntrypoint = ({ processSessions }: Sandbox.ConnectedSandbox, follow: boolean) =>
  follow
    ? Stream.runForEach(processSessions.followEntrypoint, ({ _tag, bytes }) =>
        show({ _tag, text: Buffer.from(bytes).toString() })
      )
    : Effect.flatMap(processSessions.entrypointLogs, soFar)

const showCommand = ({ processSessions }: Sandbox.ConnectedSandbox, id: string, follow: boolean) =>
  Effect.gen(function* () {
    const { commandId, sessionId } = yield* parseCommandId(id)
    yield* follow
      ? Stream.runForEach(processSessions.followText(sessionId, commandId), show)
      : Effect.flatMap(processSessions.logs(sessionId, commandId), soFar)
  })

/** The build is over before anyone can connect, unless it has failed. */
const showBuild = (name: string) =>
  Effect.gen(function* () {
    const sandboxes = yield* Sandboxes
    const { id } = yield* during(`Getting ${name}`)(sandboxes.get(SandboxName.make(name)))
    yield* Stream.runForEach(sandboxes.buildLogs(id), (line) => show({ _tag: "Stdout", text: `${line}\n` }))
  })

export const run = ({ build, command, entrypoint, follow, name }: Values) =>
  Effect.gen(function* () {
    if ([build, entrypoint, Option.isSome(command)].filter((given) => given).length > 1) {
      return yield* new UsageError({ message: "Give one of a command, --build and --entrypoint" })
    }
    if (build) return yield* showBuild(name)
    const box = yield* connect(name)
    if (entrypoint) return yield* showEntrypoint(box, follow)
    if (Option.isSome(command)) return yield* showCommand(box, command.value, follow)
    if (follow) return yield* new UsageError({ message: "Name the command to follow; `logs NAME` lists them" })
    return yield* list(box)
  })
