/** What is printed of a failure: the message, the operation and its spans, and no frame of ours. */
import { inspect } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Daytona, Process, Sandbox, Sandboxes, SandboxId } from "../../src/daytona.js"
import { EmbeddedDaytona } from "../../src/embedded/daytona/index.js"
import { NodeTransport } from "../../src/node/index.js"
import { Agents, Execution, Jobs, JobId, System } from "../../src/stromboli.js"
import { daytona } from "../support/daytonaOver.js"
import { inject, services } from "../support/embedded.js"

/** Lines that name a file of the package or of Effect. */
const frames = (text: string) => text.split("\n").filter((line) => /[\\/](src|dist|node_modules)[\\/]/.test(line))

const printedOf = async (failing: Effect.Effect<unknown, unknown>) => {
  const exit = await Effect.runPromiseExit(failing)
  const rejected: unknown = await Effect.runPromise(failing).catch((error: unknown) => error)
  const error = await Effect.runPromise(Effect.flip(failing))
  const cause = exit._tag === "Failure" ? Cause.pretty(exit.cause) : ""
  return { cause, rejection: inspect(rejected), stack: String(Object(rejected).stack), error: inspect(error) }
}
