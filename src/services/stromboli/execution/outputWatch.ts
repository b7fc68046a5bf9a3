/** What the output of a streamed run tells about its end, where the server does not. */
import { isObject, parsedJson, textAt } from "../../../schema/jsonFields.js"
import { resultFrom } from "../../../schema/stromboli/resultMessage.js"

const isInit = (message: unknown): boolean =>
  isObject(message) && textAt(message, "type") === "system" && textAt(message, "subtype") === "init"

/** In `stream-json` output, Claude prints `init` at first and a result at last. Text output proves nothing. */
export const outputWatch = () => {
  let isStreamJson = false
  let hasResult = false
  let last: string | undefined
  return {
    read: (line: string): void => {
      if (line !== "") last = line
      if (hasResult || !line.startsWith("{")) return
      if (!isStreamJson && line.includes('"init"')) isStreamJson = isInit(parsedJson(line))
      if (line.includes('"result"')) hasResult = resultFrom(parsedJson(line)) !== undefined
    },
    /** A crash that the server reports like a success. */
    isCutOff: (): boolean => isStreamJson && !hasResult,
    /** The last line that is not empty: the reason, if Claude Code refused to start. */
    lastLine: (): string | undefined => last
  }
}
