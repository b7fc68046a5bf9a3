/** The tools of a toolkit as those of an MCP server. */
import * as McpSchema from "@effect/ai/McpSchema"
import { McpServer } from "@effect/ai/McpServer"
import * as Tool from "@effect/ai/Tool"
import type * as Toolkit from "@effect/ai/Toolkit"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { type Picture, pictureOf } from "../Picture.js"
import type { Requirements } from "./requirements.js"

const describe = (tool: Tool.Any): McpSchema.Tool => {
  const title = Option.getOrUndefined(Context.getOption(tool.annotations, Tool.Title))
  return McpSchema.Tool.make({
    name: tool.name,
    ...(title === undefined ? {} : { title }),
    ...(tool.description === undefined ? {} : { description: tool.description }),
    inputSchema: Tool.getJsonSchemaFromSchemaAst(tool.parametersSchema.ast),
    annotations: McpSchema.ToolAnnotations.make({
      ...(title === undefined ? {} : { title }),
      readOnlyHint: Context.get(tool.annotations, Tool.Readonly),
      destructiveHint: Context.get(tool.annotations, Tool.Destructive),
      idempotentHint: Context.get(tool.annotations, Tool.Idempotent),
      openWorldHint: Context.get(tool.annotations, Tool.OpenWorld)
    })
  })
}

const image = ({ bytes, mediaType }: Picture) => ({ type: "image", data: bytes, mimeType: mediaType }) as const

const result = (answer: unknown, isError: boolean, picture?: Picture): McpSchema.CallToolResult =>
  McpSchema.CallToolResult.make({
    isError,
    content: [
      { type: "text", text: Predicate.isString(answer) ? answer : (JSON.stringify(answer) ?? "null") },
      ...(picture === undefined ? [] : [image(picture)])
    ]
  })

const unknownFailure = "The tool failed for a reason that it does not know. It may have done a part of what was asked."

const textAt = (error: unknown, field: "description" | "message"): string | undefined => {
  const text: unknown = Predicate.isObject(error) ? Reflect.get(error, field) : undefined
  return Predicate.isString(text) ? text : undefined
}

/** Errors of `@effect/ai` have their text in `description`. */
const failure = (error: unknown): McpSchema.CallToolResult =>
  result(textAt(error, "description") ?? textAt(error, "message") ?? unknownFailure, true)

/**
 * Adds the tools of a toolkit to an MCP server. `registerToolkit` of 0.37 sends everything as JSON text, pictures
 * included, reports the failures of tools with `failureMode: "return"` as successes, and dies of answers that are
 * `undefined`.
 */
export const addTools = <Tools extends Record<string, Tool.Any>>(
  toolkit: Toolkit.Toolkit<Tools>
): Effect.Effect<void, never, McpServer | Requirements<Tools>> =>
  Effect.gen(function* () {
    const server = yield* McpServer
    const { handle, tools } = yield* toolkit
    const context = yield* Effect.context<Requirements<Tools>>()
    // `handle` decodes what it is given, although its type asks for what it has decoded.
    const isParameters = <Name extends keyof Tools>(value: unknown): value is Tool.Parameters<Tools[Name]> =>
      Predicate.isRecord(value)
    for (const name in tools) {
      const tool: Tool.Any | undefined = tools[name]
      if (tool === undefined) continue
      const call = (given: unknown) => {
        const parameters = given ?? {}
        return isParameters<typeof name>(parameters)
          ? handle(name, parameters)
          : Effect.fail({ description: "`arguments` must be an object" })
      }
      yield* server.addTool({
        tool: describe(tool),
        handle: (given) =>
          call(given).pipe(
            Effect.provide(context),
            Effect.map(({ encodedResult, isFailure, result: answer }) =>
              result(encodedResult, isFailure, pictureOf(answer))
            ),
            Effect.catchAll((error) => Effect.succeed(failure(error))),
            Effect.catchAllDefect((defect) => Effect.as(Effect.logError("a tool died", defect), failure(undefined)))
          )
      })
    }
  })
