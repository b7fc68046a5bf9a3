import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
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
    [
      '{"claude":{"max_turns":1e2}}',
      "json: cannot unmarshal number 1e2 into Go struct field ClaudeOptions.claude.max_turns of type int"
    ],
    [
      '{"claude":{"max_turns":3.0}}',
      "json: cannot unmarshal number 3.0 into Go struct field ClaudeOptions.claude.max_turns of type int"
    ],
    [
      '{"claude":{"max_turns":9223372036854775808}}',
      "json: cannot unmarshal number 9223372036854775808 into Go struct field ClaudeOptions.claude.max_turns of type int"
    ],
    [
      '{"claude":{"max_budget_usd":1e999}}',
      "json: cannot unmarshal number 1e999 into Go struct field ClaudeOptions.claude.max_budget_usd of type float64"
    ],
    ["\u0001", "invalid character '\\x01' looking for beginning of value"],
    ['{"a":"\u0001"}', "invalid character '\\x01' in string literal"],
    ['{"a":"\u0007"}', "invalid character '\\a' in string literal"],
    ["\ufeff{}", "invalid character 'ï' looking for beginning of value"],
    ["ä", "invalid character 'Ã' looking for beginning of value"],
    ["[]", "json: cannot unmarshal array into Go value of type api.RunRequest"],
    ["true", "json: cannot unmarshal bool into Go value of type api.RunRequest"]
  ])("%j is refused with %j", (body, message) => {
    expect(errorOf(body)).toBe(message)
  })

  it("follows 10,000 levels of nesting and no more", () => {
    const nested = (levels: number) => `{"claude":{"agents":{"a":${"[".repeat(levels)}${"]".repeat(levels)}}}}`
    expect(errorOf(nested(9_997))).toBeUndefined()
    expect(errorOf(nested(9_998))).toBe("invalid character '[' exceeded max depth")
    expect(errorOf("[".repeat(1_000_000))).toBe("invalid character '[' exceeded max depth")
  })

  it("accepts integers up to 64 bits", () => {
    expect(errorOf('{"podman":{"cpu_shares":9223372036854775807}}')).toBeUndefined()
    expect(errorOf('{"podman":{"cpu_shares":-9223372036854775808}}')).toBeUndefined()
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

  it("writes what is nested deeper than the stack", () => {
    const depth = 50_000
    const text = `${'{"a":['.repeat(depth)}1${"]}".repeat(depth)}`
    expect(stringify(JSON.parse(text)) === text).toBe(true)
  })
})

describe("the parser", () => {
  const sameAsJson = (text: string) => {
    expect(Either.getOrThrow(parse(text))).toStrictEqual(JSON.parse(text))
  }

  it.prop("reads every JSON document as JavaScript does", [FastCheck.json()], ([text]) => sameAsJson(text))

  it.prop("reads it with space between its tokens", [FastCheck.jsonValue()], ([value]) =>
    sameAsJson(JSON.stringify(value, undefined, "\t"))
  )

  it.prop(
    "refuses every beginning of an object",
    [FastCheck.dictionary(FastCheck.string(), FastCheck.jsonValue())],
    ([value]) => {
      const text = JSON.stringify(value)
      for (let length = 1; length < text.length; length++) {
        expect(parse(text.slice(0, length))).toEqual(Either.left("unexpected EOF"))
      }
    }
  )
})
