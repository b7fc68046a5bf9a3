import { createHash } from "node:crypto"
import { describe, expect, it } from "@effect/vitest"
import { styles, stylesHash } from "../../src/report/styles.js"

describe("the stylesheet of a page", () => {
  it("is the one that the policy of the page names", () => {
    expect(stylesHash).toBe(`sha256-${createHash("sha256").update(styles).digest("base64")}`)
  })

  it("fetches nothing", () => expect(styles).not.toMatch(/url\(|@import|@font-face|https?:/))
})
