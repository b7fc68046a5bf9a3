/** What the output of a streamed run tells about its end, where the server does not. */
import { fromLine } from "../../../schema/stromboli/ClaudeMessage.js"

/** In `stream-json` output, Claude prints `init` at first and a result at last. Text output proves nothing. */
export const outputWatch = () => {
  let isStreamJson = false
  let hasResult = false
  let last: string | undefined
  return {
    read: (line: string): void => {
      if (line !== "") last = line
      if (hasResult || !line.startsWith("{")) return
      if (!isStreamJson && line.includes('"init"')) {
        const message = fromLine(line)
        isStreamJson = message._tag === "System" && message.subtype === "init"
      }
      if (line.includes('"result"')) hasResult = fromLine(line)._tag === "Result"
    },
    /** A crash that the server reports like a success. */
    isCutOff: (): boolean => isStreamJson && !hasResult,
    /** The last line that is not empty: the reason, if Claude Code refused to start. */
    lastLine: (): string | undefined => last
  }
}
