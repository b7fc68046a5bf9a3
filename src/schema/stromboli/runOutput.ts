/** Finds Claude's result in the output of a run, also in the error that the server makes of it. */
import { parsedJson } from "../jsonFields.js"
import { type ResultMessage, resultFrom } from "./resultMessage.js"

/**
 * How the server words that Claude was started and did not exit with 0. From 125 on, Podman could not start it. In a
 * compose project, it words a crash in the same way.
 */
const failedExecution =
  /^execution failed: (?:compose exec failed: )?(?:exit status (?!12[567],)\d+|signal: [^,]+|context [^,]+), output: /

/** The output in an error of the server; `undefined` if the error is not about a run that was started. */
export const outputOfFailure = (error: string): string | undefined => {
  const found = failedExecution.exec(error)
  return found === null ? undefined : error.slice(found[0].length)
}

const resultOfJson = (text: string): ResultMessage | undefined => {
  const json = parsedJson(text)
  // With `verbose`, the format `json` is a list of all messages.
  const messages: ReadonlyArray<unknown> = Array.isArray(json) ? json : [json]
  return messages.map(resultFrom).findLast((result) => result !== undefined)
}

/** How many braces of a line are tried as the beginning of a result. */
const maxBeginnings = 16

/** The result in a line, which may follow a text that has no line ending. */
const resultOfLine = (line: string): ResultMessage | undefined => {
  const whole = resultOfJson(line)
  if (whole !== undefined || parsedJson(line) !== undefined) return whole
  let begin = line.indexOf("{")
  for (let tried = 0; begin !== -1 && tried < maxBeginnings; tried += 1) {
    const result = resultOfJson(line.slice(begin))
    if (result !== undefined) return result
    begin = line.indexOf("{", begin + 1)
  }
  return undefined
}

/**
 * The last result in an output of the formats `json` and `stream-json`. The server mixes it with everything else that
 * was printed: by lifecycle hooks, and on stderr.
 */
export const resultIn = (output: string): ResultMessage | undefined => {
  const whole = resultOfJson(output)
  if (whole !== undefined) return whole
  const lines = output.split("\n").filter((line) => line.includes('"result"'))
  for (const line of lines.reverse()) {
    const result = resultOfLine(line)
    if (result !== undefined) return result
  }
  return undefined
}
