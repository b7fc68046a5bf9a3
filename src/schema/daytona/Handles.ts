/**
 * What is enough to find something again from another process. Every connected value has its own as `handle`, and its
 * JSON decodes as one.
 */
import * as Schema from "effect/Schema"
import { SandboxId, SandboxName } from "./Identifiers.js"
import { PtyId } from "./toolbox/Pty.js"
import { CommandId, ProcessSessionId } from "./toolbox/Session.js"

const sandboxFields = {
  id: SandboxId,
  /** For people; a sandbox is found by its id. */
  name: Schema.optional(SandboxName)
}

/** A sandbox, for `Sandboxes.connect`. */
export interface SandboxHandle extends Schema.Struct.Type<typeof sandboxFields> {}
export const SandboxHandle = Schema.Struct(sandboxFields)

const terminalFields = { sandboxId: SandboxId, id: PtyId }

/** A terminal, for `Pty.attach`. */
export interface TerminalHandle extends Schema.Struct.Type<typeof terminalFields> {}
export const TerminalHandle = Schema.Struct(terminalFields)

const commandFields = { sandboxId: SandboxId, sessionId: ProcessSessionId, commandId: CommandId }

/** A command that was started, for `Process.connect` and the methods of `ProcessSessions`. */
export interface CommandHandle extends Schema.Struct.Type<typeof commandFields> {}
export const CommandHandle = Schema.Struct(commandFields)
