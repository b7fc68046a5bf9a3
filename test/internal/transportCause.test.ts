import { describe, expect, it } from "@effect/vitest"
import { describe as describeCause } from "../../src/internal/transportCause.js"

const failure = (code: string, syscall?: string) => Object.assign(new Error(`it broke: ${code}`), { code, syscall })

describe("a transport's error", () => {
  it("is found below what fetch wraps around it", () => {
    const cause = new TypeError("fetch failed", { cause: failure("ECONNREFUSED", "connect") })
    expect(describeCause(cause)).toEqual({ code: "ECONNREFUSED", summary: "it broke: ECONNREFUSED", unsent: true })
  })

  it("is found among the errors of a dual-stack connect", () => {
    const cause = new AggregateError([failure("ECONNREFUSED", "connect"), failure("EHOSTUNREACH", "connect")])
    expect(describeCause(cause)).toMatchObject({ code: "ECONNREFUSED", unsent: true })
  })

  it.each(["ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT", "CERT_HAS_EXPIRED"])(
    "%s means that nothing was sent",
    (code) => {
      expect(describeCause(failure(code)).unsent).toBe(true)
    }
  )

  it.each([
    failure("ECONNRESET", "read"),
    failure("EPIPE", "write"),
    failure("UND_ERR_SOCKET"),
    new Error("?"),
    "text",
    undefined
  ])("%s leaves open what arrived", (cause) => {
    expect(describeCause(cause).unsent).toBe(false)
  })

  it("survives causes that lead back to themselves", () => {
    const cause = new Error("round")
    cause.cause = cause
    expect(describeCause(cause).summary).toBe("round")
  })
})
