import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { decode } from "../../../../src/embedded/stromboli/go/decoder.js"
import { parse, stringify } from "../../../../src/embedded/stromboli/go/json.js"
import { runRequest } from "../../../../src/embedded/stromboli/wire.js"

const errorOf = (body: string) => Either.getOrElse(Either.flip(decode(runRequest, body)), () => undefined)

describe("Go's messages about a body", () => {
  // Printed by encoding/json of Go 1.26.
  it.each([
    ["", "EOF"],
    [" \n", "EOF"],
    ["{", "unexpected EOF"],
    ['{"prompt":"a', "unexpected EOF"],
    ['{"a":nul', "unexpected EOF"],
    ['{"a":1', "unexpected EOF"],
    ["hello", "invalid character 'h' looking for beginning of value"],
    ["}", "invalid character '}' looking for beginning of value"],
    ["{prompt:1}", "invalid character 'p' looking for beginning of object key string"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['{"prompt" 1}', "invalid character '1' after object key"],
    ['{"prompt":"a" "b"}', "invalid character '\"' after object key:value pair"],
    ['{"a":01}', "invalid character '1' after object key:value pair"],
    ["[1 2]", "invalid character '2' after array element"],
    ['{"a":[1,]}', "invalid character ']' looking for beginning of value"],
    ['{"a":tru}', "invalid character '}' in literal true (expecting 'e')"],
    ['{"a":"\n"}', "invalid character '\\n' in string literal"],
    ['{"a":"\\q"}', "invalid character 'q' in string escape code"],
    ['{"a":"\\u12x"}', "invalid character 'x' in \\u hexadecimal character escape"],
    ['{"a":-x}', "invalid character 'x' in numeric literal"],
    ['{"a":1.x}', "invalid character 'x' after decimal point in numeric literal"],
    ['{"prompt":1}', "json: cannot unmarshal number into Go struct field RunRequest.prompt of type string"],
    ['{"prompt":{}}', "json: cannot unmarshal object into Go struct field RunRequest.prompt of type string"],
    [
      '{"prompt":"a","claude":{"session_id":5}}',
      "json: cannot unmarshal number into Go struct field ClaudeOptions.claude.session_id of type string"
    ],
    [
      '{"claude":{"tools":"a"}}',
      "json: cannot unmarshal string into Go struct field ClaudeOptions.claude.tools of type []string"
    ],
    [
      '{"claude":{"tools":[1]}}',
      "json: cannot unmarshal number into Go struct field ClaudeOptions.claude.tools of type string"
    ],
    [
      '{"claude":{"max_turns":1.5}}',
      "json: cannot unmarshal number 1.5 into Go struct field ClaudeOptions.claude.max_turns of type int"
    ],
    [
      '{"claude":"x"}',
      "json: cannot unmarshal string into Go struct field RunRequest.claude of type types.ClaudeOptions"
    ],
    ["[]", "json: cannot unmarshal array into Go value of type api.RunRequest"],
    ["true", "json: cannot unmarshal bool into Go value of type api.RunRequest"]
  ])("%j is refused with %j", (body, message) => {
    expect(errorOf(body)).toBe(message)
  })

  it("ignores what follows the first value", () => {
    expect(Either.getOrUndefined(parse('{"prompt":"x"} junk'))).toEqual({ prompt: "x" })
  })

  it("matches field names in any case, treats null as absent and ignores unknown fields", () => {
    const decoded = Either.getOrThrow(decode(runRequest, '{"PROMPT":"x","workDir":null,"unknown":{"a":1}}'))
    expect(decoded.prompt).toBe("x")
    expect(decoded.workdir).toBe("")
  })

  it("distinguishes an absent list from an empty one and an absent number from 0", () => {
    const decoded = Either.getOrThrow(decode(runRequest, '{"claude":{"tools":[],"max_turns":0}}'))
    expect(decoded.claude.tools).toEqual([])
    expect(decoded.claude.allowed_tools).toBeUndefined()
    expect(decoded.claude.max_turns).toBe(0)
    expect(decoded.claude.max_budget_usd).toBeUndefined()
  })

  it("reports the first of several mismatches in the order of the document", () => {
    expect(errorOf('{"workdir":1,"prompt":2}')).toContain("RunRequest.workdir")
  })
})

describe("JSON as a Go server writes it", () => {
  it("escapes the special characters of HTML", () => {
    expect(stringify({ a: "<b> & \u2028" })).toBe('{"a":"\\u003cb\\u003e \\u0026 \\u2028"}')
  })
})
