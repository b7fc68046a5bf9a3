/** The endpoint that runs a command. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as responses from "../../http/responses.js"
import type { Machine } from "../Machine.js"
import { Refusal } from "../Refusal.js"
import type { Handler } from "../Route.js"
import * as RequestBody from "./RequestBody.js"
import { run, type Script, type ScriptResult } from "./run.js"

const timedOut = new Refusal({
  status: 408,
  message: "command execution timeout",
  old: "envelope",
  code: "PROCESS_EXECUTION_TIMEOUT"
})

/** Runs scripts. A script continues when the client that started it disconnects, and ends with `scope`. */
export const runner =
  (machine: Machine, scope: Scope.Scope) =>
  (script: Script): Effect.Effect<ScriptResult, Refusal> =>
    run(machine, script).pipe(
      Effect.filterOrFail(
        (result) => !result.timedOut,
        () => timedOut
      ),
      Effect.interruptible,
      Effect.forkIn(scope),
      Effect.flatMap(Fiber.join)
    )

/** `POST /process/execute`. */
export const execute =
  (run: ReturnType<typeof runner>): Handler =>
  (request) =>
    Effect.gen(function* () {
      const { map, seconds, text } = yield* RequestBody.read(request, "ExecuteRequest")
      const [command, cwd, envs, timeout] = yield* Effect.all([
        text("command"),
        text("cwd"),
        map("envs"),
        seconds("timeout")
      ])
      if (command.trim() === "") return yield* RequestBody.badRequest("command cannot be empty or whitespace-only")
      yield* RequestBody.checkNames(envs)
      const { exitCode, output } = yield* run({
        text: command,
        cwd: cwd === "" ? undefined : cwd,
        envs,
        seconds: timeout
      })
      return responses.json(200, { exitCode, result: output })
    })
