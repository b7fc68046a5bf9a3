/**
 * `STROMBOLI_URL=… [STROMBOLI_TOKEN=…] npm run test:e2e`: the behavioural suite against a real server. What would start
 * a run, and cost money, is skipped unless `STROMBOLI_REAL=1`.
 */
import { describe, it } from "@effect/vitest"
import * as Layer from "effect/Layer"
import { NodeTransport } from "effect-sandboxes/node"
import { Stromboli } from "effect-sandboxes/stromboli"
import { stromboliBehaviour } from "../behaviour/stromboli.js"

const url = process.env["STROMBOLI_URL"] ?? ""

if (url === "") {
  describe("a real Stromboli server", () => {
    it.skip("is not tested: set STROMBOLI_URL to the address of one", () => {})
  })
} else {
  stromboliBehaviour(`the Stromboli server at ${url}`, {
    mayRun: process.env["STROMBOLI_REAL"] === "1",
    services: Layer.provide(Stromboli.layerConfig(), NodeTransport.layer)
  })
}
