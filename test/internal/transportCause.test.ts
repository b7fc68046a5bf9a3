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

  it.each([
    failure("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION"),
    failure("ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE"),
    failure("ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE"),
    failure("ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED"),
    failure("ERR_SSL_TLSV1_UNRECOGNIZED_NAME"),
    Object.assign(new Error("write EPROTO 40:error:0A000410:SSL routines::sslv3 alert handshake failure:x"), {
      code: "EPROTO",
      syscall: "write"
    })
  ])("%s means that the handshake was refused, so nothing was admitted", (cause) => {
    expect(describeCause(new TypeError("fetch failed", { cause })).unsent).toBe(true)
  })

  it.each(["ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR", "ERR_SSL_BAD_RECORD_MAC", "EPROTO"])(
    "%s may come of a connection that worked, so it leaves open what arrived",
    (code) => {
      expect(describeCause(failure(code)).unsent).toBe(false)
    }
  )

  it("survives causes that lead back to themselves", () => {
    const cause = new Error("round")
    cause.cause = cause
    expect(describeCause(cause).summary).toBe("round")
  })
})
