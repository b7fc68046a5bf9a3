/** Claude Code in the containers of a Stromboli server. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { InvalidRequest } from "../errors/ApiError.js"
import * as Arguments from "../internal/arguments.js"
import type { PodmanOptions } from "../schema/stromboli/PodmanOptions.js"
import { Agents } from "../services/stromboli/agents/Agents.js"
import { Execution } from "../services/stromboli/execution/Execution.js"
import { Jobs } from "../services/stromboli/Jobs.js"
import { ClaudeCode } from "./ClaudeCode.js"
import type { Method, Options } from "./Options.js"
import * as service from "./service.js"
import * as agentDialogue from "./stromboliAgent.js"
import * as stromboliJob from "./stromboliJob.js"

/** The containers that Claude runs in. */
export interface StromboliOptions {
  /** For `run` and `runStructured`. Agents have no such options, so `stream` and `converse` are refused with them. */
  readonly podman?: PodmanOptions | undefined
}

const refusalOfLayer = Arguments.refusalOf("claude-code", "ClaudeCode", "layerStromboli", {
  options: Arguments.options({ podman: Arguments.struct({}) })
})

const isSecret = (values: Readonly<Record<string, unknown>> = {}): boolean =>
  Object.values(values).some(Redacted.isRedacted)

const hasSecrets = ({ mcpServers = {} }: Options): boolean =>
  Object.values(mcpServers).some((server) => isSecret("url" in server ? server.headers : server.env))

/** What no server can do, whatever the method; and what its agents cannot. */
const refusalOf = (method: Method, options: Options, { podman }: StromboliOptions): Arguments.Problem | undefined => {
  if (options.onPermission !== undefined) {
    const problem =
      "is not possible in Stromboli, where nobody can be asked: set `allowedTools` or `permissionMode`, or use another place"
    return { field: "onPermission", problem }
  }
  if (hasSecrets(options)) {
    const problem =
      "has a secret, which Stromboli would put on a command line: store it with `Secrets`, set `podman.secretsEnv`, and refer to its variable"
    return { field: "mcpServers", problem }
  }
  if (method === "run" || method === "runStructured") return undefined
  const field = (["resume", "sessionId", "forkSession"] as const).find((name) => options[name] !== undefined)
  if (field !== undefined) {
    return {
      field,
      problem: `is not possible for \`${method}\` in Stromboli, whose agents begin sessions of their own: use \`run\``
    }
  }
  return podman === undefined
    ? undefined
    : {
        field: "podman",
        problem: `of the layer is not possible for \`${method}\`, because Stromboli has no such options for agents: use \`run\`, or a layer without it`
      }
}

/**
 * Claude Code in the containers of a Stromboli server. `run` and `runStructured` are jobs, so that a lost connection
 * loses nothing; `stream` and `converse` are agents, which need server 0.5.2 or newer.
 *
 * The server cannot stop a job: with an interrupted `run`, its job is marked as cancelled, and its container goes on
 * until Claude has ended or `podman.timeout` (30 minutes by default) has passed. An agent is stopped.
 *
 * Refused are `onPermission`, secrets in `mcpServers`, and for agents `resume`, `sessionId`, `forkSession` and
 * `podman`. `Conversation.interrupt` is refused, too. A prompt of a run has at most 131,071 bytes, one of an agent 1
 * MiB. Fails with `InvalidRequest` when an option is invalid.
 *
 * @example
 * ```ts
 * import { FetchHttpClient } from "@effect/platform"
 * import { Layer } from "effect"
 * import { layerStromboli } from "effect-sandboxes/claude-code"
 * import { Stromboli } from "effect-sandboxes/stromboli"
 *
 * const ClaudeInContainers = layerStromboli({ podman: { memory: "1g" } }).pipe(
 *   Layer.provide(Stromboli.layer({ baseUrl: "http://localhost:8585" })),
 *   Layer.provide(FetchHttpClient.layer)
 * )
 * ```
 */
export const layerStromboli = (
  options: StromboliOptions = {}
): Layer.Layer<ClaudeCode, InvalidRequest, Agents | Execution | Jobs> =>
  Layer.effect(
    ClaudeCode,
    Effect.gen(function* () {
      const invalid = refusalOfLayer([options])
      if (invalid !== undefined) return yield* invalid
      const execution = yield* Execution
      const jobs = yield* Jobs
      const agents = yield* Agents
      return ClaudeCode.of(
        service.make({
          place: "stromboli",
          refusal: (method, given) => refusalOf(method, given, options),
          run: stromboliJob.run(execution, jobs, options.podman),
          open: agentDialogue.open(agents)
        })
      )
    })
  )
