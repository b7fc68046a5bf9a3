/**
 * A program that embeds a server. It starts a command in a sandbox that outlives everything but its sandbox, prints the
 * command's process id, and ends in the way that it is told.
 */
import * as Effect from "effect/Effect"
import { localRuntime } from "../../../src/embedded/daytona/index.js"
import { textAt } from "./support.js"
import { inMemory, sandbox } from "./toolbox/sandbox.js"

const [directory = "", way] = process.argv.slice(2)

const command = "trap '' HUP TERM; (trap '' HUP TERM; sleep 1000) > /dev/null 2>&1 & echo $!"

const program = Effect.gen(function* () {
  const box = yield* sandbox()
  const { json } = yield* box.post("/process/execute", { command })
  process.stdout.write(`${textAt(json, "result").trim()}\n`)
  if (way === "exit") process.exit(3)
  if (way === "throw") {
    setImmediate(() => {
      throw new Error("uncaught")
    })
  }
  return yield* Effect.never
})

// Signals do what they do to any program; the handle keeps it running.
setInterval(() => undefined, 60_000)
void Effect.runPromise(program.pipe(Effect.provide(inMemory({ runtime: localRuntime({ directory }) }))))
