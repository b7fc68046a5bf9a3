/** Makes the service of a place where the CLI runs as a process. */
import * as Effect from "effect/Effect"
import { answerIn } from "./answer.js"
import { ClaudeCode } from "./ClaudeCode.js"
import type { ProcessPlace } from "./ClaudeProcess.js"
import { commandLine } from "./commandLine.js"
import type { Backend, Note } from "./Dialogue.js"
import { attemptOf } from "./failures.js"
import type { ConverseOptions, Method } from "./Options.js"
import * as processDialogue from "./processDialogue.js"
import * as service from "./service.js"

const backendOf = ({ name, refusal, start }: ProcessPlace): Backend => {
  const open = (method: Method, options: ConverseOptions, note: Note, jsonSchema?: string) =>
    Effect.gen(function* () {
      const attempt = attemptOf(name, method)
      const { args, environment, sessionId } = yield* commandLine(method, options, jsonSchema)
      const { onPermission, resume, workingDirectory } = options
      const process = yield* start({ operation: attempt.operation, args, environment, workingDirectory })
      return yield* processDialogue.make(attempt, process, { sessionId, resume, onPermission, note })
    })
  return {
    place: name,
    refusal: (_, options) => refusal?.(options),
    run: (method, { prompt, ...options }, jsonSchema) =>
      Effect.gen(function* () {
        const dialogue = yield* open(method, options, () => undefined, jsonSchema)
        const { sessionId } = dialogue
        const result = yield* answerIn({ ...attemptOf(name, method), sessionId }, dialogue.turn(prompt))
        yield* dialogue.finish
        return result
      }).pipe(Effect.scoped),
    open: (method, options, note) => open(method, options, note)
  }
}

/** The service in a place where the CLI runs as a process. */
export const fromProcesses = (place: ProcessPlace): ClaudeCode.Service => ClaudeCode.of(service.make(backendOf(place)))
