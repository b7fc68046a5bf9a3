/** Derives the JSON Schema for Claude from an Effect Schema, and finds the value in the answer. */
import * as Either from "effect/Either"
import * as JSONSchema from "effect/JSONSchema"
import type * as Schema from "effect/Schema"
import { parsedJson } from "../../../schema/jsonFields.js"
import { resultIn } from "../../../schema/stromboli/runOutput.js"

/** The JSON Schema of the encoded side, as text; or the reason why there is none. */
export const toJsonSchema = <A, I, R>(schema: Schema.Schema<A, I, R>): Either.Either<string, string> =>
  Either.try({
    try: () => JSON.stringify(JSONSchema.make(schema)),
    catch: () =>
      "has no JSON Schema: a part of it cannot be expressed in JSON; add a `jsonSchema` annotation to that part, or leave it out"
  })

const property = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined

/**
 * The value in Claude's answer. Servers before 0.4.1 do not return it on its own, nor does any that finds something
 * else in the output, such as the output of a lifecycle hook. Then it is in the envelope that the CLI prints, as
 * `structured_output` or as JSON text in `result`.
 */
export const valueOf = (run: { readonly structuredOutput?: unknown; readonly output: string }): unknown => {
  if (run.structuredOutput !== undefined) return run.structuredOutput
  const envelope = resultIn(run.output)?.raw ?? parsedJson(run.output)
  const structured = property(envelope, "structured_output")
  if (structured !== undefined && structured !== null) return structured
  const result = property(envelope, "result")
  return typeof result === "string" ? parsedJson(result) : undefined
}

/** `undefined` for a value that is nested too deeply for those who print errors as JSON; the output has its text. */
export const printable = (value: unknown): unknown =>
  Either.match(
    Either.try(() => JSON.stringify(value)),
    { onLeft: () => undefined, onRight: () => value }
  )
