/** A tool as it is told to models: its name, what it does to the sandbox, what it takes, and what it answers. */
import * as Tool from "@effect/ai/Tool"
import * as JSONSchema from "effect/JSONSchema"
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"
import { ToolFailure } from "./ToolFailure.js"

/** What a call does to the sandbox, for those who decide whether to allow it. */
export interface Effects {
  /** It changes nothing. */
  readonly reads?: boolean
  /** It may remove or overwrite what is there. */
  readonly destroys?: boolean
  /** A second call with the same arguments changes nothing more. */
  readonly repeatable?: boolean
  /** It may reach what is outside the sandbox. */
  readonly reachesOut?: boolean
}

interface Description<Fields extends Schema.Struct.Fields, Success> {
  /** For people. */
  readonly title: string
  /** For models. */
  readonly description: string
  readonly effects: Effects
  readonly parameters: Fields
  readonly success: Success
}

/**
 * Arguments as the model gave them, whatever they are, under the exact JSON Schema. `generateText` of 0.37 fails as a
 * whole for arguments that do not decode, after it has run the other calls of the same answer; and what it keeps in the
 * history is what was decoded. So everything decodes, to itself, and the handler says what is wrong.
 */
const given = <Fields extends Schema.Struct.Fields>(fields: Fields) =>
  Schema.Struct(
    Record.map(fields, () => Schema.optional(Schema.Unknown)),
    Schema.Record({ key: Schema.String, value: Schema.Unknown })
  ).annotations({ jsonSchema: jsonSchemaOf(fields) })

/**
 * What models are told of the arguments. The titles of Effect's own schemas ("nonEmptyString") would mislead them, and
 * of no arguments at all it says "an object or an array".
 */
const jsonSchemaOf = (fields: Schema.Struct.Fields): object => {
  if (Record.isEmptyRecord(fields)) return { type: "object", properties: {}, required: [], additionalProperties: false }
  const { $schema: _, ...schema } = JSONSchema.make(Schema.Struct(fields))
  const withoutTitles: object = JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    key === "title" && typeof value === "string" ? undefined : value
  )
  return withoutTitles
}

export const define = <
  const Name extends string,
  Fields extends Schema.Struct.Fields,
  Success extends Schema.Schema.Any
>(
  name: Name,
  { description, effects, parameters, success, title }: Description<Fields, Success>
) => ({
  name,
  tool: Tool.make(name, { description, success, failure: ToolFailure, failureMode: "return" })
    .setParameters(given(parameters))
    .annotate(Tool.Title, title)
    .annotate(Tool.Readonly, effects.reads ?? false)
    .annotate(Tool.Destructive, effects.destroys ?? false)
    .annotate(Tool.Idempotent, (effects.reads ?? false) || (effects.repeatable ?? false))
    .annotate(Tool.OpenWorld, effects.reachesOut ?? false),
  parameters: Schema.Struct(parameters)
})

/** A parameter, and what a model is told about it. */
export const described = <A, I>(schema: Schema.Schema<A, I>, description: string): Schema.Schema<A, I> =>
  schema.annotations({ description })

/** The same for one that may be left out. */
export const optional = <A, I>(schema: Schema.Schema<A, I>, description: string) =>
  Schema.optional(described(schema, description))
