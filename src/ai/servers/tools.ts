/** Servers in the background. */
import * as Toolkit from "@effect/ai/Toolkit"
import * as Schema from "effect/Schema"
import { define, described, optional } from "../definition.js"
import { directory, FilledText, note, Port, Seconds } from "../parameters.js"

const server = described(FilledText, "The id that start_server has returned.")

export const startServer = define("start_server", {
  title: "Start a server",
  description:
    "Starts a command in the background and waits until something listens on its port. It runs until stop_server, or " +
    "the end of the session. If it ends before it listens, or does not listen in time, it is killed, and the failure " +
    "has what it printed. Inside the sandbox it is at http://localhost:<port>. `url`, if there is one, is its address " +
    "from outside, for the user; it may ask for a log-in.",
  effects: { reachesOut: true },
  parameters: {
    command: described(FilledText, "A shell script that does not return, such as `npm run dev`."),
    port: described(Port, "The port that it will listen on. Must be free."),
    directory,
    waitSeconds: optional(Seconds, "How long to wait until it listens. Default 60, at most 600.")
  },
  success: Schema.Struct({
    server: Schema.String,
    port: Schema.Number,
    url: Schema.optional(Schema.String),
    /** What it has printed so far. */
    output: Schema.String,
    ...note
  })
})

export const readServerOutput = define("read_server_output", {
  title: "Read the output of a server",
  description:
    "Shows what a server has printed so far, standard output and standard error together, and whether it still runs. " +
    "Long output is cut in the middle; the note then names the file that has all of it.",
  effects: { reads: true },
  parameters: { server },
  success: Schema.Struct({
    running: Schema.Boolean,
    output: Schema.String,
    ...note
  })
})

export const stopServer = define("stop_server", {
  title: "Stop a server",
  description: "Kills a server, with everything that it has started, and shows what it printed.",
  effects: { destroys: true, repeatable: true },
  parameters: { server },
  success: Schema.Struct({
    stopped: Schema.Literal(true),
    output: Schema.String,
    ...note
  })
})

export const toolkit = Toolkit.make(startServer.tool, readServerOutput.tool, stopServer.tool)
