import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as framing from "../../../../../src/embedded/daytona/toolbox/lsp/framing.js"

describe("the frames of a language server", () => {
  it("are read however their bytes are split", () => {
    const message = FastCheck.dictionary(FastCheck.string(), FastCheck.fullUnicodeString())
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(message, { maxLength: 5 }),
        FastCheck.array(FastCheck.integer({ min: 1, max: 9 }), { minLength: 1 }),
        (messages, sizes) => {
          const bytes = Buffer.concat(messages.map((each) => framing.encode(each)))
          const decode = framing.decoder()
          const read: Array<unknown> = []
          for (let start = 0, cut = 0; start < bytes.length; cut++) {
            const size = sizes[cut % sizes.length] ?? 1
            const { broken, messages: some } = decode(bytes.subarray(start, start + size))
            expect(broken).toBe(false)
            read.push(...some)
            start += size
          }
          expect(JSON.stringify(read)).toBe(JSON.stringify(messages))
        }
      )
    )
  })

  it.each([
    ["a header without a length", "Content-Type: x\r\n\r\n{}"],
    ["a header that does not end", "x".repeat(9000)],
    ["a message that is too long", "Content-Length: 99999999999\r\n\r\n"],
    ["a body that is no JSON", "Content-Length: 3\r\n\r\n{x}"]
  ])("are invalid after %s", (_, text) => {
    const decode = framing.decoder()
    expect(decode(Buffer.from(text)).broken).toBe(true)
    expect(decode(framing.encode({}))).toEqual({ messages: [], broken: true })
  })
})
