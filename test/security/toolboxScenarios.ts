/** Programs that use everything in a sandbox, with recognisable secrets. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import {
  CodeInterpreter,
  ComputerUse,
  Files,
  Git,
  LanguageServer,
  Ports,
  Process,
  ProcessSessions,
  Pty,
  Sandboxes,
  Toolbox,
  Workspace
} from "../../src/daytona.js"
import type { Collector } from "./collector.js"

export const canaries = {
  apiKey: "canary-api-key-2b7d",
  processEnv: "canary-process-env-9d1c",
  codeEnv: "canary-code-env-4f02",
  terminalEnv: "canary-terminal-env-c3c3",
  interpreterEnv: "canary-interpreter-env-77aa",
  workspaceEnv: "canary-workspace-env-e0e0",
  gitPassword: "canary-git-password-6b1f",
  storedPassword: "canary-stored-password-1d9e"
} as const

/** A recognisable part, followed by characters that shells and JSON escape. */
const value = (secret: string) => Redacted.make(`${secret}'s "rest"\n`)

const processEnv = { env: { SECRET: value(canaries.processEnv) } }
const codeEnv = { env: { SECRET: value(canaries.codeEnv) } }
const terminalEnv = { env: { SECRET: value(canaries.terminalEnv) } }
const interpreterEnv = { env: { SECRET: value(canaries.interpreterEnv) } }
const workspaceEnv = { set: { SECRET: value(canaries.workspaceEnv) } }
const login = { username: "ada", password: Redacted.make(canaries.gitPassword) }

const area = Effect.all({
  codeInterpreter: CodeInterpreter,
  computerUse: ComputerUse,
  files: Files,
  git: Git,
  languageServer: LanguageServer,
  ports: Ports,
  process: Process,
  processSessions: ProcessSessions,
  pty: Pty,
  toolbox: Toolbox,
  workspace: Workspace
})

/** Every method that takes a secret. */
const withSecrets = Effect.map(
  area,
  ({ codeInterpreter, git, process, pty, workspace }): ReadonlyArray<Effect.Effect<unknown, unknown>> => [
    process.execute("true", processEnv),
    process.executeOrFail("exit 3", processEnv),
    process.execute("sleep 100", { ...processEnv, timeout: "1 millis" }),
    process.execute("true", { ...processEnv, key: "canary" }),
    process.execute("false", { ...processEnv, key: "canary" }),
    process.start("true", { ...processEnv, key: "canary in the background" }),
    // Until then, `processSessions.list` shows the text of the command, with its variables.
    process.forget("canary"),
    process.forget("canary in the background"),
    process.executeMerged("true", processEnv),
    Stream.runDrain(process.stream("true", processEnv)),
    Effect.scoped(Effect.flatMap(process.start("true", processEnv), ({ exitCode }) => exitCode)),
    Effect.scoped(Effect.flatMap(process.start("sleep 100", processEnv), ({ sendInput }) => sendInput("x"))),
    process.codeRun("print(1)", { ...codeEnv, language: "python" }),
    Effect.scoped(Effect.flatMap(pty.createScoped(terminalEnv), (id) => pty.get(id))),
    Effect.scoped(
      Effect.flatMap(pty.scoped(terminalEnv), ({ output, send }) =>
        Effect.zipRight(send("exit\n"), Stream.runDrain(output))
      )
    ),
    codeInterpreter.run("print(1)", interpreterEnv),
    workspace.updateEnvironment(workspaceEnv),
    git.clone({ url: "http://127.0.0.1:1/r.git", path: "clone", credentials: login }),
    git.push("repository", { credentials: login }),
    git.pull("repository", { credentials: login }),
    git.fetch("repository", { credentials: login }),
    git.dangerouslyStoreCredentials({ username: "ada", password: Redacted.make(canaries.storedPassword) })
  ]
)

/** All other methods: each sends the API key. */
const withoutSecrets = Effect.map(
  area,
  ({
    codeInterpreter,
    computerUse,
    files,
    git,
    languageServer,
    ports,
    processSessions,
    pty,
    workspace
  }): ReadonlyArray<Effect.Effect<unknown, unknown>> => [
    files.writeText("a.txt", "a"),
    files.readText("a.txt"),
    files.readText("none"),
    Stream.runDrain(files.download("a.txt")),
    files.list("."),
    git.status("none"),
    git.clone({ url: "https://ada:token@example.test/r.git", path: "b" }),
    workspace.version,
    ports.list,
    pty.list,
    codeInterpreter.listContexts,
    computerUse.status,
    languageServer.start({ language: "python", project: "/" }),
    processSessions.list,
    Effect.scoped(Effect.flatMap(processSessions.scoped(), (session) => processSessions.run(session, "true")))
  ]
)

/** Everything once, in normal operation. */
export const everyday = ({ attempt, look }: Collector) =>
  Effect.gen(function* () {
    yield* Effect.forEach(Object.values(yield* area), (each) => look(each))
    yield* look(yield* Sandboxes)
    yield* Effect.forEach([processEnv, terminalEnv, workspaceEnv, login], (each) => look(each))
    const { git, processSessions, pty, process } = yield* area
    yield* attempt(git.init("repository"))
    yield* Effect.forEach([...(yield* withoutSecrets), ...(yield* withSecrets)], (call) => attempt(call))
    const refused = { env: { "NO NAME": value(canaries.processEnv), NUL: Redacted.make(`${canaries.processEnv}\0`) } }
    const invalid: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
      process.execute("true", refused),
      process.executeMerged("true", { env: { NUL: refused.env.NUL } }),
      pty.create(refused),
      git.clone({ url: `https://ada:${canaries.gitPassword}@example.test/r.git`, path: "b" }),
      git.addRemote("repository", { name: "r", url: `https://ada:${canaries.gitPassword}@example.test/r.git` })
    ]
    yield* Effect.forEach(invalid, (call) => attempt(call))
    yield* Effect.scoped(
      Effect.gen(function* () {
        const id = yield* pty.createScoped(terminalEnv)
        yield* look(yield* pty.get(id))
        yield* look(yield* pty.list)
        yield* look(yield* processSessions.list)
      })
    )
  })

/** Every call to a server that echoes what it was sent; some of them then keep polling. */
export const echoed = ({ attempt }: Collector) =>
  Effect.gen(function* () {
    const calls: ReadonlyArray<Effect.Effect<unknown, unknown>> = [...(yield* withSecrets), ...(yield* withoutSecrets)]
    yield* Effect.forEach(calls, (call) => attempt(Effect.timeout(call, "3 seconds")), { concurrency: "unbounded" })
  })
