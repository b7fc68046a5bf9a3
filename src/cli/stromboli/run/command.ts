/** `run` and `stream`: one prompt. */
import * as Command from "@effect/cli/Command"
import { onStromboli } from "../../frame/command.js"
import { runOptions, streamOptions } from "./options.js"

export const run = Command.make(
  "run",
  runOptions,
  onStromboli(() => import("./run.js"))
).pipe(Command.withDescription("Run a prompt in a new container, and print the answer."))

export const stream = Command.make(
  "stream",
  streamOptions,
  onStromboli(() => import("./stream.js"))
).pipe(Command.withDescription("Run a prompt, and print its output line by line as it comes."))
