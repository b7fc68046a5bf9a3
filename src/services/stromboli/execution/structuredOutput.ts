/** From an Effect Schema to the JSON Schema that Claude is held to, and from its answer back to a value. */
import * as Either from "effect/Either"
import * as JSONSchema from "effect/JSONSchema"
import type * as Schema from "effect/Schema"

/** The JSON Schema of what the schema reads, as text; or why there is none. */
export const toJsonSchema = <A, I, R>(schema: Schema.Schema<A, I, R>): Either.Either<string, string> =>
  Either.try({
    try: () => JSON.stringify(JSONSchema.make(schema)),
    catch: () =>
      "has no JSON Schema: it holds something that JSON cannot express; give it a `jsonSchema` annotation, or leave that part out"
  })

const parsed = (text: string): unknown => Either.getOrUndefined(Either.try((): unknown => JSON.parse(text)))

const property = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined

/**
 * The value that Claude gave. The server hands it out since 0.4.1; before, it is in the envelope that the CLI prints, as
 * `structured_output`, or as JSON in the text of its `result`.
 */
export const valueOf = (run: { readonly structuredOutput?: unknown; readonly output: string }): unknown => {
  if (run.structuredOutput !== undefined) return run.structuredOutput
  const envelope = parsed(run.output)
  const structured = property(envelope, "structured_output")
  if (structured !== undefined && structured !== null) return structured
  const result = property(envelope, "result")
  return typeof result === "string" ? parsed(result) : undefined
}
