/** What is known about the session of a run. */
import { isObject, textAt } from "../schema/jsonFields.js"
import type { SystemMessage } from "../schema/stromboli/ClaudeMessage.js"
import { oneLine } from "./cut.js"

export interface Session {
  readonly id: string | undefined
  readonly models: ReadonlyArray<string>
  readonly cwd: string | undefined
  readonly permissionMode: string | undefined
  /** The version of Claude Code. */
  readonly version: string | undefined
  /** MCP servers that are not connected, and their status. */
  readonly failedServers: ReadonlyArray<string>
}

export interface KnownSession {
  readonly init: (message: SystemMessage) => void
  readonly model: (name: string | undefined) => void
  readonly note: (id: string | undefined, cwd?: string) => void
  readonly known: () => Session
}

const mostModels = 5
const widest = 200

const short = (text: string): string => oneLine(text, widest)

export const make = (): KnownSession => {
  let session: Session = {
    id: undefined,
    models: [],
    cwd: undefined,
    permissionMode: undefined,
    version: undefined,
    failedServers: []
  }

  const model = (given: string | undefined) => {
    const name = short(given ?? "")
    // A message that no model wrote.
    if (name === "" || name === "<synthetic>" || session.models.includes(name)) return
    session = { ...session, models: [...session.models, name].slice(0, mostModels) }
  }
  const note = (id: string | undefined, cwd?: string) => {
    session = {
      ...session,
      id: id === undefined ? session.id : short(id),
      cwd: cwd === undefined ? session.cwd : short(cwd)
    }
  }

  return {
    init: ({ cwd, mcpServers, model: name, permissionMode, raw, sessionId }) => {
      note(sessionId, cwd)
      model(name)
      const version = isObject(raw) ? textAt(raw, "claude_code_version") : undefined
      session = {
        ...session,
        permissionMode: permissionMode === undefined ? session.permissionMode : short(permissionMode),
        version: version === undefined ? session.version : short(version),
        failedServers: mcpServers
          .filter(({ status }) => status !== undefined && status !== "connected" && status !== "pending")
          .slice(0, 10)
          .map((server) => short(`${server.name}: ${server.status ?? ""}`))
      }
    },
    model,
    note,
    known: () => session
  }
}
