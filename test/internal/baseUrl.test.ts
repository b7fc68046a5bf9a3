import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { parseBaseUrl as parse } from "../../src/internal/clientOptions.js"

describe("a base URL", () => {
  it.each([
    ["http://localhost:8585", "http://localhost:8585"],
    ["http://localhost:8585/", "http://localhost:8585"],
    ["https://proxy.example/stromboli/", "https://proxy.example/stromboli"],
    ["HTTP://[::1]:80//", "http://[::1]"]
  ])("%s is used as %s", (given, used) => {
    expect(parse(given)).toEqual(Either.right(used))
  })

  it.each([
    "",
    "localhost:8585",
    "/api",
    "ftp://localhost",
    "http://",
    "http://user:password@localhost",
    "http://localhost?x=1",
    "http://localhost#x"
  ])("%j is refused", (given) => {
    expect(Either.isLeft(parse(given))).toBe(true)
  })

  it("does not repeat credentials in the reason", () => {
    expect(JSON.stringify(parse("http://user:hunter2@localhost"))).not.toContain("hunter2")
  })
})
