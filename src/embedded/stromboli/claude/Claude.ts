/** What answers prompts: the `claude` CLI, a demo agent, or a function. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { agentFromRuns } from "./agentFromRuns.js"
import type { Run, StartAgent } from "./ClaudeProcess.js"
import * as cli from "./cli.js"
import * as demoAgent from "./demoAgent.js"
import type { Transcripts } from "./Transcripts.js"

/**
 * Answers the prompts that reach the embedded server.
 *
 * `Claude.layerDefault` uses the `claude` CLI if it is on the PATH and a demo agent otherwise; `Claude.layerFrom` uses
 * a function of your own, for tests.
 *
 * @example
 * ```ts
 * import { Claude, EmbeddedStromboli } from "effect-sandboxes/embedded/stromboli"
 * import { Layer, Stream } from "effect"
 *
 * const server = EmbeddedStromboli.layerHttpClient().pipe(
 *   Layer.provide(Claude.layerFrom((input) => Stream.make(`You said: ${input.prompt}`)))
 * )
 * ```
 */
export class Claude extends Context.Tag("effect-sandboxes/embedded/stromboli/Claude")<Claude, ClaudeService>() {
  /**
   * The `claude` CLI as a subprocess: one per run, and one for the lifetime of each agent. It has to be on the PATH.
   * Its sessions are in a temporary configuration directory, which is removed with the layer; the login of the user's
   * own directory is used, where that is a file. On macOS, which keeps it elsewhere, set `ANTHROPIC_API_KEY` or
   * `CLAUDE_CODE_OAUTH_TOKEN`.
   */
  static readonly layerCli: Layer.Layer<Claude> = Layer.scoped(
    Claude,
    Effect.map(cli.make, (processes) => ({ description: "the claude CLI", ...processes }))
  )

  /**
   * A demo agent that calls no model, and says so. It reacts to the prompt: it counts, remembers names, writes a haiku,
   * fills schemas. Asked to do something "in the background", it takes a turn of its own, like the CLI.
   */
  static layerDemo(options?: demoAgent.DemoOptions): Layer.Layer<Claude> {
    return Layer.succeed(Claude, fromRun("the built-in demo agent (no model is called)", demoAgent.make(options)))
  }

  /** The CLI if it is on the PATH, otherwise the demo agent. The service's `description` tells which. */
  static readonly layerDefault: Layer.Layer<Claude> = Layer.unwrapEffect(
    Effect.map(cli.isOnPath, (onPath) => (onPath ? Claude.layerCli : Claude.layerDemo()))
  )

  /**
   * Answers runs with a function. Its stream is the output of the process, line by line; it fails with `ProcessFailed`
   * to exit with an error, and hangs by never ending. Agents consist of such runs, one for each turn, unless
   * `startAgent` is given.
   */
  static layerFrom(run: Run, startAgent?: StartAgent): Layer.Layer<Claude> {
    const service = fromRun("a function", run)
    return Layer.succeed(Claude, startAgent === undefined ? service : { ...service, startAgent })
  }
}

/** What {@link Claude} provides. */
export interface ClaudeService {
  /** A short description of what answers the prompts. */
  readonly description: string
  /** Answers one prompt. */
  readonly run: Run
  /** Starts a process that answers one prompt after another. */
  readonly startAgent: StartAgent
  /**
   * What the processes themselves write down about their sessions, as the CLI does. Absent: the server writes it, and
   * refuses in place of the CLI what that would refuse.
   */
  readonly transcripts?: Transcripts
}

const fromRun = (description: string, run: Run): ClaudeService => ({ description, run, startAgent: agentFromRuns(run) })
