/** MCP servers that Claude may use. */
import * as Record from "effect/Record"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { Argument } from "../schema/stromboli/requestValidation.js"

/** A value in the configuration of a server. One that is `Redacted` is on no command line. */
const Value = Schema.Union(Argument, Schema.RedactedFromSelf(Argument))

const Values = Schema.Record({ key: Schema.String, value: Value })

const program = {
  type: Schema.optional(Schema.Literal("stdio")),
  /** Found on the PATH of the place where Claude Code runs. */
  command: Argument,
  args: Schema.optional(Schema.Array(Argument)),
  /** Its environment. A value may refer to a variable of Claude Code's own environment: `${TOKEN}`. */
  env: Schema.optional(Values)
}

const address = {
  type: Schema.Literal("http", "sse"),
  /** As it is seen from the place where Claude Code runs. */
  url: Argument,
  headers: Schema.optional(Values)
}

/** A server that Claude Code starts, and talks to over its stdin and stdout. */
export interface McpProgram extends Schema.Struct.Type<typeof program> {}

/** A server that is there already. */
export interface McpAddress extends Schema.Struct.Type<typeof address> {}

/** A server of the Model Context Protocol. */
export type McpServer = McpProgram | McpAddress

/** Servers by their names, which are part of the names of their tools: `mcp__tickets__create`. */
export const McpServers = Schema.Record({
  key: Schema.String.pipe(
    Schema.filter((name) => /^[a-zA-Z0-9_-]+$/.test(name) || "must be a name of letters, digits, `_` and `-`")
  ),
  value: Schema.Union(Schema.Struct(program), Schema.Struct(address))
})
export type McpServers = typeof McpServers.Type

/** The configuration of the servers, and the environment of Claude Code that it refers to. */
export interface McpConfiguration {
  readonly json: string
  readonly environment: Readonly<Record<string, Redacted.Redacted>>
}

/** Secrets become variables of Claude Code's environment, which it fills in where the configuration names them. */
export const configurationOf = (servers: McpServers): McpConfiguration => {
  const environment: Record<string, Redacted.Redacted> = {}
  const shown = (values: typeof Values.Type) =>
    Record.map(values, (value) => {
      if (!Redacted.isRedacted(value)) return value
      const name = `EFFECT_SANDBOXES_MCP_${Object.keys(environment).length + 1}`
      environment[name] = value
      return `\${${name}}`
    })
  const mcpServers = Record.map(servers, (server) => {
    if ("url" in server) return server.headers === undefined ? server : { ...server, headers: shown(server.headers) }
    return server.env === undefined ? server : { ...server, env: shown(server.env) }
  })
  return { json: JSON.stringify({ mcpServers }), environment }
}
