/** A command of a session, and the failures of both. */
import { SessionEnded, ShellExited } from "../../../../errors/daytona/process.js"
import type { CommandId, ProcessSessionId } from "../../../../schema/daytona/toolbox/Session.js"
import type { Toolbox } from "../Toolbox.js"

/** A command, and the session that it is of. */
export interface CommandRef {
  readonly sessionId: ProcessSessionId
  readonly commandId: CommandId
}

/** The failures of sessions, in the words of one sandbox. */
export const failuresOf = ({ sandboxId }: Toolbox.Service) => {
  const about = (operation: string, ref: { readonly sessionId: ProcessSessionId; readonly commandId?: CommandId }) => ({
    system: "daytona" as const,
    operation,
    sandboxId,
    ...ref
  })
  return {
    about,
    shellExited: (operation: string, ref: Parameters<typeof about>[1]) =>
      new ShellExited({
        ...about(operation, ref),
        message: `${operation}: the shell of session ${ref.sessionId} in sandbox ${sandboxId} is gone, so there is no exit code${
          ref.commandId === undefined ? "" : ` of command ${ref.commandId}`
        } and never will be. \`exit\`, \`exec\` or \`set -e\` in a command end it, and so do signals. Delete the session; \`isolated: true\` keeps a command from doing this`
      }),
    sessionEnded: (operation: string, ref: Parameters<typeof about>[1]) =>
      new SessionEnded({
        ...about(operation, ref),
        message: `${operation}: session ${ref.sessionId} in sandbox ${sandboxId} is no more: it was deleted or killed, or the sandbox was stopped. What it ran was killed`
      })
  }
}
