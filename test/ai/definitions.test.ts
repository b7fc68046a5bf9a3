/** What a model is told about the tools. */
import * as Tool from "@effect/ai/Tool"
import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Predicate from "effect/Predicate"
import * as AST from "effect/SchemaAST"
import { everything, names } from "../support/sandboxTools.js"

const all = Object.values(everything.tools)

/** Read-only, destructive, idempotent, open world. */
const effects: Readonly<Record<string, string>> = {
  run_command: "destructive, open world",
  read_file: "read-only, idempotent",
  write_file: "destructive, idempotent",
  edit_file: "destructive",
  list_directory: "read-only, idempotent",
  find_files: "read-only, idempotent",
  search_files: "read-only, idempotent",
  run_python: "destructive, open world",
  reset_python: "destructive, idempotent",
  start_server: "open world",
  read_server_output: "read-only, idempotent",
  stop_server: "destructive, idempotent",
  git_clone: "open world",
  git_status: "read-only, idempotent",
  git_diff: "read-only, idempotent",
  git_log: "read-only, idempotent",
  git_commit: "",
  git_branch: "",
  desktop_screenshot: "read-only, idempotent",
  desktop_click: "destructive, open world",
  desktop_move_mouse: "idempotent, open world",
  desktop_drag: "destructive, open world",
  desktop_scroll: "open world",
  desktop_type: "destructive, open world",
  desktop_press: "destructive, open world"
}

const effectsOf = ({ annotations }: Tool.Any): string =>
  [
    Context.get(annotations, Tool.Readonly) ? "read-only" : "",
    Context.get(annotations, Tool.Destructive) ? "destructive" : "",
    Context.get(annotations, Tool.Idempotent) ? "idempotent" : "",
    Context.get(annotations, Tool.OpenWorld) ? "open world" : ""
  ]
    .filter((each) => each !== "")
    .join(", ")

const propertiesOf = (tool: Tool.Any): ReadonlyArray<readonly [name: string, schema: unknown]> => {
  const schema = Tool.getJsonSchemaFromSchemaAst(tool.parametersSchema.ast)
  return Predicate.hasProperty(schema, "properties") && Predicate.isRecord(schema.properties)
    ? Object.entries(schema.properties)
    : []
}

describe("every tool", () => {
  it("says what it does to the sandbox", () => {
    expect(Object.fromEntries(all.map((tool) => [tool.name, effectsOf(tool)]))).toEqual(effects)
  })

  it("has a title, a description and a name that every provider accepts", () => {
    for (const tool of all) {
      expect(Context.getOption(tool.annotations, Tool.Title), tool.name).toMatchObject({ _tag: "Some" })
      expect(tool.description?.length, tool.name).toBeGreaterThan(30)
      expect(tool.name).toMatch(/^[a-z][a-z_]{2,40}$/)
    }
    expect(new Set(names).size).toBe(names.length)
  })

  it("describes each of its arguments, and refuses others", () => {
    for (const tool of all) {
      const schema = Tool.getJsonSchemaFromSchemaAst(tool.parametersSchema.ast)
      expect(schema, tool.name).toMatchObject({ type: "object", additionalProperties: false })
      for (const [name, property] of propertiesOf(tool)) {
        expect(property, `${tool.name}.${name}`).toMatchObject({
          description: expect.stringMatching(/^[A-Z`].{9,}\.$/s)
        })
      }
    }
  })

  it("has a JSON Schema without references, and without the titles of Effect's own schemas", () => {
    for (const tool of all) {
      const schema = JSON.stringify(Tool.getJsonSchemaFromSchemaAst(tool.parametersSchema.ast))
      expect(schema, tool.name).not.toMatch(/\$ref|\$defs|\$schema|"title"/)
    }
  })

  it("names the required arguments", () => {
    const schema = Tool.getJsonSchema(everything.tools.run_command)
    expect(schema).toMatchObject({ required: ["command"], properties: { command: { type: "string", minLength: 1 } } })
  })

  it("answers something, also when there is nothing to say: MCP of 0.37 dies of `void`", () => {
    for (const tool of all) expect(AST.isVoidKeyword(tool.successSchema.ast), tool.name).toBe(false)
  })

  it("returns its failures as answers", () => {
    for (const tool of all) expect(tool.failureMode, tool.name).toBe("return")
  })
})
