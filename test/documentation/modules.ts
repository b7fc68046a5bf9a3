/** What an example can import. For a name that several of them have, the first one counts. */
import * as Http from "node:http"
import * as Ai from "@effect/ai"
import * as Platform from "@effect/platform"
import * as PlatformNode from "@effect/platform-node"
import * as SqlitePackage from "@effect/sql-sqlite-node"
import * as EffectVitest from "@effect/vitest"
import * as EffectWorkflow from "@effect/workflow/Workflow"
import * as EffectModules from "effect"
import * as Root from "effect-sandboxes"
import * as SandboxTools from "effect-sandboxes/ai"
import * as ClaudeCode from "effect-sandboxes/claude-code"
import * as Daytona from "effect-sandboxes/daytona"
import * as EmbeddedDaytona from "effect-sandboxes/embedded/daytona"
import * as EmbeddedStromboli from "effect-sandboxes/embedded/stromboli"
import * as Errors from "effect-sandboxes/errors"
import * as Node from "effect-sandboxes/node"
import * as NodeDaytona from "effect-sandboxes/node/daytona"
import * as Report from "effect-sandboxes/report"
import * as Sse from "effect-sandboxes/stream/Sse"
import * as Stromboli from "effect-sandboxes/stromboli"
import * as Workflow from "effect-sandboxes/workflow"
import * as Given from "./given.js"

export const modules: Readonly<Record<string, object>> = {
  "effect-sandboxes/stromboli": Stromboli,
  "effect-sandboxes/daytona": Daytona,
  "effect-sandboxes/ai": SandboxTools,
  "effect-sandboxes/node": Node,
  "effect-sandboxes/node/daytona": NodeDaytona,
  "effect-sandboxes/claude-code": ClaudeCode,
  "effect-sandboxes/workflow": Workflow,
  "effect-sandboxes/report": Report,
  effect: EffectModules,
  "@effect/ai": Ai,
  "@effect/platform": Platform,
  "@effect/platform-node": PlatformNode,
  "effect-sandboxes/embedded/stromboli": EmbeddedStromboli,
  "effect-sandboxes/embedded/daytona": EmbeddedDaytona,
  "effect-sandboxes/errors": Errors,
  "effect-sandboxes/stream/Sse": Sse,
  "effect-sandboxes": Root,
  "@effect/sql-sqlite-node": SqlitePackage,
  "@effect/vitest": EffectVitest,
  "@effect/workflow/Workflow": EffectWorkflow,
  "./given.js": Given,
  "node:http": Http
}
