/** Notices a crash that the server reports like a success, as far as the output shows it. */
import { fromLine } from "../../../schema/stromboli/ClaudeMessage.js"

/** In `stream-json` output, Claude prints `init` at first and a result at last. Text output proves nothing. */
export const outputWatch = () => {
  let isStreamJson = false
  let hasResult = false
  return {
    read: (line: string): void => {
      if (hasResult || !line.startsWith("{")) return
      if (!isStreamJson && line.includes('"init"')) {
        const message = fromLine(line)
        isStreamJson = message._tag === "System" && message.subtype === "init"
      }
      if (line.includes('"result"')) hasResult = fromLine(line)._tag === "Result"
    },
    isCutOff: (): boolean => isStreamJson && !hasResult
  }
}
