/** The id of a command in a sandbox: that of its session and its own, with a slash between. */
import * as Effect from "effect/Effect"
import { CommandId, ProcessSessionId } from "../../../daytona.js"
import { UsageError } from "../../frame/failures.js"

/** What identifies a command. */
export interface CommandReference {
  readonly sessionId: ProcessSessionId
  readonly commandId: CommandId
}

export const commandIdOf = ({ commandId, sessionId }: CommandReference): string => `${sessionId}/${commandId}`

export const parseCommandId = (text: string): Effect.Effect<CommandReference, UsageError> => {
  const [, session, command] = /^([^/]+)\/([^/]+)$/.exec(text) ?? []
  return session === undefined || command === undefined
    ? Effect.fail(
        new UsageError({ message: `Expected the id of a command, SESSION/COMMAND, got ${JSON.stringify(text)}` })
      )
    : Effect.succeed({ sessionId: ProcessSessionId.make(session), commandId: CommandId.make(command) })
}
