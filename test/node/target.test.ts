import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, expect, it } from "@effect/vitest"
import { Either, FastCheck } from "effect"
import * as Target from "../../src/node/undici/target.js"

const segment = FastCheck.oneof(
  FastCheck.constantFrom(".", "..", "%2e", "%2E.", "", "...", "..a", "%", "%2f", "a b", "\\", "ä", "?", "#", "\t"),
  FastCheck.string({ maxLength: 8 }),
  FastCheck.webSegment()
)
const origin = FastCheck.oneof(
  FastCheck.constantFrom("http://127.0.0.1:8080", "https://host", "HTTP://Host", "http://host:80", "http://[::1]:1"),
  FastCheck.constantFrom("http://1.2.3.999", "http://127.1", "http://host:99999", "http://a@b", "http://hoßt", "x://h"),
  FastCheck.webUrl({ withQueryParameters: false, withFragments: false })
)

const parsed = (text: string): URL | undefined => {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}

describe("where a request goes", () => {
  it("is what the URL standard makes of its address", () => {
    const addresses = FastCheck.tuple(origin, FastCheck.array(segment, { maxLength: 5 }))
    const parameters = FastCheck.array(FastCheck.tuple(segment, segment), { maxLength: 2 })
    FastCheck.assert(
      FastCheck.property(addresses, parameters, ([start, segments], urlParams) => {
        const text = [start, ...segments].join("/")
        const expected = parsed(text)
        for (const [name, value] of urlParams) expected?.searchParams.append(name, value)
        const found = Either.getOrUndefined(Target.of(HttpClientRequest.get(text, { urlParams })))
        expect(found?.href).toBe(expected?.href)
        expect(found?.origin).toBe(expected?.origin)
        expect(found?.path).toBe(expected && expected.pathname + expected.search)
      }),
      { numRuns: 2_000 }
    )
  })
})
