/** A Claude process that stays alive between prompts. Server 0.5.2 or newer. */
import * as Duration from "effect/Duration"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { lenient, lenientList } from "../lenient.js"
import { openLiteral } from "../openLiteral.js"
import { snakeCase } from "../snakeCase.js"
import { ClaudeOptions } from "./ClaudeOptions.js"
import { AgentId, SessionId, TurnId } from "./Identifiers.js"
import { Workdir } from "./Run.js"
import { atMostBytes, DurationInput, wellFormed } from "./requestValidation.js"

/** What an agent is doing. */
export const AgentStatus = openLiteral("starting", "idle", "generating", "exited")
export type AgentStatus = typeof AgentStatus.Type

const agentFields = {
  id: AgentId,
  sessionId: SessionId,
  status: AgentStatus,
  /** RFC 3339 with fractional seconds, like all times here. */
  createdAt: Schema.String,
  lastActivityAt: Schema.String,
  idleTimeoutSeconds: Schema.Number,
  turnsCompleted: Schema.Number,
  /** Why it exited, if it failed. */
  exitError: Schema.optional(Schema.String),
  /** Server 0.5.3 or newer. */
  idleTimeoutDisabled: Schema.optional(Schema.Boolean)
}

/** An agent when it was fetched. One that exited by itself stays in the list until it is stopped. */
export interface Agent extends Schema.Struct.Type<typeof agentFields> {}
/** With placeholders, because an agent whose id is not returned could not be stopped. */
export const Agent = lenient(snakeCase(agentFields), {
  status: "unknown",
  createdAt: "",
  lastActivityAt: "",
  idleTimeoutSeconds: 0,
  turnsCompleted: 0
})

export const AgentList = lenientList(Agent)

const maxAgentPromptBytes = 1024 * 1024

/** A prompt to an agent, at most 1 MiB. The server trims it and refuses an empty one. */
export const AgentPrompt = Schema.String.pipe(
  Schema.filter((prompt) => prompt.trim() !== "" || "must not be blank"),
  Schema.filter(atMostBytes(maxAgentPromptBytes)),
  Schema.filter(wellFormed)
)

/** The server takes whole seconds, and reads 0 as its default. */
const WholeSeconds = Schema.transformOrFail(Schema.Number, DurationInput, {
  strict: true,
  decode: (seconds) => ParseResult.succeed(Duration.seconds(seconds)),
  encode: (duration, _, ast) => {
    const seconds = Duration.toSeconds(duration)
    return Number.isInteger(seconds) && seconds > 0
      ? ParseResult.succeed(seconds)
      : ParseResult.fail(new ParseResult.Type(ast, duration, "must be a whole number of seconds, at least one"))
  }
})

const agentRequestFields = {
  /** The first turn. It may end before its events are read: see `Agents.converse`. */
  prompt: Schema.optional(AgentPrompt),
  workdir: Schema.optional(Workdir),
  /** How long the agent may be idle before the server ends it, in whole seconds; default 30 minutes. */
  idleTimeout: Schema.optional(WholeSeconds),
  /** Never end it for being idle. Otherwise a turn longer than the idle timeout ends it. Server 0.5.3 or newer. */
  disableIdleTimeout: Schema.optional(Schema.Boolean),
  /** The server sets `inputFormat`, `outputFormat`, `verbose` and `includePartialMessages` itself. */
  claude: Schema.optional(Schema.typeSchema(ClaudeOptions))
}

/** What an agent is started with. The server has no Podman options for agents. */
export interface AgentRequest extends Schema.Struct.Type<typeof agentRequestFields> {}

/** On the wire, the name of the timeout contains its unit. */
export const CreateAgent = Schema.transform(
  snakeCase({
    prompt: Schema.optional(Schema.String),
    workdir: Schema.optional(Schema.String),
    idleTimeoutSeconds: Schema.optional(Schema.Number),
    disableIdleTimeout: Schema.optional(Schema.Boolean),
    claude: Schema.optional(ClaudeOptions)
  }),
  Schema.Struct(agentRequestFields),
  {
    strict: true,
    decode: ({ idleTimeoutSeconds, ...rest }) => ({ ...rest, idleTimeout: idleTimeoutSeconds }),
    encode: ({ idleTimeout, ...rest }) => ({ ...rest, idleTimeoutSeconds: idleTimeout })
  }
)

export const SendPrompt = snakeCase({ prompt: AgentPrompt })
export const SentPrompt = snakeCase({ turnId: TurnId })
