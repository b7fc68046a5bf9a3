/** `tsc --noEmit`, with the diagnostics of Effect that `tsconfig.json` asks for. Whatever is found fails. */
import { spawnSync } from "node:child_process"
import { root } from "./manifest.js"
import { nativeCompiler } from "./nativeCompiler.js"

const options = [
  "--noEmit",
  // Every checker works out for itself what its files have in common: more of them than cores cost more than they save.
  ["--checkers", "2"],
  // With the rules of Node, which the build and the examples are compiled by, `effect/Effect` is a CommonJS module, of
  // which the compiler copies all constants: the diagnostics then recognize neither `Effect.gen` nor `Effect.catchAll`.
  ["--module", "esnext", "--moduleResolution", "bundler"]
].flat()

// It ends before it is worth collecting much garbage.
const env = { GOGC: "400", ...process.env }

const { error, status } = spawnSync(nativeCompiler, options, { cwd: root, env, stdio: "inherit" })
if (error !== undefined) throw error
process.exitCode = status ?? 1
