import { existsSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import { moduleOf } from "../../bench/harness/Suite.js"
import { suites } from "../../bench/suites/index.js"
import { root } from "../../tools/manifest.js"

describe("a suite of the bench", () => {
  it.each(Object.keys(suites))("%s is in the module that its processes load", (name) => {
    expect(existsSync(`${root}bench/suites/${moduleOf(name)}.ts`)).toBe(true)
  })
})
